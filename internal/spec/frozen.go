package spec

import (
	"strings"

	"gopkg.in/yaml.v3"

	"cnncalc/internal/graph"
	"cnncalc/internal/plain"
)

// frozen reads the patterns of the parameters that training leaves as they are.
func (w *walker) frozen(entries map[string]entry) {
	e, ok := entries["frozen"]
	if !ok {
		return
	}
	n := e.value
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.SequenceNode {
		n = w.resolve(n)
		w.add(w.posOf(n), "yaml/value", "frozen must be a list of patterns, not %s", describe(n)).
			WithHint(`for example frozen: ["conv*", "bn1"]`)
		return
	}
	if len(n.Content) > graph.MaxFrozen {
		w.add(w.posOf(n), "yaml/value", "frozen has more than %d patterns", graph.MaxFrozen).
			WithHint(`a * matches any characters: "conv*"`)
		return
	}
	for _, c := range n.Content {
		if strings.HasPrefix(c.Tag, "!") && !strings.HasPrefix(c.Tag, "!!") {
			w.add(w.posOf(c), "yaml/trap", "YAML reads a word that starts with ! as a tag").
				WithHint("write every pattern in quotes, as in [\"*\", \"!fc1\"]")
			continue
		}
		c, ok := w.scalar(c, "a pattern of frozen")
		if !ok {
			continue
		}
		pattern := graph.FrozenPattern{Text: c.Value, Pos: w.posOf(c)}
		if err := pattern.Check(); err != nil {
			w.add(pattern.Pos, "network/frozen", "frozen: %s: %v", plain.Quote(plain.Cut(c.Value)), err)
			continue
		}
		w.file.frozen = append(w.file.frozen, pattern)
	}
}
