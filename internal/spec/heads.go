package spec

import (
	"strings"

	"gopkg.in/yaml.v3"

	"cnncalc/internal/diag"
	"cnncalc/internal/plain"
)

// maxHeads is the most heads that a file may have. Some passes look through all outputs for every layer.
const maxHeads = 1000

var headKeys = []string{"layers", "training", "loss"}

// head is an output that heads: names: the end of a chain that starts from a result of the layers or of an earlier
// head.
type head struct {
	name     string
	pos      diag.Pos
	chain    *chain // nil if it could not be read
	training bool   // exists in training only
	loss     float64
}

// text returns what labels set in the head belong to, as blocks' names for those set in blocks.
func (h *head) text() string { return headText + h.name }

// headText starts the texts of heads. No block can have such a name.
const headText = "@"

// heads reads the outputs that the file names.
func (w *walker) heads(entries map[string]entry) {
	e, ok := entries["heads"]
	if !ok {
		return
	}
	all, _ := w.mapping(e.value, "heads")
	if len(all) > maxHeads {
		w.add(e.pos, "network/too-large", "the network has more than %s heads", plain.Count(maxHeads)).
			WithHint("join outputs of one size with CONCAT")
		return
	}
	for _, e := range all {
		if !isName(e.key) {
			w.add(e.pos, "network/head", "%s is not a valid name for a head", plain.Quote(e.key)).
				WithHint("use at most %d letters, digits and _, starting with a letter", maxWord)
			continue
		}
		w.file.heads = append(w.file.heads, w.head(e))
	}
}

// head reads the chain of a head, or a mapping with its chain and what it is for.
func (w *walker) head(e entry) *head {
	h := &head{name: e.key, pos: e.pos, loss: 1}
	n := w.resolve(e.value)
	if n.Kind != yaml.MappingNode {
		h.chain = w.headChain(h, n)
		return h
	}
	what := "the head " + h.name
	fields, ok := w.mapping(n, what)
	written := !ok
	for _, f := range fields {
		switch f.key {
		case "layers":
			h.chain, written = w.headChain(h, f.value), true
		case "training":
			h.training = w.word(f, "true", "false") == "true"
		case "loss":
			h.loss = w.decimal(f, 1e-6, 1e6)
		default:
			w.unknownKey(f, what, headKeys)
			written = true // perhaps as layers:, misspelt
		}
	}
	if !written {
		w.add(e.pos, "yaml/missing-key", "the key layers of %s is missing", what).
			WithHint(`for example %s: {layers: "@label -> CONV1-64", training: true}`, h.name)
	}
	return h
}

// headChain reads the chain of a head, which starts from a result. It returns nil if it could not.
func (w *walker) headChain(h *head, n *yaml.Node) *chain {
	c := w.chain(n, "the head "+h.name, h.text())
	if c == nil {
		return nil
	}
	if startsFromLabel(&c.items[0]) {
		return c
	}
	w.add(c.items[0].pos, "network/head", "the head %s does not start from a result", h.name).
		WithHint(`write "@label -> ...", with the label of a result of the layers or of an earlier head`)
	return nil
}

// isHeadText reports whether a text is that of a head.
func isHeadText(text string) bool { return strings.HasPrefix(text, headText) }
