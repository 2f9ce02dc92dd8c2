package memory

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"cnncalc/internal/checked"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// pass is the program of one iteration as PyTorch runs it, and where each layer's tensors are in it.
type pass struct {
	*program
	network *shape.Network
	options Options

	outputs   []int         // the nodes whose results the caller gets
	output    []int         // by node: the tensor that its output is in, none where it does not run
	shares    []bool        // by node: its output is in the memory of its input
	weights   [][]int       // by node: the tensors of its declared weights, which several may share
	saved     [][]int       // by node: the tensors that autograd holds for it
	lossSaved []int         // what it holds for the loss
	rules     []op.Autograd // by node
	needsGrad []bool        // by node: it, or one before it, has parameters that are not frozen
	width     []int64       // by node: bytes of one value of its output
	estimates []string
	warnings  []string

	writesInput bool // a layer works in place on the input

	shardsUpdated []int // where the training is sharded: the tensors that the optimizer updates on the device
	flatGradient  int64 // bytes of a copy of the gradients that the update makes first, in whole blocks
	replaced      int64 // what the copy replaces
}

// builder makes a pass: a tensor is free once its last holder releases it.
type builder struct {
	pass
	err error

	layouts     []op.Layout  // by node: where the values of its output are in memory
	reads       []int        // by node: inputs of later nodes that are still to read its output
	grad        []int        // by node: the tensor of its output's gradient so far
	holders     []int        // by tensor: how many still need it; once none does, it is free
	calls       []int        // by tensor: how many of its holders are modules that it was passed to
	savedBy     []int        // by tensor: the first node that autograd holds it for, 0 for none
	partial     []bool       // by tensor: its holders see parts of it, so that it cannot be written to
	casts       []int        // half copies of weights that autocast keeps until the forward pass has ended
	batch       int64        // 1, or what stands for all larger ones in its class
	castOf      map[int]int  // by weight: its half copy, where autocast keeps one
	hasGradient map[int]bool // by weight: a layer that shares it has made its gradient

	sharding   sharding
	gradientOf map[int]int // by weight: the tensor of its gradient, where the training is sharded

	targets      []int   // by output of the network
	rootGradient int     // a one, which backward() starts from
	workspaces   []Phase // that cuBLAS has one for
}

// newPass returns the pass of a network for the batches of one class.
func newPass(n *shape.Network, o Options, class int64) (*pass, error) {
	p, err := newBuilder(n, o, class)
	if err != nil {
		return nil, err
	}
	p.forward()
	if o.Mode == Training {
		p.loss()
		p.backward()
		p.sharding.end()
	}
	return p.finish()
}

// newBuilder returns a pass in which nothing has run yet.
func newBuilder(n *shape.Network, o Options, class int64) (*builder, error) {
	count := len(n.Nodes)
	p := &builder{
		pass: pass{
			program: &program{block: o.Torch.block()}, network: n, options: o, outputs: n.OutputsIn(o.Mode == Training),
			output: make([]int, count), shares: make([]bool, count), weights: make([][]int, count), saved: make([][]int, count),
			rules: make([]op.Autograd, count), needsGrad: make([]bool, count), width: make([]int64, count),
		},
		layouts: make([]op.Layout, count),
		reads:   make([]int, count), grad: make([]int, count),
		castOf: map[int]int{}, hasGradient: map[int]bool{},
	}
	p.sharding = p.newSharding()
	for i := range p.grad {
		p.grad[i] = none
	}
	// About as many as most networks have: growing the slices took much of the time.
	tensors, events := 4*count, 6*count
	if o.Mode == Training {
		tensors, events = 6*count, 13*count
	}
	p.tensors, p.events = make([]tensor, 0, tensors), make([]event, 0, events)
	p.holders, p.calls = make([]int, 0, tensors), make([]int, 0, tensors)
	p.savedBy, p.partial = make([]int, 0, tensors), make([]bool, 0, tensors)
	run := op.Pass{Torch: o.Torch.rules(), Training: o.Mode == Training, Batch: class}
	if o.Torch == Torch2CUDA {
		run.Batch = 2 // only in a batch of 1 is a slice of the depth contiguous, and the class is for all
	}
	p.batch = run.Batch
	if err := p.askLayers(run); err != nil {
		return nil, err
	}
	learns := func(out int) bool { return p.needsGrad[out] }
	if o.Mode == Training && !slices.ContainsFunc(p.outputs, learns) {
		return nil, nothingToTrain(n)
	}
	p.prepare()
	return p, nil
}

