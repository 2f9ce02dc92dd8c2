package memory

import "cnncalc/internal/graph"

// sharding is what a strategy does in a pass that divides parameters or gradients among the devices. The builder calls
// it in the order of the pass.
type sharding interface {
	// divides reports whether a weight is in tensors that begin takes, and has none of its own.
	divides(w graph.Weight) bool
	// lowers reports whether layers get their weights in half, so that nothing else casts them.
	lowers() bool
	// begin takes what is there before the pass, once the weights are declared.
	begin()
	beforeForward(node int)
	afterForward(node int)
	beginBackward()
	beforeBackward(node int)
	// afterBackward is called when the gradients of the node's weights are there, and what it saved is released.
	afterBackward(node int)
	// end is called when the backward pass has ended.
	end()
}

// replicated is no sharding: every device has all parameters and gradients.
type replicated struct{}

func (replicated) divides(graph.Weight) bool { return false }
func (replicated) lowers() bool              { return false }
func (replicated) begin()                    {}
func (replicated) beforeForward(int)         {}
func (replicated) afterForward(int)          {}
func (replicated) beginBackward()            {}
func (replicated) beforeBackward(int)        {}
func (replicated) afterBackward(int)         {}
func (replicated) end()                      {}

// newSharding returns what the options ask for.
func (p *builder) newSharding() sharding {
	if p.options.Mode != Training || !p.options.Parallel.isSharded() {
		return replicated{}
	}
	p.gradientOf = map[int]int{}
	switch p.options.Parallel.Strategy {
	case ZeRO2:
		return &zero2{builder: p}
	case ZeRO3:
		return &zero3{builder: p}
	}
	return &fsdp{builder: p}
}

// shardValues returns the values of one of so many equal shards, the last of which is padded.
func shardValues(values, devices int64) int64 {
	return values/devices + min(1, values%devices)
}

// valuesOf returns the values of a weight.
func (p *builder) valuesOf(id int) int64 {
	return p.tensors[id].size.once / p.options.DType.valueBytes()
}

// parametersOf returns the parameters of node i, without buffers.
func (p *builder) parametersOf(i int) []int {
	var ids []int
	for _, id := range p.weights[i] {
		if p.tensors[id].part == Parameters {
			ids = append(ids, id)
		}
	}
	return ids
}

// users returns by parameter the nodes that use it, in order.
func (p *builder) users() map[int][]int {
	users := map[int][]int{}
	for i := range p.network.Nodes {
		for _, id := range p.parametersOf(i) {
			users[id] = append(users[id], i)
		}
	}
	return users
}

// completeAt returns the learnt parameters of node i whose gradient is complete when it has run backward: those that no
// node before it uses.
func (p *builder) completeAt(i int, users map[int][]int) []int {
	var ids []int
	for _, id := range p.learntOf(i) {
		if users[id][0] == i {
			ids = append(ids, id)
		}
	}
	return ids
}

// endReduction ends a step that reduces gradients over the devices.
func (p *builder) endReduction(what string) { p.endStep(Reduce, none, what) }
