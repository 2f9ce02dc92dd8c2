// Package count counts a network as other programs do: its parameters, operations and sizes by the rules of torchinfo,
// torchsummary, fvcore, thop, ptflops, PyTorch's FlopCounterMode, convnet-burden and the CS231n notes, each in its own
// units and under its own labels. It also lists the differences between two of them.
//
// Each [Convention] is a file here: rules by the names under which the program knows a layer. Package op has those
// names, for each kind of layer. Package report lays the figures out.
package count

import (
	"cmp"
	"fmt"
	"slices"

	"cnncalc/internal/checked"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// Quantity is what is counted.
type Quantity int

// The quantities.
const (
	Parameters  Quantity = iota // values that are learnt
	Operations                  // in the convention's own sense
	Activations                 // values of volumes
	Bytes                       // of the input, of the outputs and of the parameters together
	quantities
)

// String returns the quantity's name, also for JSON.
func (q Quantity) String() string {
	return [quantities]string{"parameters", "operations", "activations", "bytes"}[q]
}

// Part is what bytes are of.
type Part int

// The parts of Bytes.
const (
	Input Part = iota
	Outputs
	Stored // parameters, and statistics where they are counted
	parts
)

// Convention is how one program counts.
type Convention struct {
	Name    string // as the command line takes it
	Program string // for people
	Version string // that the figures were checked with
	Summary string // how it counts, in one line
	Unit    string // its word for operations; "" where it counts none
	MB      string // the bytes in what it prints as MB, "10^6"; "" where it prints none
	Counts  []Quantity
	// PerPicture reports whether the program takes no batch, so that all figures are for one picture.
	PerPicture bool

	// inPyTorch reports whether the program counts layers of PyTorch, and so none that PyTorch lacks.
	inPyTorch bool
	// What is counted for an input, a layer, a block after its last layer, and the network after all of them. All but
	// layer may be nil.
	input func(t *tally, l *layer)
	layer func(t *tally, l *layer) error
	block func(t *tally, s *graph.Scope) error
	// unused is what is counted for a layer that exists in training only, which the program does not run; nil for
	// nothing.
	unused  func(t *tally, l *layer)
	network func(t *tally)
	print   func(r *Result) []Line
	// checked are the kinds in the networks whose recorded output the convention is tested with; nil for cnncalc's own.
	checked []string
}

// Title returns the program and the version, to be printed wherever its figures are.
func (c *Convention) Title() string { return fmt.Sprintf("%s (%s)", c.Program, c.Version) }

// HasQuantity reports whether the program counts q.
func (c *Convention) HasQuantity(q Quantity) bool {
	return slices.Contains(c.Counts, q)
}

// Item is one thing that a convention counts at one place.
type Item struct {
	Quantity Quantity
	Part     Part   // of Bytes
	Row      int    // of Result.Rows
	Of       string // a kind in capitals, or "block bottleneck", "network", "all layers"
	What     string // "multiply-accumulates"
	Amount   int64
}

// Row is a layer, or a block or the network where that counts as a module of its own.
type Row struct {
	Name    string
	Layer   string // in the notation of the file, or "block bottleneck"
	Out     graph.Shape
	Amounts [quantities]int64 // of Bytes those of the Outputs only
	Node    *graph.Node       // nil for a block and for the network
}

// Counts reports whether anything is counted there.
func (r Row) Counts() bool { return r.Amounts != [quantities]int64{} }

// Line is one total as the program prints it.
type Line struct {
	Label string // "Total params", with its unit where the program puts it there
	Text  string
	Value int64 // before rounding: a count or bytes
}

// Result is a network counted by a convention.
type Result struct {
	Convention *Convention
	Network    *shape.Network
	Batch      int64
	Rows       []Row
	Items      []Item
	Totals     [quantities]int64
	Frozen     int64        // of the parameters, those that the program does not call trainable
	Parts      [parts]int64 // of the Bytes
	// Unchecked are the kinds of the network that no recorded output of the program has. They are counted as its source
	// says.
	Unchecked []string
}

// Lines returns the totals as the program prints them.
func (r *Result) Lines() []Line { return r.Convention.print(r) }

// tally adds items up. The first failure ends it.
type tally struct {
	*Result
	of  string // of the items that are added
	err error
}

// layer is a node as the rules see it.
type layer struct {
	shape.Layer
	shared   bool // its weights are those of an earlier layer; the counts of them are there as if they were its own
	op       graph.Op
	kind     string
	names    op.Counterparts
	function bool // called as a function, not as a module
	subclass bool // of a subclass of its module
	// permuted is the number of values in the outputs of the modules that permute the volume before and after the layer,
	// for the batch.
	permuted int64
	in       []graph.Shape
	batch    int64
	inputs   int64 // values of the first input, for the batch
	outputs  int64 // values of the output, for the batch
}

// isInput reports whether the node is a picture and no layer.
func (l *layer) isInput() bool { return len(l.in) == 0 }

// isModule reports whether hooks on modules see the layer.
func (l *layer) isModule() bool { return l.names.Module != "" && !l.function }

// Count counts a network without problems for a batch. It fails if a figure exceeds 2^63-1, or if the program cannot
// count the network.
func (c *Convention) Count(n *shape.Network, batch int64) (*Result, error) {
	if batch < 1 {
		return nil, fmt.Errorf("the batch must be 1 or more, not %d", batch)
	}
	if c.PerPicture {
		batch = 1
	}
	t := &tally{Result: &Result{Convention: c, Network: n, Batch: batch}}
	for i := range n.Nodes {
		if err := t.node(i); err != nil {
			return nil, fmt.Errorf("%s: %w", n.Nodes[i].Name, err)
		}
		if err := t.blocksEndingAt(i); err != nil {
			return nil, err
		}
	}
	if c.network != nil {
		t.row("network", "all layers", n.Total.Out)
		if c.network(t); t.err != nil {
			return nil, t.err
		}
	}
	return t.Result, nil
}

// node counts the picture or a layer.
func (t *tally) node(i int) error {
	node, c := &t.Network.Nodes[i], t.Convention
	l, err := t.layer(i)
	if err != nil {
		return err
	}
	t.row(node.Name, op.Short(node.Op), l.Out)
	t.Rows[len(t.Rows)-1].Node = node
	t.of = l.kind
	if t.Network.IsTrainingOnly(i) {
		if c.unused != nil {
			c.unused(t, l)
		}
		return t.err
	}
	if l.isInput() {
		if c.input != nil {
			c.input(t, l)
		}
		return t.err
	}
	if c.inPyTorch && !l.names.InPyTorch() {
		return fmt.Errorf("PyTorch has no layer like %s, so programs that count there have no figure for it", l.kind)
	}
	t.noteUnchecked(l.kind)
	if err := c.layer(t, l); err != nil {
		return err
	}
	return t.err
}

// layer returns a node with its sizes.
func (t *tally) layer(i int) (*layer, error) {
	node := &t.Network.Nodes[i]
	l := &layer{Layer: t.Network.Layers[i], op: node.Op, kind: node.Op.Kind(), function: node.Function,
		subclass: node.Subclass, names: counterparts(node), in: t.Network.InputsOf(i), batch: t.Batch}
	if l.Owner != i {
		l.Layer, l.shared = l.Used(), true
	}
	var err error
	if l.outputs, err = checked.Product(l.Out.W, l.Out.H, l.Out.D, l.batch); err == nil && !l.isInput() {
		l.inputs, err = checked.Product(l.in[0].W, l.in[0].H, l.in[0].D, l.batch)
	}
	if err == nil {
		l.permuted, err = t.permutedAround(i, l)
	}
	return l, err
}

// counterparts returns the names of a layer in other programs; none for an input.
func counterparts(node *graph.Node) op.Counterparts {
	layer, ok := node.Op.(op.Layer)
	if !ok {
		return op.Counterparts{}
	}
	if conv, ok := layer.(*op.Conv); ok && node.Permuted {
		names := (&op.FC{}).Counterparts()
		names.MatConvNet = conv.Counterparts().MatConvNet
		return names
	}
	return layer.Counterparts()
}

// permutedAround returns the values that are permuted for node i, of whose neighbours some are not permuted.
func (t *tally) permutedAround(i int, l *layer) (int64, error) {
	nodes := t.Network.Nodes
	if !nodes[i].Permuted {
		return 0, nil
	}
	var total int64
	if !nodes[nodes[i].Inputs[0]].Permuted {
		total = l.inputs
	}
	for _, reader := range nodes[i+1:] {
		if slices.Contains(reader.Inputs, i) {
			if reader.Permuted {
				return total, nil
			}
			break
		}
	}
	return checked.Sum(total, l.outputs)
}

// noteUnchecked keeps the kinds that are not checked, each once.
func (t *tally) noteUnchecked(kind string) {
	checked := t.Convention.checked
	if checked != nil && !slices.Contains(checked, kind) && !slices.Contains(t.Unchecked, kind) {
		t.Unchecked = append(t.Unchecked, kind)
	}
}

// blocksEndingAt counts the blocks whose last layer is node i, the innermost first.
func (t *tally) blocksEndingAt(i int) error {
	if t.Convention.block == nil || t.Network.IsTrainingOnly(i) {
		return nil
	}
	nodes := t.Network.Nodes
	for s := nodes[i].Within; s != nil; s = s.Outer {
		if i+1 < len(nodes) && within(nodes[i+1].Within, s) {
			return nil // and so do all blocks around it
		}
		if !s.Module {
			continue
		}
		t.row(s.Name, "block "+s.Block, t.Network.Layers[i].Out)
		t.of = "block " + s.Block
		if err := cmp.Or(t.Convention.block(t, s), t.err); err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return nil
}

// within reports whether s is the scope outer or is inside it.
func within(s, outer *graph.Scope) bool {
	for ; s != nil; s = s.Outer {
		if s == outer {
			return true
		}
	}
	return false
}

func (t *tally) row(name, notation string, out graph.Shape) {
	t.Rows = append(t.Rows, Row{Name: name, Layer: notation, Out: out})
}

// values returns the number of values of the last row's volume, for the batch.
func (t *tally) values() int64 {
	out := t.Rows[len(t.Rows)-1].Out
	n, err := checked.Product(out.W, out.H, out.D, t.Batch)
	if err != nil {
		t.err = err
	}
	return n
}

// add counts an amount to the last row.
func (t *tally) add(q Quantity, p Part, of, what string, amount int64) {
	if t.err != nil || amount == 0 {
		return
	}
	row := len(t.Rows) - 1
	sums := []*int64{&t.Totals[q]}
	if q == Bytes {
		sums = append(sums, &t.Parts[p])
	}
	if q != Bytes || p == Outputs {
		sums = append(sums, &t.Rows[row].Amounts[q])
	}
	for _, sum := range sums {
		if *sum, t.err = checked.Sum(*sum, amount); t.err != nil {
			return
		}
	}
	t.Items = append(t.Items, Item{Quantity: q, Part: p, Row: row, Of: of, What: what, Amount: amount})
}

// product counts factors multiplied, as operations.
func (t *tally) product(what string, factors ...int64) {
	amount, err := checked.Product(factors...)
	if err != nil {
		t.err = err
		return
	}
	t.add(Operations, 0, t.of, what, amount)
}

// bytes counts values in float32: all programs here count in it.
func (t *tally) bytes(p Part, of, what string, values int64) {
	amount, err := checked.Product(values, memory.BytesPerValue)
	if err != nil {
		t.err = err
		return
	}
	t.add(Bytes, p, of, what, amount)
}

// What is counted, in words that conventions share where they count the same.
const (
	multiplyAccumulates = "multiply-accumulates"
	biasPerValue        = "biases, 1 for each value of the output"
	volumeBytes         = "volume, 4 bytes a value"
	gradientBytes       = "volumes counted again, for their gradients"
)

// multiplyAccumulates counts those of convolutions and matrix products, for the batch.
func (t *tally) multiplyAccumulates(l *layer) { t.product(multiplyAccumulates, l.MACs, l.batch) }

// biases counts one addition for each value of the output of a layer with biases.
func (t *tally) biases(l *layer) {
	if l.BiasCount > 0 {
		t.product(biasPerValue, l.outputs)
	}
}

// perValue counts n operations for each of the values.
func (t *tally) perValue(n, values int64, of string) {
	t.product(fmt.Sprintf("%d for each value of the %s", n, of), n, values)
}

// learntParameters counts the parameters of a layer that are not frozen; parameters that layers share count once.
func (t *tally) learntParameters(l *layer) {
	if l.shared {
		return
	}
	for _, w := range l.Weights {
		if !w.IsLearnt() {
			continue
		}
		what := "weights"
		if w.Role == graph.RoleBias {
			what = "biases"
		}
		count, _ := w.Count() // the shape pass has counted it
		t.stored(what, count)
	}
}

// parameters counts the parameters of a layer, and their bytes where the convention counts bytes. Parameters that
// layers share count once.
func (t *tally) parameters(l *layer) {
	if !l.shared {
		t.parametersOfEach(l)
	}
}

// parametersOfEach counts the parameters of a layer even if they are those of another.
func (t *tally) parametersOfEach(l *layer) {
	for _, tensor := range []struct {
		what  string
		count int64
	}{{"weights", l.WeightCount}, {"biases", l.BiasCount}} {
		t.stored(tensor.what, tensor.count)
	}
}

func (t *tally) stored(what string, count int64) {
	t.add(Parameters, 0, t.of, what, count)
	if t.Convention.HasQuantity(Bytes) {
		t.bytes(Stored, t.of, what+", 4 bytes each", count)
	}
}

// inputVolume counts the picture.
func (t *tally) inputVolume(l *layer) { t.bytes(Input, l.kind, volumeBytes, l.outputs) }

// volumeTwice counts the last row's volume, and again for its gradient.
func (t *tally) volumeTwice() {
	values := t.values()
	t.bytes(Outputs, t.of, volumeBytes, values)
	t.bytes(Outputs, "all layers", gradientBytes, values)
}