func nothingToTrain(n *shape.Network) error {
	if n.Total.Parameters() == 0 {
		return errors.New("there is nothing to train: no layer has parameters; --mode inference needs none")
	}
	return errors.New("there is nothing to train: all parameters that lead to an output are frozen; " +
		"--mode inference needs no trainable ones")
}

// finish adds up. It fails if a size could not be counted.
func (p *builder) finish() (*pass, error) {
	if p.err == nil {
		p.err = p.addUp()
	}
	result := p.pass // drops what only the builder needs
	return &result, p.err
}

// askLayers asks every kind of layer for its rules.
func (p *builder) askLayers(run op.Pass) error {
	for i := range p.network.Nodes {
		node := &p.network.Nodes[i]
		if len(node.Inputs) == 0 {
			p.layouts[i] = op.Planes(p.network.Layers[i].Out)
			continue
		}
		layer, ok := node.Op.(op.Layer)
		if !ok {
			return fmt.Errorf("%s: no rule says what PyTorch does with %s", node.Name, node.Op.Kind())
		}
		run.ConstantInput = !slices.ContainsFunc(node.Inputs, func(in int) bool { return p.needsGrad[in] })
		p.needsGrad[i] = !run.ConstantInput || slices.ContainsFunc(p.network.Layers[i].Weights, graph.Weight.IsLearnt)
		run.Constant = !p.needsGrad[i]
		run.FrozenWeight, run.FrozenBias = p.frozen(i)
		in, out := p.network.InputsOf(i), p.network.Layers[i].Out
		run.Layouts = p.inputLayouts(i)
		p.rules[i] = layer.Autograd(run, in, out)
		p.layouts[i] = p.rules[i].OutputLayout(in, run.Layouts, out)
		if !p.runs(i) {
			continue
		}
		p.shares[i] = p.rules[i].Shares
		if why := p.rules[i].Estimate; why != "" {
			p.estimates = append(p.estimates, p.name(i)+": "+why)
		}
	}
	return nil
}

// frozen reports whether node i's weights and biases are frozen.
func (p *builder) frozen(i int) (weight, bias bool) {
	for _, w := range p.network.Layers[i].Weights {
		weight = weight || w.Frozen && w.Role == graph.RoleWeight
		bias = bias || w.Frozen && w.Role == graph.RoleBias
	}
	return weight, bias
}

// inputLayouts returns where the inputs of node i are in memory.
func (p *builder) inputLayouts(i int) []op.Layout {
	var layouts []op.Layout
	for _, in := range p.network.Nodes[i].Inputs {
		layouts = append(layouts, p.layouts[in])
	}
	return layouts
}

// bytes multiplies sizes. The first that cannot be counted ends the account.
func (p *builder) bytes(factors ...int64) int64 {
	n, err := checked.Product(factors...)
	if err != nil && p.err == nil {
		p.err = err
	}
	return n
}

// linear returns a size in bytes, for values of this width unless they have a width of their own.
func (p *builder) linear(s op.Size, width int64) linear {
	copied := p.bytes(s.Copied, width)
	if s.Bytes > 0 {
		width = s.Bytes
	}
	each, err := checked.Sum(p.bytes(s.Values, width), copied)
	if err != nil && p.err == nil {
		p.err = err
	}
	if s.Fixed < 0 {
		return linear{each, -p.bytes(-s.Fixed, width)}
	}
	return linear{each, p.bytes(s.Fixed, width)}
}

