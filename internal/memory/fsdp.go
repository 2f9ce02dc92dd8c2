package memory

import "cnncalc/internal/graph"

// fsdp is FullyShardedDataParallel of PyTorch 2 with its defaults: FULL_SHARD, BACKWARD_PRE prefetches and no forward
// ones (torch/distributed/fsdp/_runtime_utils.py, commit 00ae0bc, after 2.0; flat_param.py of 1.13).
//
// A unit's parameters are one flat parameter, of which each device keeps a shard. The pass gathers a unit when its
// first layer runs, and frees it after its last one. Backward, it gathers the next unit before a unit runs; when all
// gradients of a unit are there, it frees the unit and reduces the flat gradient to a shard. What is in no unit is in
// the root, which is gathered from the start of the pass until its gradients are reduced.
//
// The shards of parameters and gradients and the optimizer are on the CPU with CPUOffload, the only way to offload that
// FSDP has.
type fsdp struct {
	*builder
	users map[int][]int
	root  *unit
	units []*unit // those with parameters, in the order in which they run
	of    []*unit // by node
}

// unit is the layers from first to last that are gathered together.
type unit struct {
	name        string
	first, last int
	position    int // in units; -1 for the root
	parameters  []int
	learnt      int // parameters that training changes
	values      int64

	gathered  int   // the tensor, or none
	missing   int   // gradients that are still to come
	gradients []int // that are there
	shard     int   // of the gradient, or none
	started   bool  // backward
}

func (f *fsdp) divides(w graph.Weight) bool { return w.Role != graph.RoleBuffer }

// lowers reports whether MixedPrecision gathers units in half. It is taken to do so under amp, as is usual.
func (f *fsdp) lowers() bool { return f.options.DType == AMP }

// width is the bytes of a gathered value.
func (f *fsdp) width() int64 {
	if f.lowers() {
		return 2
	}
	return f.options.DType.valueBytes()
}

func (f *fsdp) shardOf(u *unit, width int64) linear {
	return linear{once: f.bytes(shardValues(u.values, f.options.Parallel.Devices), width)}
}

func (f *fsdp) begin() {
	f.users = f.builder.users()
	f.findUnits()
	width := f.options.DType.valueBytes()
	for _, u := range append(f.units, f.root) {
		if u.values == 0 || f.options.Parallel.Offload {
			continue
		}
		id := f.add(none, "shard of "+u.name, Parameters, f.shardOf(u, width))
		if u.learnt == 0 {
			continue
		}
		if u.learnt < len(u.parameters) { // the optimizer keeps nothing for frozen parameters
			id = f.declare(tensor{none, "shard of " + u.name, Parameters, f.learntShard(u, width)})
			f.held(id)
		}
		f.shardsUpdated = append(f.shardsUpdated, id)
		if f.options.Parallel.Accumulate > 1 {
			f.add(none, "gradient shard of "+u.name, Gradients, f.shardOf(u, width))
		}
	}
}

// learntShard returns the most of a shard that may be of parameters that training changes.
func (f *fsdp) learntShard(u *unit, width int64) linear {
	learnt := int64(0)
	for _, id := range u.parameters {
		if f.isLearnt(id) {
			learnt += f.valuesOf(id)
		}
	}
	return linear{once: min(f.bytes(learnt, width), f.shardOf(u, width).once)}
}

// isLearnt reports whether training changes a parameter.
func (f *fsdp) isLearnt(id int) bool {
	owner := f.tensors[id].node
	for k, other := range f.weights[owner] {
		if other == id {
			return f.network.Layers[owner].Weights[k].IsLearnt()
		}
	}
	return false
}

// findUnits makes the units. A parameter that layers of several units share is in the root.
func (f *fsdp) findUnits() {
	f.root = &unit{name: "the root", position: -1, gathered: none, shard: none, last: len(f.network.Nodes) - 1}
	f.of = make([]*unit, len(f.network.Nodes))
	units := f.blockUnits()
	if f.options.Parallel.UnitSize > 0 {
		units = f.sizedUnits()
	}
	for i := range f.of {
		if f.of[i] == nil {
			f.of[i] = f.root
		}
	}
	for i := range f.network.Nodes {
		for _, id := range f.parametersOf(i) {
			if f.users[id][0] == i {
				f.home(id).add(f, id)
			}
		}
	}
	for _, u := range units {
		if u.values > 0 {
			u.position = len(f.units)
			f.units = append(f.units, u)
		}
	}
	f.root.missing = f.root.learnt
}

// home returns the unit that a parameter is in.
func (f *fsdp) home(id int) *unit {
	u := f.of[f.users[id][0]]
	for _, i := range f.users[id] {
		if f.of[i] != u {
			return f.root
		}
	}
	return u
}

func (u *unit) add(f *fsdp, id int) {
	u.parameters = append(u.parameters, id)
	u.values += f.valuesOf(id) // addUp counts their bytes
	if f.isLearnt(id) {
		u.learnt++
		u.missing++
	}
}

func newUnit(name string, first int) *unit {
	return &unit{name: name, first: first, gathered: none, shard: none}
}

