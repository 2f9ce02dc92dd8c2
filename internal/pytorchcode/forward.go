package pytorchcode

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

// item is a step of a body: a node, or a call of a module.
type item struct {
	node int // of an item without call
	call *call
}

func (p *program) itemReads(it item) []int {
	if it.call != nil {
		return it.call.inputs
	}
	return p.reads[it.node]
}

// items returns the steps of nodes first to last in a module, nil for the network.
func (p *program) items(in *call, first, last int) []item {
	var items []item
	for i := first; i <= last; i++ {
		c := p.within[i]
		if c == in {
			items = append(items, item{node: i})
			continue
		}
		for c.outer != in {
			c = c.outer
		}
		items = append(items, item{call: c})
		i = c.last
	}
	return items
}

// coder writes the body of a module.
type coder struct {
	*program
	in      *call // nil for the network
	prefix  string
	items   []item
	lastUse map[int]int // by node: the last item that reads it
	names   map[int]string
	pooled  map[int]int // by node: the variable of the pool that holds it
	free    []int       // variables of the pool that were used and are free, in order
	used    int         // variables of the pool so far
	locals  map[string]bool
	taken   map[string]bool // attributes
	counts  map[string]int  // of layers without weights, by kind
	made    map[string]bool // modules that hold others, by name
	leafs   []line          // that come first
	segment int             // number of the checkpointed segment that is written, from 1; 0 for none
	body    *body
}

func (p *program) coder(in *call, first, last int) *coder {
	c := &coder{program: p, in: in, items: p.items(in, first, last), lastUse: map[int]int{}, names: map[int]string{},
		pooled: map[int]int{}, locals: maps.Clone(p.reserved), taken: maps.Clone(p.inherited),
		counts: map[string]int{}, made: map[string]bool{}, body: &body{}}
	if in != nil {
		c.prefix = in.scope.Name + "."
	}
	for k, it := range c.items {
		if it.call != nil {
			c.taken[c.parts(it.call.scope.Name)[0]] = true
		} else if p.owns(it.node) {
			c.taken[c.parts(p.n.Nodes[it.node].Name)[0]] = true
		}
		for _, i := range p.itemReads(it) {
			c.lastUse[i] = k
		}
	}
	outputs := p.n.Outputs
	if in != nil {
		outputs = in.outputs
	}
	for _, i := range outputs {
		c.lastUse[i] = math.MaxInt
	}
	return c
}

// parts returns the parts of a layer's name below the module.
func (c *coder) parts(name string) []string {
	return strings.Split(strings.TrimPrefix(name, c.prefix), ".")
}

// body returns the code of a call of a block.
func (p *program) body(in *call) (*body, error) {
	c := p.coder(in, in.first, in.last)
	for _, i := range in.inputs {
		c.hold(i, "")
		c.body.args = append(c.body.args, c.names[i])
	}
	if err := c.write(); err != nil {
		return nil, err
	}
	for _, i := range in.outputs {
		c.body.results = append(c.body.results, c.names[i])
	}
	if len(in.inputs) > 0 && len(in.outputs) > 0 {
		c.body.in, c.body.out = p.n.Layers[in.inputs[0]].Out.D, p.n.Layers[in.outputs[0]].Out.D
	}
	return c.finish(), nil
}

// top returns the code of the network.
func (p *program) top() (*body, error) {
	c := p.coder(nil, 0, len(p.n.Nodes)-1)
	for _, i := range p.n.Inputs {
		label := ""
		if len(p.n.Inputs) > 1 {
			label = p.n.Nodes[i].Name
		}
		c.hold(i, label)
		c.body.args = append(c.body.args, c.names[i])
	}
	if err := c.write(); err != nil {
		return nil, err
	}
	c.results()
	c.segments()
	return c.finish(), nil
}

// segments puts the lines of each checkpointed segment in a function, with its input as the argument.
func (c *coder) segments() {
	for k, s := range c.checkpoints.Segments {
		isOf := func(l line) bool { return l.segment == k+1 }
		first := slices.IndexFunc(c.body.forward, isOf)
		if first < 0 {
			continue // nothing is computed
		}
		n := first
		for n < len(c.body.forward) && isOf(c.body.forward[n]) {
			n++
		}
		f := function{name: unique(c.taken, fmt.Sprint("segment", k+1)), arg: c.names[s.From], result: c.names[s.To],
			lines: slices.Clone(c.body.forward[first:n])}
		call := fmt.Sprintf("%s = checkpoint(self.%s, %s, use_reentrant=False)", f.result, f.name, f.arg)
		c.body.functions = append(c.body.functions, f)
		c.body.forward = slices.Replace(c.body.forward, first, n, line{text: call, comment: c.comment(s.To)})
	}
}

