// Package pytorchcode writes a network as PyTorch code, as a person would: a module for the network and one for each
// block of its file, with the names of the layers in the state_dict.
//
// Each layer has a form (layers.go), which a body of a module calls (forward.go). Calls of a block that differ in
// numbers only become objects of one class, whose parameters are these numbers (template.go).
package pytorchcode

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/pattern"
	"cnncalc/internal/shape"
)

// program is the network whose code is written.
type program struct {
	n          *shape.Network
	reads      [][]int         // by node: its inputs, and the volume whose size it takes
	uses       []int           // by node: how many nodes and outputs read it
	like       []int           // by node: the volume whose size it takes, or -1
	within     []*call         // by node: the innermost call that is a module
	ownerNames map[string]bool // of layers with weights
	around     map[string]bool // names of layers with weights that others' names start with
	calls      []*call         // that are modules, in order
	forms      []form
	isFlat     []bool          // by node: whether it is [N, C] and not [N, C, H, W]
	areFlat    []bool          // by node: whether all of its inputs are
	overwrites []bool          // by node: whether it is written in place
	reserved   map[string]bool // names that no variable can have
	inherited  map[string]bool // names that no layer can have as an attribute
	classNames map[string]bool
	helpers    map[string]bool

	checkpoints Checkpoints
}

// Checkpoints are the segments of a network that torch.utils.checkpoint runs.
type Checkpoints struct {
	Segments []graph.Segment // in order
	// Cuts are the nodes after which the network could be cut, in order. A block that one of them divides is written out,
	// so that its caller does not hold its input.
	Cuts []int
}

// divides reports whether the nodes from first to last can be cut, in a network that has segments.
func (c *Checkpoints) divides(first, last int) bool {
	at, _ := slices.BinarySearch(c.Cuts, first)
	return len(c.Segments) > 0 && at < len(c.Cuts) && c.Cuts[at] < last
}

// Code returns the network as a Python file. The error names the first layer that PyTorch has no code for.
func Code(n *shape.Network) ([]byte, error) { return CheckpointedCode(n, Checkpoints{}) }

// CheckpointedCode is Code with segments that are checkpointed.
func CheckpointedCode(n *shape.Network, checkpoints Checkpoints) ([]byte, error) {
	p := &program{
		n: n, checkpoints: checkpoints, reads: make([][]int, len(n.Nodes)), uses: make([]int, len(n.Nodes)),
		like: make([]int, len(n.Nodes)), within: make([]*call, len(n.Nodes)), ownerNames: map[string]bool{},
		around: map[string]bool{}, forms: make([]form, len(n.Nodes)),
		isFlat: make([]bool, len(n.Nodes)), areFlat: make([]bool, len(n.Nodes)), overwrites: make([]bool, len(n.Nodes)),
		reserved: setOf(keywords, globals), inherited: setOf(attributesOfModule), classNames: setOf(keywords, globals),
		helpers: map[string]bool{},
	}
	p.findFlat()
	p.findReads()
	p.findOverwrites()
	for i := range n.Nodes {
		if len(n.Nodes[i].Inputs) == 0 {
			continue
		}
		f, err := p.layer(i, likeMark).form()
		if err != nil {
			return nil, fmt.Errorf("%s cannot be written as PyTorch code: %w", n.Nodes[i].Name, err)
		}
		if f.helper != "" {
			p.helpers[f.helper] = true
		}
		p.forms[i] = f
	}
	p.findCalls()
	if err := p.checkNames(); err != nil {
		return nil, err
	}
	return p.write()
}

// likeMark stands for the variable of the volume whose size a layer takes.
const likeMark = "\x03"

// layer returns what the form of node i depends on.
func (p *program) layer(i int, like string) *layer {
	n := &p.n.Nodes[i]
	l := &layer{op: n.Op, in: p.n.InputsOf(i), out: p.n.Layers[i].Out, areFlat: p.areFlat[i],
		inPlace: p.overwrites[i], weights: p.n.Layers[i].Weights}
	if p.like[i] >= 0 {
		l.like = like
	}
	return l
}