func (p *builder) linears(sizes []op.Size, width int64) []linear {
	most := make([]linear, len(sizes))
	for i, s := range sizes {
		most[i] = p.linear(s, width)
	}
	return most
}

// volume returns the size of node i's output in values of so many bytes.
func (p *builder) volume(i int, width int64) linear {
	s := p.network.Layers[i].Out
	return linear{each: p.bytes(s.W, s.H, s.D, width)}
}

// add takes a tensor that has one holder.
func (p *builder) add(node int, what string, part Part, size linear) int {
	return p.held(p.take(tensor{node, what, part, size}))
}

// held returns a new tensor, which gets one holder.
func (p *builder) held(id int) int {
	p.holders = append(p.holders, 1)
	p.partial = append(p.partial, false)
	p.calls = append(p.calls, 0)
	p.savedBy = append(p.savedBy, 0)
	return id
}

func (p *builder) hold(id int) { p.holders[id]++ }

// release gives up one hold on a tensor.
func (p *builder) release(id int) {
	p.holders[id]--
	switch p.holders[id] {
	case 0:
		p.free(id)
	case p.calls[id]:
		p.events = append(p.events, event{eventUnread, id})
	}
}

// runs reports whether node i runs in the pass. Its parameters are there in any case.
func (p *pass) runs(i int) bool { return p.options.Mode == Training || !p.network.IsTrainingOnly(i) }

func (p *pass) name(i int) string { return p.network.Nodes[i].Name }

// prepare takes what exists before the pass begins: weights and the batch.
func (p *builder) prepare() {
	for i, l := range p.network.Layers {
		if l.Owner != i {
			p.weights[i] = p.weights[l.Owner]
			continue
		}
		for _, w := range l.Weights {
			part := Parameters
			if w.Role == graph.RoleBuffer {
				part = Buffers
			}
			t := tensor{i, w.Name, part, p.weightSize(w)}
			if p.sharding.divides(w) {
				p.weights[i] = append(p.weights[i], p.held(p.declare(t)))
			} else {
				p.weights[i] = append(p.weights[i], p.held(p.take(t)))
			}
		}
		for range p.rules[i].Counters {
			p.add(i, "num_batches_tracked", Buffers, linear{once: 8})
		}
	}
	p.sharding.begin()
	for _, in := range p.network.Inputs {
		p.width[in] = p.options.DType.valueBytes()
		p.output[in] = p.add(in, "", InputBatch, p.volume(in, p.width[in]))
	}
	p.inputRead = make([]int, len(p.network.Inputs))
	if p.options.Mode == Training {
		p.prepareGradients()
		p.addTargets()
	}
	first := p.network.Inputs[0]
	p.endStep(Forward, first, p.name(first))
}

// addTargets takes the targets: a class for each place. Outputs of one width and height have the same ones, as the
// classifiers of a network with auxiliary heads do.
func (p *builder) addTargets() {
	for k, out := range p.outputs {
		places := p.network.Layers[out].Out
		same := slices.IndexFunc(p.outputs[:k], func(earlier int) bool {
			s := p.network.Layers[earlier].Out
			return s.W == places.W && s.H == places.H
		})
		if same >= 0 {
			p.targets = append(p.targets, p.targets[same])
			continue
		}
		p.targets = append(p.targets, p.add(none, "targets", Targets, linear{each: p.bytes(places.W, places.H, 8)}))
	}
}

func (p *builder) weightSize(w graph.Weight) linear {
	count, err := w.Count()
	if err != nil {
		p.err = err
	}
	return linear{once: p.bytes(count, p.options.DType.weightBytes(w))}
}