// results writes what the network returns: a tensor, or a dict where it has heads.
func (c *coder) results() {
	if c.n.Heads == nil {
		c.add(0, "return "+c.names[c.n.Outputs[0]], "")
		return
	}
	var always, training []string
	for k, i := range c.n.Outputs {
		name := quote(c.n.OutputName(k))
		if c.n.HeadOf(k).Training {
			training = append(training, "outputs["+name+"] = "+c.names[i])
		} else {
			always = append(always, name+": "+c.names[i])
		}
	}
	dict := "{" + strings.Join(always, ", ") + "}"
	if training == nil {
		c.add(0, "return "+dict, "")
		return
	}
	c.add(0, "outputs = "+dict, "")
	c.add(0, "if self.training:", "")
	for _, text := range training {
		c.add(1, text, "")
	}
	c.add(0, "return outputs", "")
}

// write writes the items.
func (c *coder) write() error {
	isTraining := false
	for k, it := range c.items {
		if it.call == nil && len(c.n.Nodes[it.node].Inputs) == 0 {
			continue
		}
		only := c.isTrainingOnly(it)
		if only && !isTraining {
			c.add(0, "if self.training:", "")
		}
		isTraining = only
		c.segment = c.segmentOf(it)
		depth := 0
		if only {
			depth = 1
		}
		if it.call != nil {
			c.writeCall(k, it.call, depth)
		} else if err := c.writeNode(k, it.node, depth); err != nil {
			return err
		}
	}
	c.segment = 0
	return nil
}

// segmentOf returns the number of the checkpointed segment that an item is in, 0 for none or within a block.
func (c *coder) segmentOf(it item) int {
	node := it.node
	if it.call != nil {
		node = it.call.first
	}
	if c.in != nil {
		return 0
	}
	holds := func(s graph.Segment) bool { return s.From < node && node <= s.To }
	return 1 + slices.IndexFunc(c.checkpoints.Segments, holds)
}

// isTrainingOnly reports whether an item exists in training only, and what is around it does not.
func (c *coder) isTrainingOnly(it item) bool {
	first := it.node
	if it.call != nil {
		first = it.call.first
	}
	return c.n.IsTrainingOnly(first) && (c.in == nil || c.in.training == 0)
}

func (c *coder) add(depth int, text, comment string) {
	c.body.forward = append(c.body.forward, line{text, comment, depth, c.segment})
}

// release frees the variables of what item k is the last to read.
func (c *coder) release(k int, nodes []int) {
	for _, i := range nodes {
		if v, ok := c.pooled[i]; ok && c.lastUse[i] <= k {
			delete(c.pooled, i)
			at, _ := slices.BinarySearch(c.free, v)
			c.free = slices.Insert(c.free, at, v)
		}
	}
}

// hold gives the result of node i a variable: of its label's name, or one that is free.
func (c *coder) hold(i int, label string) {
	if label != "" {
		name := identifier(label)
		if ofPool().MatchString(name) {
			name += "_"
		}
		c.names[i] = unique(c.locals, name)
		return
	}
	v := c.used
	if len(c.free) > 0 {
		v, c.free = c.free[0], c.free[1:]
	} else {
		c.used++
	}
	c.pooled[i], c.names[i] = v, variable(v)
}

// assign gives a result a variable, and frees it at once if nothing reads it.
func (c *coder) assign(k, i int) {
	label := ""
	if n := &c.n.Nodes[i]; c.in == nil && n.Labelled && c.uses[i] > 1 {
		label = n.Name
	}
	if label == "" {
		label = c.head(i)
	}
	c.hold(i, label)
	if _, read := c.lastUse[i]; !read {
		c.release(k, []int{i})
	}
}

// head returns the name of the head that ends with node i, "" if there is none or another variable has the name.
func (c *coder) head(i int) string {
	if c.in != nil || c.n.Heads == nil {
		return ""
	}
	k := slices.Index(c.n.Outputs, i)
	if k < 1 || c.locals[identifier(c.n.OutputName(k))] {
		return ""
	}
	return c.n.OutputName(k)
}

func (c *coder) writeCall(k int, in *call, depth int) {
	parts := c.parts(in.scope.Name)
	c.contain(parts)
	module := attribute(parts...)
	c.body.init = append(c.body.init, line{text: module + " = " + in.class.name + "(" + in.class.arguments(in.body) + ")"})
	var args, results []string
	for _, i := range in.inputs {
		args = append(args, c.names[i])
	}
	c.release(k, in.inputs)
	for _, i := range in.outputs {
		c.assign(k, i)
		results = append(results, c.names[i])
	}
	text := module + "(" + strings.Join(args, ", ") + ")"
	comment := ""
	if len(results) > 0 {
		text = strings.Join(results, ", ") + " = " + text
		comment = c.comment(in.outputs[len(in.outputs)-1])
	}
	c.add(depth, text, comment)
}

