package spec

import (
	"strconv"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

// pieceWriter writes pieces as items of the arrow language.
type pieceWriter struct {
	*forms
	hoisted hoisted
	label   func(node int) string // "" for a result without a label
	refer   func(node int) string // the label of an earlier result
	slots   []written             // those that are still to be written
	shorten func([]string) []string
}

// hoisted is the settings that defaults: has, by kind and key.
type hoisted map[string]map[string]string

// items returns a chain of pieces. The first one follows whatever comes before.
func (w *pieceWriter) items(pieces []*piece) []string {
	items := make([]string, 0, len(pieces))
	for i, p := range pieces {
		if i > 0 && p.from != none {
			items = append(items, w.reference())
		}
		items = append(items, w.labelled(p))
	}
	return items
}

func (w *pieceWriter) labelled(p *piece) string {
	text := w.item(p)
	if label := w.label(p.node); label != "" {
		text += " @" + label
	}
	return text
}

func (w *pieceWriter) take(count int) []written {
	taken := w.slots[:count]
	w.slots = w.slots[count:]
	return taken
}

func (w *pieceWriter) reference() string { return "@" + w.labelText(w.take(1)[0]) }

// labelText returns the label in a slot.
func (w *pieceWriter) labelText(s written) string {
	if s.text != "" {
		return s.text
	}
	return w.refer(int(s.values[0]))
}

func (w *pieceWriter) item(p *piece) string {
	slots := w.take(len(p.kinds()))
	if p.block != nil {
		return w.call(p.block, slots)
	}
	text := w.notation(p.form, slots)
	if p.paths == nil {
		return text
	}
	paths := make([]string, len(p.paths))
	for i, path := range p.paths {
		paths[i] = w.path(&path)
	}
	head, options, _ := strings.Cut(text, " ")
	text = head + "(" + strings.Join(paths, " | ") + ")"
	if options != "" {
		text += " " + options
	}
	return text
}

func (w *pieceWriter) path(path *piecePath) string {
	from := ""
	switch {
	case path.list != "":
		from = "@" + path.list
	case path.from != none:
		from = w.reference()
	case len(path.pieces) == 0:
		from = "IDENTITY"
	}
	items := joinArrows(w.shorten(w.items(path.pieces)))
	if from == "" || items == "" {
		return from + items
	}
	return from + " -> " + items
}

// call returns the call of a block.
func (w *pieceWriter) call(b *foundBlock, args []written) string {
	var texts []string
	for i, p := range b.params {
		switch {
		case !p.isOne:
			texts = append(texts, w.argument(p.kind, args[i]))
		case !args[i].is(1) || args[i].text != "":
			texts = append(texts, p.name+"="+w.argument(p.kind, args[i]))
		}
	}
	return b.name + "(" + strings.Join(texts, ", ") + ")"
}

func (w *pieceWriter) argument(kind slotKind, a written) string {
	switch {
	case kind == labelSlot:
		return "@" + w.labelText(a)
	case a.text != "":
		return a.text
	case kind == layerSlot:
		return w.activation(a.values[0])
	}
	return strconv.FormatInt(a.values[0], 10)
}

// activation returns an activation function.
func (w *pieceWriter) activation(place int64) string {
	layer := w.layers[place]
	return op.NotationWith(layer, func(f op.Field) string {
		v := f.Setting.Value()
		return w.fixed(layer.Kind(), f, v.Word+v.Decimal)
	})
}

// fixed returns a word or a decimal number, or "" if defaults: has it.
func (w *pieceWriter) fixed(kind string, f op.Field, text string) string {
	switch usual := w.hoisted[kind][f.Key]; {
	case text == usual:
		return ""
	case text == "":
		return "false" // only flags are hoisted where they are not everywhere
	}
	return text
}

// notation returns a layer, or a merge without its paths.
func (w *pieceWriter) notation(of *form, slots []written) string {
	switch {
	case of.kind == "" && slots[0].text != "":
		return slots[0].text
	case of.kind == "":
		return w.activation(slots[0].values[0])
	case of.layer == nil:
		return of.kind
	}
	byKey := map[string][]written{}
	at := 0
	for i, f := range of.layer.Fields() {
		count := of.fields[i].slots
		byKey[f.Key] = slots[at : at+count]
		at += count
	}
	omitUsual(of.kind, byKey)
	i := -1
	return op.NotationWith(of.layer, func(f op.Field) string {
		i++
		values := byKey[f.Key]
		switch {
		case len(values) == 0 && of.fields[i].slots > 0:
			return "" // as by default
		case len(values) == 0:
			return w.fixed(of.kind, f, of.fields[i].text)
		case f.Key == "rounding":
			return w.rounding(of.kind, values[0].values[0])
		case f.TakesLabel():
			return "@" + w.labelText(values[0])
		}
		return numbersText(f, values, of.fields[i].sep)
	})
}

// rounding returns the word for it, or "" if it does not matter or is the default.
func (w *pieceWriter) rounding(kind string, i int64) string {
	word, usual := roundings[i], w.hoisted[kind]["rounding"]
	if word == usual || word == "strict" && usual == "" {
		return ""
	}
	return word
}

// numbersText returns the numbers of a field. Those that are not a name after a dash are in parentheses.
func numbersText(f op.Field, numbers []written, sep byte) string {
	parts := make([]string, len(numbers))
	for i, n := range numbers {
		switch {
		case n.text == "":
			parts[i] = strconv.FormatInt(n.values[0], 10)
		case f.Place == op.Dash && isName(n.text):
			parts[i] = n.text
		default:
			parts[i] = "(" + n.text + ")"
		}
	}
	return strings.Join(parts, string(rune(sep)))
}

// omitUsual leaves out the numbers of a convolution that are its defaults in every occurrence.
func omitUsual(kind string, byKey map[string][]written) {
	if kind != "CONV" && kind != "DWCONV" && kind != "LOCAL" {
		return
	}
	size, stride, dilation, pad := byKey["size"], byKey["stride"], byKey["dilation"], byKey["pad"]
	if len(size) == 0 {
		return
	}
	isUsual := len(pad) == 1 || len(pad) == 2
	for axis := range 2 {
		if !isUsual {
			break
		}
		isUsual = keepsSize(ofAxis(size, axis), ofAxis(stride, axis), ofAxis(dilation, axis), ofAxis(pad, axis))
	}
	if isUsual {
		delete(byKey, "pad")
	}
	for _, key := range []string{"stride", "dilation", "groups"} {
		if len(byKey[key]) == 1 && byKey[key][0].is(1) {
			delete(byKey, key)
		}
	}
}

func ofAxis(numbers []written, axis int) written { return numbers[min(axis, len(numbers)-1)] }

// keepsSize reports whether the pad is the default in every occurrence.
func keepsSize(size, stride, dilation, pad written) bool {
	for k, f := range size.values {
		isUsual := f == 1 && pad.values[k] == 0
		if stride.values[k] == 1 && f%2 == 1 {
			isUsual = 2*pad.values[k] == dilation.values[k]*(f-1)
		}
		if !isUsual {
			return false
		}
	}
	return true
}

// settled is a node's layer in a form that is equal for layers that are the same.
func settled(n *graph.Node) (kind string, settings map[string]op.Value) {
	layer, ok := n.Op.(op.Layer)
	if !ok {
		return n.Op.Kind(), nil
	}
	settings = op.Explicit(layer)
	for _, r := range n.Refs {
		settings[r.Key] = op.Value{Label: "label"}
	}
	if settings["rounding"].Word == "strict" {
		delete(settings, "rounding") // the default
	}
	return n.Op.Kind(), settings
}