// forward runs all layers in order.
func (p *builder) forward() {
	p.countReads()
	modules := modulesOf(p.network.Modules)
	for i := range p.network.Nodes {
		p.enter(modules, i)
		switch {
		case len(p.network.Nodes[i].Inputs) == 0:
		case p.runs(i):
			p.layer(i)
			p.endLayer(i)
		default:
			p.output[i] = none
		}
		p.leave(modules, i)
	}
	p.releaseCasts()
}

// endLayer releases the inputs that node i was the last to read.
func (p *builder) endLayer(i int) {
	p.endStep(Forward, i, p.name(i))
	for _, in := range p.network.Nodes[i].Inputs {
		if p.reads[in]--; p.reads[in] > 0 {
			continue
		}
		for k, input := range p.network.Inputs {
			if p.output[in] == p.output[input] {
				p.inputRead[k] = len(p.events)
			}
		}
		p.release(p.output[in])
	}
}

func (p *builder) releaseCasts() {
	for _, id := range p.casts {
		p.release(id)
	}
	p.casts = nil
	clear(p.castOf)
}

// countReads counts by node how many inputs of later nodes it is, and holds the inputs, which the caller keeps. A
// result that no node reads is never released.
func (p *builder) countReads() {
	for i := range p.network.Nodes {
		if !p.runs(i) {
			continue
		}
		for _, in := range p.network.Nodes[i].Inputs {
			p.reads[in]++
		}
	}
	for _, in := range p.network.Inputs {
		p.hold(p.output[in])
	}
}

// layer runs node i forward: it makes its output, what autograd saves, and what the computation needs.
func (p *builder) layer(i int) {
	p.sharding.beforeForward(i)
	rule, node := &p.rules[i], &p.network.Nodes[i]
	inputs := make([]int, len(node.Inputs)) // as the layer reads them
	var temporary []int
	width := p.outputWidth(i)
	casts := rule.Autocast != op.KeepsType && rule.Autocast != op.PromotesType
	for k, in := range node.Inputs {
		inputs[k] = p.output[in]
		isCast := casts && p.width[in] != width
		if isCast || rule.Copies {
			inputs[k] = p.add(in, copyName(isCast), Volumes, p.volume(in, width))
			temporary = append(temporary, inputs[k])
		}
	}
	weights, uncached := p.castWeights(i)
	temporary = append(temporary, uncached...)
	p.width[i] = width
	if rule.Writes {
		p.writesInput = p.writesInput || p.tensors[inputs[0]].part == InputBatch
		p.warnOfWrites(i)
	}
	if rule.Shares {
		p.output[i] = inputs[0]
		p.hold(inputs[0])
	} else {
		p.output[i] = p.add(i, "", Volumes, p.volume(i, width))
	}
	if p.options.Mode == Training && p.needsGrad[i] {
		p.save(i, inputs, weights)
	}
	if p.reads[i] > 0 && slices.Contains(p.outputs, i) {
		p.hold(p.output[i]) // the caller does, beside its readers
	}
	p.workspace(i, Forward)
	p.need(p.linears(rule.Forward, width))
	for _, id := range temporary {
		p.release(id)
	}
	p.sharding.afterForward(i)
}

// copyName returns what a layer's own copy of an input is called.
func copyName(isCast bool) string {
	if isCast {
		return "cast"
	}
	return "copy"
}

// warnOfWrites adds a warning for a layer that works in place where PyTorch refuses, or would compute something else.
func (p *builder) warnOfWrites(i int) {
	inputs := p.network.Nodes[i].Inputs
	in := inputs[0]
	// The sum of a volume and itself is right: y += y. From the third operand on, y has changed.
	toItself := len(inputs) == 2 && inputs[1] == in && p.reads[in] == 2
	if p.reads[in] > 1 && !toItself {
		p.warnings = append(p.warnings,
			fmt.Sprintf("%s writes over %s, which is read again afterwards: PyTorch computes another result",
				p.name(i), p.name(in)))
	}
	if by := p.savedBy[p.output[in]]; by > 0 {
		p.warnings = append(p.warnings,
			fmt.Sprintf("%s writes over what autograd keeps for %s: PyTorch refuses the backward pass",
				p.name(i), p.name(by)))
	}
}

