package memory

import (
	"slices"

	"cnncalc/internal/checked"
	"cnncalc/internal/graph"
)

// Part is what memory is taken for.
type Part string

// The parts of PyTorch's account, in the order in which they are printed.
const (
	Parameters      Part = "parameters"
	Masters         Part = "master parameters"   // DeepSpeed's copies in float32, which the optimizer updates
	Gathered        Part = "gathered parameters" // of a unit or layer whose shards are on several devices
	Buffers         Part = "buffers"             // BN's running statistics, and its counters
	WeightCasts     Part = "weight casts"        // autocast's half copies
	Gradients       Part = "gradients"           // of the parameters
	GradientBuckets Part = "gradient buckets"    // DDP's, where the gradients are not in them
	State           Part = "optimizer state"
	InputBatch      Part = "input batch"
	Targets         Part = "targets"
	Volumes         Part = "volumes"    // outputs of layers, and other volumes that autograd saves
	Statistics      Part = "statistics" // mean and deviation that BN saves
	Masks           Part = "dropout masks"
	Indices         Part = "max pool indices"
	Scalars         Part = "scalars" // Python numbers that autograd saves as tensors
	Loss            Part = "loss"    // what the cross entropy saves, and its result
	VolumeGrads     Part = "gradients of volumes"
	Scratch         Part = "scratch"   // while a layer is computed, or the optimizer updates
	Workspace       Part = "workspace" // cuBLAS's
	Rounding        Part = "rounding"  // of every tensor to whole blocks of the allocator
)

// parts returns them all.
func parts() []Part {
	return []Part{Parameters, Masters, Gathered, Buffers, WeightCasts, Gradients, GradientBuckets, State, InputBatch,
		Targets, Volumes, Statistics, Masks, Indices, Scalars, Loss, VolumeGrads, Scratch, Workspace, Rounding}
}

// linear is a number of bytes: some for each picture of the batch, and some once for all.
type linear struct {
	each, once int64
}

func (l linear) at(batch int64) int64 { return l.each*batch + l.once }

// none is no node, or no tensor.
const none = -1

// tensor is memory that is taken, and given back, as a whole.
type tensor struct {
	node int    // whose it is, none for the network's
	what string // which of the node's; "" for its output, and for the output's gradient
	part Part
	size linear
}

// name returns what a tensor is called in reports. It is made only for them: a program has thousands of tensors.
func (t tensor) name(g *graph.Graph) string {
	if t.node == none {
		return t.what
	}
	name := g.Nodes[t.node].Name
	switch t.part {
	case Parameters, Buffers:
		return name + "." + t.what
	case Gradients:
		return name + "." + t.what + " gradient"
	case WeightCasts:
		return name + "." + t.what + " cast"
	case VolumeGrads:
		return name + " gradient"
	}
	if t.what == "" {
		return name
	}
	return name + " " + t.what
}

// event is one change of what is alive.
type event struct {
	kind  eventKind
	index int // of the tensor that is taken or given back, of the moment's need, or of the step that ends
}

type eventKind uint8

const (
	eventTake eventKind = iota
	eventFree
	eventNeed
	eventStep
	eventUnread // only modules that the tensor was passed to still hold it
	// eventFirst takes a tensor in the first iteration. In any later one, which accounts are of, it is there from the
	// start.
	eventFirst
)

// program is everything that is taken and given back in one pass, in order, for any batch.
type program struct {
	tensors []tensor
	needs   [][]linear // for a moment: the largest of the sizes
	events  []event
	steps   []Moment // without figures
	total   linear   // of all tensors and needs, so that one product shows whether a batch can be counted
	block   int64    // the allocator hands out whole blocks of so many bytes, a power of two
	// The inputs are in the caller's hands throughout; inputRead is by input the event after which nothing reads it.
	inputRead []int
}

