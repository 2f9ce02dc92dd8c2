package spec

import (
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

// piece is an item of a chain in the search for blocks: a layer, a merge, or the call of a block that was found.
type piece struct {
	first, node int   // its nodes are those from first to node, whose result is the piece's
	from        int   // the earlier result that it reads, or none if it reads the piece before
	form        *form // of a layer or a merge
	slots       []int64
	paths       []piecePath // of a merge
	block       *foundBlock // of a call, whose arguments the slots are

	// Of the piece in its chain, see finder.
	class  int
	text   string
	isCopy bool // the sequence before it that it repeats is written
}

// piecePath is a path of a merge. Without pieces it is the result from, or IDENTITY if that is none.
type piecePath struct {
	from   int
	list   string // of the list that the path is; "" for other paths
	pieces []*piece
}

// form is what layers have in common that may differ in numbers. The numbers are slots of the pieces.
type form struct {
	id     int
	kind   string    // "" for an activation function, which is a slot itself
	layer  op.Layer  // one of them
	fields []ofField // of the layer's, in their order
	slots  []slotOf
}

// ofField is what a form says about a field: that it has a number of slots, or a text.
type ofField struct {
	text  string // as written: of a word or a decimal number
	slots int
	sep   byte // between several
}

// slotOf says what a slot holds.
type slotOf struct {
	kind slotKind
	key  string // of the field
}

type slotKind uint8

const (
	numberSlot   slotKind = iota
	roundingSlot          // an index into roundings
	layerSlot             // an activation function, an index into finder.layers
	labelSlot             // the node that a label names
)

// roundings are the words for it. The first stands for any of them, where the rounding changes nothing.
var roundings = []string{"", "strict", "floor", "ceil"}

// activations are the kinds of layers that a block may take as a parameter.
var activations = []string{
	"RELU", "LEAKYRELU", "RELU6", "ELU", "SELU", "SILU", "GELU", "MISH", "SOFTPLUS", "SIGMOID", "TANH", "HARDSIGMOID",
	"HARDSWISH", "CLIP",
}

// changes are the kinds of layers, besides activation functions, that change or move the values of the layer before
// them.
var changes = []string{"BN", "LN", "GN", "IN", "SCALE", "SHUFFLE", "DROPOUT", "STOCHDEPTH"}

// forms makes the forms of layers, one for layers that are alike.
type forms struct {
	ofOp   map[graph.Op]formed
	byKey  map[string]*form
	layers []op.Layer // activation functions, each once
	places map[string]int64
}

// formed is a layer as a form and its slots.
type formed struct {
	form  *form
	slots []int64
}

func newForms() *forms {
	return &forms{ofOp: map[graph.Op]formed{}, byKey: map[string]*form{}, places: map[string]int64{}}
}

// of returns the form of a node and its slots.
func (f *forms) of(n *graph.Node) formed {
	layer, ok := n.Op.(op.Layer)
	if !ok {
		return formed{form: f.intern(&form{kind: n.Op.Kind()})}
	}
	if known, ok := f.ofOp[n.Op]; ok && n.Refs == nil {
		return known
	}
	made := f.make(layer, n.Refs)
	f.ofOp[n.Op] = made
	return made
}

func (f *forms) make(layer op.Layer, refs []graph.Ref) formed {
	if refs == nil && slices.Contains(activations, layer.Kind()) {
		text := op.Notation(layer)
		at, known := f.places[text]
		if !known {
			at = int64(len(f.layers))
			f.layers = append(f.layers, layer)
			f.places[text] = at
		}
		return formed{f.intern(&form{slots: []slotOf{{layerSlot, ""}}}), []int64{at}}
	}
	settings := op.Explicit(layer)
	made := &form{kind: layer.Kind(), layer: layer}
	var values []int64
	for _, field := range layer.Fields() {
		of, v := ofField{}, settings[field.Key]
		slot := slotOf{numberSlot, field.Key}
		switch {
		case field.Key == "rounding":
			word := v.Word
			if stride := settings["stride"]; word == "" && !isOne(stride) {
				word = "strict"
			}
			slot.kind = roundingSlot
			values = append(values, int64(slices.Index(roundings, word)))
			of.slots = 1
		case v.Label != "":
			at := slices.IndexFunc(refs, func(r graph.Ref) bool { return r.Key == field.Key })
			slot.kind = labelSlot
			values = append(values, int64(refs[at].Node))
			of.slots = 1
		case v.Ints != nil:
			values = append(values, v.Ints...)
			of.slots, of.sep = len(v.Ints), v.Sep
		default:
			of.text = v.Word + v.Decimal
		}
		made.fields = append(made.fields, of)
		for range of.slots {
			made.slots = append(made.slots, slot)
		}
	}
	return formed{f.intern(made), values}
}

func isOne(v op.Value) bool { return len(v.Ints) == 1 && v.Ints[0] == 1 }

// intern returns the form that is equal to f, which may be f itself.
func (f *forms) intern(of *form) *form {
	var key strings.Builder
	key.WriteString(of.kind)
	for i, field := range of.fields {
		key.WriteString(" " + strconv.Itoa(i) + field.text + " " + strconv.Itoa(field.slots) + string(rune(field.sep)))
	}
	for _, s := range of.slots {
		key.WriteString(s.key + strconv.Itoa(int(s.kind)))
	}
	if known, ok := f.byKey[key.String()]; ok {
		return known
	}
	of.id = len(f.byKey)
	f.byKey[key.String()] = of
	return of
}

// pieces returns a chain as pieces.
func (f *forms) pieces(g *graph.Graph, lists resultLists, items []chainItem) []*piece {
	pieces := make([]*piece, len(items))
	for i := range items {
		pieces[i] = f.piece(g, lists, &items[i])
	}
	return pieces
}

func (f *forms) piece(g *graph.Graph, lists resultLists, item *chainItem) *piece {
	made := f.of(&g.Nodes[item.node])
	p := &piece{first: item.node, node: item.node, from: item.from, form: made.form, slots: made.slots}
	if list := lists.joined[item.node]; list != "" {
		p.paths = []piecePath{{from: none, list: list}}
		return p
	}
	for _, path := range item.paths {
		inner := f.pieces(g, lists, path.items)
		if len(inner) > 0 {
			p.first = min(p.first, inner[0].first)
		}
		p.paths = append(p.paths, piecePath{from: path.from, pieces: inner})
	}
	return p
}

// opening returns the piece, or the first one of a block's body.
func (p *piece) opening() *piece {
	for p.block != nil {
		p = p.block.body[0]
	}
	return p
}

// ending returns the piece, or the last one of a block's body.
func (p *piece) ending() *piece {
	for p.block != nil {
		p = p.block.body[len(p.block.body)-1]
	}
	return p
}

// isKind reports whether the piece is a layer or a merge of one of these kinds; "" is that of activation functions.
func (p *piece) isKind(kinds ...string) bool {
	return p.block == nil && slices.Contains(kinds, p.form.kind)
}

func (p *piece) isNorm() bool { return p.isKind("BN", "LN", "GN", "IN") }

// isChange reports whether the piece changes or moves the values of the layer before it.
func (p *piece) isChange() bool {
	return p.isKind("") || p.isKind(changes...)
}

// isFollowedBy reports whether next belongs to the piece. A normalisation belongs to a convolution only.
func (p *piece) isFollowedBy(next *piece) bool {
	next = next.opening()
	if next.isNorm() {
		return p.ending().isKind("CONV", "DWCONV", "LOCAL", "UPCONV", "FC")
	}
	return next.isChange()
}

// isResidual reports whether the piece adds a path to what this starts from.
func (p *piece) isResidual() bool {
	hasLayers := func(path piecePath) bool { return len(path.pieces) > 0 }
	return p.isKind("ADD") && slices.ContainsFunc(p.paths, piecePath.isIdentity) && slices.ContainsFunc(p.paths, hasLayers)
}

// joinsSkip reports whether the piece joins an earlier result to the one before it, for the layers after it.
func (p *piece) joinsSkip() bool {
	isSkip := func(path piecePath) bool { return path.from != none }
	return p.isKind("CONCAT") && slices.ContainsFunc(p.paths, isSkip)
}

// joinsBranches reports whether the piece joins paths of layers at their end: an ADD, or a CONCAT of nothing else.
func (p *piece) joinsBranches() bool {
	isResult := func(path piecePath) bool { return len(path.pieces) == 0 }
	return p.isKind("ADD") || p.isKind("CONCAT") && !slices.ContainsFunc(p.paths, isResult) && !p.joinsSkip()
}

func (p piecePath) isIdentity() bool { return len(p.pieces) == 0 && p.from == none && p.list == "" }

// merges returns the number of merges in a chain that has the piece, without those in paths.
func (p *piece) merges() int {
	if p.block == nil {
		return min(len(p.paths), 1)
	}
	count := 0
	for _, inner := range p.block.body {
		count += inner.merges()
	}
	return count
}

// slot is a slot of a sequence of pieces.
type slot struct {
	slotOf
	value int64
	layer int // counts the layers of the sequence
}

// slots returns the slots of a sequence of pieces in the order in which they are written. The result that the first
// piece reads is none of them.
func slotsOf(pieces []*piece) []slot {
	var list slotList
	list.add(pieces)
	return list.slots
}

type slotList struct {
	slots []slot
	layer int
}

func (l *slotList) add(pieces []*piece) {
	for i, p := range pieces {
		if i > 0 {
			l.label(p.from)
		}
		l.layer++
		for k, of := range p.kinds() {
			l.slots = append(l.slots, slot{of, p.slots[k], l.layer})
		}
		for _, path := range p.paths {
			l.label(path.from)
			l.add(path.pieces)
		}
	}
}

func (l *slotList) label(from int) {
	if from != none {
		l.slots = append(l.slots, slot{slotOf{labelSlot, ""}, int64(from), l.layer})
	}
}

// kinds says what the piece's slots are, without those of its paths.
func (p *piece) kinds() []slotOf {
	if p.block != nil {
		return p.block.kinds
	}
	return p.form.slots
}