// blockUnits makes a unit of each outermost block that is a module of the PyTorch code, or of each outermost block
// where none is.
func (f *fsdp) blockUnits() []*unit {
	of := func(isUnit func(*graph.Scope) bool) []*unit {
		var units []*unit
		made := map[*graph.Scope]*unit{}
		for i := range f.network.Nodes {
			var outermost *graph.Scope
			for s := f.network.Nodes[i].Within; s != nil; s = s.Outer {
				if isUnit(s) {
					outermost = s
				}
			}
			if outermost == nil {
				continue
			}
			u := made[outermost]
			if u == nil {
				u = newUnit(outermost.Name, i)
				made[outermost] = u
				units = append(units, u)
			}
			u.last = i
			f.of[i] = u
		}
		return units
	}
	if units := of(func(s *graph.Scope) bool { return s.Module }); units != nil {
		return units
	}
	return of(func(s *graph.Scope) bool { return s.Name != "" })
}

// sizedUnits ends a unit with the layer with which it has as many parameters as a unit should have, as
// size_based_auto_wrap_policy does for a chain of layers. The layers after the last such unit are in the root.
func (f *fsdp) sizedUnits() []*unit {
	clear(f.of)
	var units []*unit
	first, values := 1, int64(0)
	for i := 1; i < len(f.network.Nodes); i++ {
		for _, id := range f.parametersOf(i) {
			if f.users[id][0] == i {
				values += f.valuesOf(id)
			}
		}
		if values < f.options.Parallel.UnitSize {
			continue
		}
		u := newUnit("the unit up to "+f.name(i), first)
		u.last = i
		for k := first; k <= i; k++ {
			f.of[k] = u
		}
		units = append(units, u)
		first, values = i+1, 0
	}
	return units
}

// gather takes a unit's parameters: first its shard in the type that is gathered, where the device does not have that.
func (f *fsdp) gather(u *unit) {
	if u.gathered != none || u.values == 0 {
		return
	}
	own := none
	if f.lowers() || f.options.Parallel.Offload {
		own = f.add(none, "shard of "+u.name+" to gather", Gathered, f.shardOf(u, f.width()))
	}
	padded := f.bytes(shardValues(u.values, f.options.Parallel.Devices), f.options.Parallel.Devices, f.width())
	u.gathered = f.add(none, u.name, Gathered, linear{once: padded})
	if own != none {
		f.release(own)
	}
}

func (f *fsdp) free(u *unit) {
	if u.gathered != none {
		f.release(u.gathered)
		u.gathered = none
	}
}

func (f *fsdp) beforeForward(i int) {
	f.gather(f.root)
	f.gather(f.of[i])
}

func (f *fsdp) afterForward(i int) {
	if u := f.of[i]; u != f.root && i == u.last {
		f.free(u)
	}
}

func (f *fsdp) beginBackward() {
	if f.root.values > 0 {
		f.prefetch(len(f.units) - 1)
	}
}

// prefetch gathers the unit at a position, if it has not run backward.
func (f *fsdp) prefetch(position int) {
	if position >= 0 && !f.units[position].started {
		f.gather(f.units[position])
	}
}

func (f *fsdp) beforeBackward(i int) {
	u := f.of[i]
	if u == f.root || u.started || u.values == 0 {
		return
	}
	u.started = true
	f.gather(u)
	f.prefetch(u.position - 1)
}

func (f *fsdp) afterBackward(i int) {
	for _, id := range f.completeAt(i, f.users) {
		u := f.home(id)
		u.gradients = append(u.gradients, f.gradientOf[id])
		if u.missing--; u.missing == 0 {
			f.reduce(u)
		}
	}
	if u := f.of[i]; u != f.root && i == u.first {
		f.free(u) // it has nothing to learn
	}
}

// reduce makes the flat gradient of a unit, which split's backward step concatenates, frees the unit, pads the
// gradient, and reduces it to a shard in the parameters' type.
func (f *fsdp) reduce(u *unit) {
	devices := f.options.Parallel.Devices
	flat := f.add(none, "gradient of "+u.name, Gradients, linear{once: f.bytes(u.values, f.width())})
	for _, id := range u.gradients {
		f.release(id)
	}
	f.free(u)
	if padded := shardValues(u.values, devices) * devices; padded > u.values {
		unpadded := flat
		flat = f.add(none, "padded gradient of "+u.name, Gradients, linear{once: f.bytes(padded, f.width())})
		defer f.release(unpadded) // once the padded one is reduced
	}
	shard := f.add(none, "gradient shard of "+u.name, Gradients, f.shardOf(u, f.width()))
	f.release(flat)
	if width := f.options.DType.valueBytes(); width != f.width() {
		low := shard
		shard = f.add(none, "gradient shard of "+u.name, Gradients, f.shardOf(u, width))
		f.release(low)
	}
	if f.options.Parallel.Accumulate > 1 && !f.options.Parallel.Offload {
		f.release(shard) // once it is added to the earlier one
		shard = none
	}
	u.shard = shard
	f.endReduction("the reduction of " + u.name)
}

func (f *fsdp) end() {
	for _, u := range append(f.units, f.root) {
		f.free(u)
		if f.options.Parallel.Offload && u.shard != none {
			f.release(u.shard) // the CPU has it
		}
	}
}