// findFlat finds which results are [N, C].
func (p *program) findFlat() {
	for i := range p.n.Nodes {
		inputs := p.n.Nodes[i].Inputs
		p.areFlat[i] = len(inputs) > 0 && !slices.ContainsFunc(inputs, func(in int) bool { return !p.isFlat[in] })
		switch o := p.n.Nodes[i].Op.(type) {
		case *op.FC, *op.Flatten:
			p.isFlat[i] = true
		case *op.GlobalAvgPool:
			p.isFlat[i] = o.IsMean()
		case *op.Scale:
			p.isFlat[i] = p.areFlat[i] && !o.IsLearnt()
		case *op.BatchNorm, *op.GroupNorm, *op.PReLU, *op.Concat, *op.Add, *op.Mul, *op.Max, *op.Channels, *op.StochDepth:
			p.isFlat[i] = p.areFlat[i]
		case *op.LayerNorm:
			p.isFlat[i] = p.areFlat[i] && !o.Volume
		case *op.Dropout:
			p.isFlat[i] = p.areFlat[i] && o.Counterparts().Module == "Dropout"
		default:
			p.isFlat[i] = p.areFlat[i] && isActivation(o)
		}
	}
}

// isActivation reports whether a layer works value by value, or along the channels.
func isActivation(o graph.Op) bool {
	switch o.(type) {
	case *op.ReLU, *op.ReLU6, *op.LeakyReLU, *op.ELU, *op.Sigmoid, *op.Tanh, *op.HardSigmoid, *op.SELU, *op.Mish,
		*op.Softplus, *op.Clip, *op.HardSwish, *op.SiLU, *op.GELU, *op.Softmax, *op.LogSoftmax:
		return true
	}
	return false
}

// findReads finds what each node reads.
func (p *program) findReads() {
	for i := range p.n.Nodes {
		p.reads[i] = slices.Clone(p.n.Nodes[i].Inputs)
		p.like[i] = likeOf(p.n, i)
		if p.like[i] >= 0 && p.isFlat[p.like[i]] {
			p.like[i] = -1
		}
		if p.like[i] >= 0 {
			p.reads[i] = append(p.reads[i], p.like[i])
		}
		for _, in := range p.reads[i] {
			p.uses[in]++
		}
	}
	for _, out := range p.n.Outputs {
		p.uses[out]++
	}
}

// findOverwrites finds the layers that are written in place. Where PyTorch's layer would change a value that is read
// later, it is not.
func (p *program) findOverwrites() {
	lastUse := make([]int, len(p.n.Nodes))
	for i := range p.n.Nodes {
		for _, in := range p.n.Nodes[i].Inputs {
			lastUse[in] = i
		}
	}
	for _, out := range p.n.Outputs {
		lastUse[out] = len(p.n.Nodes)
	}
	memory := make([]int, len(p.n.Nodes)) // by node: the node whose result's memory it has
	lastRead := make([]int, len(p.n.Nodes))
	for i := range p.n.Nodes {
		memory[i] = i
		if len(p.n.Nodes[i].Inputs) > 0 && isView(p.n, i) {
			memory[i] = memory[p.n.Nodes[i].Inputs[0]]
			p.overwrites[i] = writesInPlace(p.n.Nodes[i].Op) && lastRead[memory[i]] <= i
		}
		lastRead[memory[i]] = max(lastRead[memory[i]], lastUse[i])
	}
}

// checkNames refuses layers whose names would stand in for the weights of others.
func (p *program) checkNames() error {
	for name := range p.ownerNames {
		outer, last, ok := cutLast(name)
		for ; ok; outer, last, ok = cutLast(outer) {
			p.around[outer] = p.ownerNames[outer]
			if p.ownerNames[outer] && slices.Contains([]string{"weight", "bias", "running_mean", "running_var",
				"num_batches_tracked"}, last) {
				return fmt.Errorf("%s has a layer below it called %s, as one of its weights is: rename one of the two", outer, last)
			}
		}
	}
	return nil
}

func cutLast(name string) (outer, last string, ok bool) {
	at := strings.LastIndexByte(name, '.')
	if at < 0 {
		return "", "", false
	}
	return name[:at], name[at+1:], true
}

// write writes the file.
func (p *program) write() ([]byte, error) {
	title := p.n.Name
	if at := strings.LastIndexByte(title, '/'); at >= 0 {
		title = title[at+1:]
	}
	network := unique(p.classNames, className(title))
	classes, err := p.classes()
	if err != nil {
		return nil, err
	}
	top, err := p.top()
	if err != nil {
		return nil, err
	}
	code := &writer{}
	for _, h := range helpers {
		if p.helpers[h.name] {
			code.gap()
			code.out.WriteString(h.code)
		}
	}
	for _, c := range classes {
		code.gap()
		c.write(code, "The block "+docEscapes.Replace(printable(c.calls[0].block))+".")
	}
	code.gap()
	p.network(code, network, top)
	p.foot(code, network)
	w := &writer{}
	p.head(w, code.out.Bytes())
	w.out.Write(code.out.Bytes())
	return w.out.Bytes(), nil
}