// outputWidth returns the size of one value of node i's output.
func (p *builder) outputWidth(i int) int64 {
	inputs := p.network.Nodes[i].Inputs
	width := p.width[inputs[0]]
	if p.options.DType != AMP {
		return width
	}
	switch p.rules[i].Autocast {
	case op.LowersType:
		return 2
	case op.RaisesType, op.PromotesType:
		return 4
	case op.WidestType:
		for _, in := range inputs {
			width = max(width, p.width[in])
		}
	}
	return width
}

// castWeights returns the tensors of node i as the layer reads them: half copies where autocast lowers it. It keeps one
// copy of each weight, except for frozen ones, whose copies are only for this layer
// (aten/src/ATen/autocast_mode.cpp, cached_cast).
func (p *builder) castWeights(i int) (casts, uncached []int) {
	if p.options.DType != AMP || p.rules[i].Autocast != op.LowersType || p.sharding.lowers() {
		return p.weights[i], nil
	}
	casts = make([]int, len(p.weights[i]))
	for k, id := range p.weights[i] {
		if kept, ok := p.castOf[id]; ok {
			casts[k] = kept
			continue
		}
		half := linear{once: p.tensors[id].size.once / 2}
		casts[k] = p.add(i, p.tensors[id].what, WeightCasts, half)
		if p.network.Layers[i].Weights[k].Frozen {
			uncached = append(uncached, casts[k])
			continue
		}
		p.castOf[id] = casts[k]
		p.casts = append(p.casts, casts[k])
	}
	return casts, uncached
}

// save holds what autograd keeps of node i.
func (p *builder) save(i int, inputs, weights []int) {
	for _, s := range p.rules[i].Saved {
		if !p.isNeeded(i, s) {
			continue
		}
		var id int
		switch s.Tensor {
		case op.NewTensor:
			part, what := savedPart(s.What)
			id = p.add(i, what, part, p.linear(s.Size, p.width[i]))
			p.saved[i] = append(p.saved[i], id)
			continue
		case op.InputTensor:
			id = inputs[s.Index]
		case op.OutputTensor:
			id = p.output[i]
		case op.WeightTensor:
			id = weights[s.Index]
		}
		p.hold(id)
		p.saved[i] = append(p.saved[i], id)
		p.savedBy[id] = cmp.Or(p.savedBy[id], i)
	}
}

// isNeeded reports whether autograd saves this tensor of node i, some of whose gradients are needed.
func (p *builder) isNeeded(i int, s op.Saved) bool {
	if s.Needs == nil && s.Learns == nil {
		return true
	}
	return slices.ContainsFunc(s.Needs, func(k int) bool { return p.needsGrad[p.network.Nodes[i].Inputs[k]] }) ||
		slices.ContainsFunc(s.Learns, func(k int) bool { return p.network.Layers[i].Weights[k].IsLearnt() })
}

// savedPart returns where a new tensor is counted, and what it is called.
func savedPart(w op.What) (part Part, what string) {
	switch w {
	case op.Statistic:
		return Statistics, "statistic"
	case op.Mask:
		return Masks, "mask"
	case op.Index:
		return Indices, "indices"
	case op.Scalar:
		return Scalars, "scalar"
	}
	return Volumes, "saved"
}

// workspace takes what cuBLAS is given with its first product in each direction, and keeps.
func (p *builder) workspace(i int, phase Phase) {
	if p.options.Torch != Torch2CUDA || !p.rules[i].Product || slices.Contains(p.workspaces, phase) {
		return
	}
	p.workspaces = append(p.workspaces, phase)
	p.add(none, "cuBLAS "+string(phase), Workspace, linear{once: p.options.cublasWorkspace()})
}