func (c *coder) writeNode(k, i, depth int) error {
	n, f := &c.n.Nodes[i], c.forms[i]
	in := make([]string, len(n.Inputs))
	for j, from := range n.Inputs {
		in[j] = c.names[from]
		if f.isPlane && c.isFlat[from] {
			in[j] += "[:, :, None, None]"
		}
	}
	text, err := c.expression(i, f, in)
	if err != nil {
		return err
	}
	if c.like[i] >= 0 {
		text = strings.ReplaceAll(text, likeMark, c.names[c.like[i]])
	}
	_, isSum := n.Op.(*op.Add)
	isSum = isSum && c.overwrites[i] && len(in) == 2
	c.release(k, c.reads[i])
	v, isFree := c.variableOf(n.Inputs[0])
	if isSum && isFree && !strings.HasSuffix(in[0], "]") {
		c.free = slices.Delete(c.free, v, v+1)
		c.names[i] = in[0]
		c.pooled[i] = slices.Index(c.variables(), in[0])
		c.add(depth, in[0]+" += "+in[1], c.comment(i))
		return nil
	}
	if isSum {
		text = in[0] + ".add_(" + in[1] + ")"
	}
	c.assign(k, i)
	if text == c.names[i] {
		return nil
	}
	c.add(depth, c.names[i]+" = "+text, c.comment(i))
	return nil
}

// variables returns the pool's variables so far.
func (c *coder) variables() []string {
	names := make([]string, c.used)
	for k := range names {
		names[k] = variable(k)
	}
	return names
}

// variableOf returns where the variable of a node is among the free ones.
func (c *coder) variableOf(i int) (at int, ok bool) {
	at = slices.IndexFunc(c.free, func(v int) bool { return variable(v) == c.names[i] })
	return at, at >= 0
}

// expression returns the call of node i, whose module it makes.
func (c *coder) expression(i int, f form, in []string) (string, error) {
	n, owner := &c.n.Nodes[i], c.n.Layers[i].Owner
	switch {
	case owner != i:
		parts := c.parts(c.n.Nodes[owner].Name)
		if c.forms[owner].module == f.module {
			return f.call(attribute(parts...), in), nil
		}
		if f.shared == nil {
			return "", fmt.Errorf("%s cannot be written as PyTorch code: its settings differ from those of the layer whose "+
				"weights it shares", n.Name)
		}
		return f.shared(attribute(parts...), in), nil
	case c.owns(i):
		parts := c.parts(n.Name)
		c.contain(parts)
		l := line{text: attribute(parts...) + " = " + f.module}
		if c.around[n.Name] {
			c.leafs = append(c.leafs, l)
			c.made[n.Name] = true
		} else {
			c.body.init = append(c.body.init, l)
		}
		return f.call(attribute(parts...), in), nil
	case f.module == "" || n.Function && isFunction(n.Op):
		return f.call("", in), nil
	}
	module := c.moduleOf(i)
	c.body.init = append(c.body.init, line{text: module + " = " + f.module})
	return f.call(module, in), nil
}

// isFunction reports whether a layer without weights can be written as a function.
func isFunction(o any) bool {
	_, isModule := o.(*op.StochDepth)
	return !isModule
}

// moduleOf returns the attribute of a layer without weights: its name in the network, or in a block its kind's with a
// number.
func (c *coder) moduleOf(i int) string {
	if name := c.n.Nodes[i].Name; c.in == nil {
		outer, _, _ := cutLast(name)
		if isLayer, isOuter := c.around[outer]; isOuter && !isLayer {
			parts := c.parts(name)
			c.contain(parts)
			return attribute(parts...)
		}
		return "self." + unique(c.taken, identifier(name))
	}
	kind := strings.ToLower(c.n.Nodes[i].Op.Kind())
	for {
		c.counts[kind]++
		name := fmt.Sprint(kind, c.counts[kind])
		if !c.taken[name] {
			c.taken[name] = true
			return "self." + name
		}
	}
}

// contain makes the modules around a layer that no class makes.
func (c *coder) contain(parts []string) {
	for k := 1; k < len(parts); k++ {
		name := c.prefix + strings.Join(parts[:k], ".")
		if !c.made[name] && !c.ownerNames[name] {
			c.body.init = append(c.body.init, line{text: attribute(parts[:k]...) + " = nn.Module()"})
		}
		c.made[name] = true
	}
}

// finish returns the body.
func (c *coder) finish() *body {
	c.body.init = append(c.leafs, c.body.init...)
	c.body.attributes = c.taken
	return c.body
}

// namesInUse returns the names that no parameter of the class can have.
func (c *class) namesInUse() map[string]bool {
	names := maps.Clone(c.calls[0].attributes)
	for _, more := range [][]string{keywords, globals, c.calls[0].args} {
		for _, name := range more {
			names[name] = true
		}
	}
	return names
}