// classes makes the classes of the blocks, those that others hold first.
func (p *program) classes() ([]*class, error) {
	byHeight := slices.Clone(p.calls)
	slices.SortStableFunc(byHeight, func(a, b *call) int { return a.height - b.height })
	var all []*class
	for len(byHeight) > 0 {
		height := byHeight[0].height
		known := map[string]*class{}
		first := len(all)
		for len(byHeight) > 0 && byHeight[0].height == height {
			c := byHeight[0]
			byHeight = byHeight[1:]
			var err error
			if c.body, err = p.body(c); err != nil {
				return nil, err
			}
			key := c.scope.Block + "\n" + c.body.shape()
			if known[key] == nil {
				known[key] = &class{}
				all = append(all, known[key])
			}
			c.class = known[key]
			c.body.block = c.scope.Block
			c.class.calls = append(c.class.calls, c.body)
		}
		for _, c := range all[first:] {
			c.name = unique(p.classNames, className(c.calls[0].block))
			c.parameterise(c.namesInUse())
		}
	}
	return all, nil
}

// ofFunctions matches a use of torch.nn.functional.
var ofFunctions = pattern.Lazy(`\bF\.`)

// head writes the docstring, and the imports of the code that follows.
func (p *program) head(w *writer, code []byte) {
	title := docEscapes.Replace(printable(p.n.Name))
	if title == "" {
		title = "A network"
	}
	w.line(0, `"""%s`, title)
	for _, text := range []string{p.n.Description, p.n.Source} {
		if lines := wrapped(text); len(lines) > 0 {
			w.line(0, "")
			for _, l := range lines {
				w.line(0, "%s", l)
			}
		}
	}
	w.line(0, "")
	w.line(0, "Written by cnncalc. Comments are the shapes of the results, for the inputs at the end of this file.")
	w.line(0, `"""`)
	w.line(0, "import json")
	w.line(0, "import struct")
	w.line(0, "")
	w.line(0, "import torch")
	w.line(0, "import torch.nn as nn")
	if ofFunctions().Match(code) {
		w.line(0, "import torch.nn.functional as F")
	}
	if len(p.checkpoints.Segments) > 0 {
		w.line(0, "from torch.utils.checkpoint import checkpoint")
	}
}

// network writes the module of the network.
func (p *program) network(w *writer, name string, b *body) {
	w.line(0, "class %s(nn.Module):", name)
	w.line(1, `"""The network."""`)
	w.line(0, "")
	w.line(1, "def __init__(self):")
	w.line(2, "super().__init__()")
	for _, l := range loops(b.init) {
		w.commented(2+l.depth, literal(l.text), l.comment)
	}
	p.frozen(w)
	w.line(0, "")
	w.line(1, "def forward(%s):", strings.Join(append([]string{"self"}, b.args...), ", "))
	for _, l := range loops(b.forward) {
		w.commented(2+l.depth, literal(l.text), l.comment)
	}
	for _, f := range b.functions {
		w.line(0, "")
		w.line(1, "def %s(self, %s):", f.name, f.arg)
		for _, l := range loops(f.lines) {
			w.commented(2+l.depth, literal(l.text), l.comment)
		}
		w.line(2, "return %s", f.result)
	}
}

// frozen writes that training leaves some parameters as they are.
func (p *program) frozen(w *writer) {
	var names []string
	for i := range p.n.Nodes {
		for _, weight := range p.n.Layers[i].Weights {
			if p.owns(i) && weight.Frozen && weight.Role != graph.RoleBuffer {
				names = append(names, p.n.Nodes[i].Name+"."+weight.Name)
			}
		}
	}
	if len(names) == 0 {
		return
	}
	w.line(2, "frozen = {")
	for _, name := range names {
		w.line(3, "%s,", quote(name))
	}
	w.line(2, "}")
	w.line(2, "for name, parameter in self.named_parameters():")
	w.line(3, "parameter.requires_grad = name not in frozen")
}