// declare adds a tensor that has no memory of its own.
func (p *program) declare(t tensor) int {
	p.tensors = append(p.tensors, t)
	return len(p.tensors) - 1
}

// take adds a tensor, which is alive from here on.
func (p *program) take(t tensor) int {
	id := p.declare(t)
	kind := eventTake
	if p.isLasting(id) {
		kind = eventFirst
	}
	p.events = append(p.events, event{kind, id})
	return id
}

func (p *program) free(id int) {
	p.events = append(p.events, event{eventFree, id})
}

// need takes memory for a moment: the largest of the sizes.
func (p *program) need(sizes []linear) {
	if len(sizes) > 0 {
		p.events = append(p.events, event{eventNeed, len(p.needs)})
		p.needs = append(p.needs, sizes)
	}
}

// endStep ends a step: what happened since the last one belongs to it.
func (p *program) endStep(phase Phase, node int, name string) {
	p.events = append(p.events, event{eventStep, len(p.steps)})
	p.steps = append(p.steps, Moment{Phase: phase, Node: node, Name: name})
}

// blocks rounds up to whole blocks.
func (p *program) blocks(bytes int64) int64 { return (bytes + p.block - 1) &^ (p.block - 1) }

// size returns the size of a tensor in whole blocks.
func (p *program) size(id int, batch int64) int64 { return p.blocks(p.tensors[id].size.at(batch)) }

// needed returns the size of a moment's need in whole blocks.
func (p *program) needed(index int, batch int64) int64 {
	most := int64(0)
	for _, l := range p.needs[index] {
		most = max(most, l.at(batch))
	}
	return p.blocks(most)
}

// addUp makes the total. It fails if that cannot be counted.
func (p *program) addUp() error {
	sizes := slices.Concat(p.needs...)
	for _, t := range p.tensors {
		sizes = append(sizes, t.size)
	}
	var err error
	for _, l := range sizes {
		if p.total.each, err = checked.Sum(p.total.each, l.each); err != nil {
			return err
		}
		if p.total.once, err = checked.Sum(p.total.once, max(l.once, 0), p.block); err != nil {
			return err
		}
	}
	return nil
}

// check returns an error if a sum over any of the tensors could overflow for a batch.
func (p *program) check(batch int64) error {
	each, err := checked.Product(p.total.each, batch)
	if err != nil {
		return err
	}
	_, err = checked.Sum(each, p.total.once)
	return err
}

// isLasting reports whether a tensor stays from one iteration to the next, and the first one only takes it on the way.
func (p *program) isLasting(id int) bool { return p.tensors[id].part == Workspace }

// lasting returns the bytes of such tensors.
func (p *program) lasting(batch int64) int64 {
	sum := int64(0)
	for id := range p.tensors {
		if p.isLasting(id) {
			sum += p.size(id, batch)
		}
	}
	return sum
}

// peak returns the most bytes that are alive at once, the event at which they are, and what is left in the end.
func (p *program) peak(batch int64) (bytes int64, at int, end int64) {
	live := p.lasting(batch)
	for i, e := range p.events {
		now := live
		switch e.kind {
		case eventTake:
			live += p.size(e.index, batch)
			now = live
		case eventFree:
			live -= p.size(e.index, batch)
		case eventNeed:
			now += p.needed(e.index, batch)
		}
		if now > bytes {
			bytes, at = now, i
		}
	}
	return bytes, at, live
}

// timeline returns the steps with their figures.
func (p *program) timeline(batch int64) []Moment {
	steps := slices.Clone(p.steps)
	live := p.lasting(batch)
	most := live
	for _, e := range p.events {
		switch e.kind {
		case eventTake:
			live += p.size(e.index, batch)
			most = max(most, live)
		case eventFree:
			live -= p.size(e.index, batch)
		case eventNeed:
			most = max(most, live+p.needed(e.index, batch))
		case eventStep:
			steps[e.index].Live, steps[e.index].Most = live, most
			most = live
		}
	}
	return steps
}