// foot writes load and what the file does when it is run.
func (p *program) foot(w *writer, network string) {
	w.gap()
	w.out.WriteString(strings.NewReplacer("NETWORK", network, "UNUSED", p.unused()).Replace(loadCode))
	w.gap()
	w.line(0, `if __name__ == "__main__":`)
	w.line(1, "net = %s().eval()", network)
	var inputs []string
	for _, i := range p.n.Inputs {
		s := p.n.Layers[i].Out
		inputs = append(inputs, fmt.Sprintf("torch.randn(1, %d, %d, %d)", s.D, s.H, s.W))
	}
	w.line(1, "with torch.no_grad():")
	w.line(2, "result = net(%s)", strings.Join(inputs, ", "))
	if p.n.Heads == nil {
		w.line(1, "print(tuple(result.shape))")
	} else {
		w.line(1, "for name, value in result.items():")
		w.line(2, "print(name, tuple(value.shape))")
	}
	w.line(1, `print(sum(p.numel() for p in net.parameters()), "parameters")`)
}

// unused returns a condition for the parameters of layers that exist in training only, which a file may leave out.
func (p *program) unused() string {
	used := map[string]bool{} // what names of parameters of the other layers start with
	for i := range p.n.Nodes {
		if p.owns(i) && !p.n.IsTrainingOnly(i) {
			for outer, _, ok := cutLast(p.n.Nodes[i].Name + "."); ok; outer, _, ok = cutLast(outer) {
				used[outer] = true
			}
		}
	}
	var starts []string
	for i := range p.n.Nodes {
		if !p.owns(i) || !p.n.IsTrainingOnly(i) {
			continue
		}
		start := p.n.Nodes[i].Name
		for outer, _, ok := cutLast(start); ok && !used[outer]; outer, _, ok = cutLast(outer) {
			start = outer
		}
		if start = quote(start + "."); !slices.Contains(starts, start) {
			starts = append(starts, start)
		}
	}
	if starts == nil {
		return ""
	}
	text := strings.Join(starts, ", ")
	if len(starts) > 1 {
		text = "(" + text + ")"
	}
	parts := wrap("not name.startswith("+text+")", maxLine-15)
	return " and\n               " + strings.Join(parts, "\n                   ")
}

// comment returns the shape of a result as PyTorch has it.
func (p *program) comment(i int) string {
	s := p.n.Layers[i].Out
	if p.isFlat[i] {
		return fmt.Sprintf("[N, %d]", s.D)
	}
	return fmt.Sprintf("[N, %d, %d, %d]", s.D, s.H, s.W)
}

// writer writes lines of Python.
type writer struct{ out bytes.Buffer }

func (w *writer) line(depth int, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if text != "" {
		w.out.WriteString(strings.Repeat("    ", depth))
	}
	w.out.WriteString(text + "\n")
}

// gap writes the empty lines before a class or a function.
func (w *writer) gap() { w.out.WriteString("\n\n") }

// commented writes a statement with a comment at its end. A long statement goes on in further lines.
func (w *writer) commented(depth int, text, comment string) {
	for k, part := range wrap(text, maxLine-4*depth) {
		if k > 0 {
			w.out.WriteString("\n        ")
		}
		w.out.WriteString(strings.Repeat("    ", depth) + part)
	}
	if comment != "" {
		w.out.WriteString("  # " + comment)
	}
	w.out.WriteByte('\n')
}

// wrap splits a statement after commas within brackets, but not within strings.
func wrap(text string, width int) []string {
	if len(text) <= width {
		return []string{text}
	}
	var parts []string
	start, last, depth, inString := 0, -1, 0, false
	for at := 0; at < len(text); at++ {
		switch b := text[at]; {
		case inString && b == '\\':
			at++
		case b == '"':
			inString = !inString
		case inString:
		case b == '(' || b == '[' || b == '{':
			depth++
		case b == ')' || b == ']' || b == '}':
			depth--
		case b == ',' && depth > 0 && strings.HasPrefix(text[at:], ", "):
			last = at + 1
		}
		if at-start >= width && last > start {
			parts = append(parts, text[start:last])
			start = last + 1
		}
	}
	return append(parts, text[start:])
}

// ofPool matches the names of variable.
var ofPool = pattern.Lazy(`^[xyz][0-9]*$`)

// variable returns the name of variable k of those that no label names.
func variable(k int) string {
	if k < 3 {
		return []string{"x", "y", "z"}[k]
	}
	return "x" + strconv.Itoa(k-1)
}
