package memory

import (
	"slices"

	"cnncalc/internal/graph"
)

// zero3 is stage 3 of DeepSpeed's ZeRO (deepspeed/runtime/zero/stage3.py, partition_parameters.py and
// partitioned_param_coordinator.py, the last at commit 00a31c9): each device keeps a part of every parameter, a float32
// copy of it, its gradient and the optimizer's state. A layer's parameters are gathered before it runs, and those of
// the next layers as well, up to stage3_prefetch_bucket_size values. After the layer they are released, unless they are
// used again within stage3_max_reuse_distance values: with DeepSpeed's defaults, all parameters of a network of fewer
// than 500 million stay from the forward pass to the backward pass. Small parameters are always there.
//
// With --offload optimizer, copy, state and gradients are on the CPU.
type zero3 struct {
	*builder
	users  map[int][]int
	bucket gradientBucket

	places    map[int][]int // by parameter: its places in the trace
	trace     []int         // the nodes with parameters in the order in which they run, forward and backward
	before    []int64       // by place in the trace: values of the parameters of the nodes before it
	at        int           // the place in the trace
	queued    int           // the first place in the trace that no prefetch has seen
	fetched   map[int]int   // by parameter: the last place in the trace that a prefetch has seen it at
	gathered  map[int]int   // by parameter: the tensor
	available int64         // values that are gathered
	live      int64         // the most of them, and the distance of a reuse
}

func (z *zero3) divides(w graph.Weight) bool { return w.Role != graph.RoleBuffer }
func (z *zero3) lowers() bool                { return false }
func (z *zero3) beginBackward()              {}

// partOf returns the values of a device's part of a parameter.
func (z *zero3) partOf(id int) int64 { return shardValues(z.valuesOf(id), z.options.Parallel.Devices) }

func isPersistent(values int64) bool { return values <= persistenceThreshold }

func (z *zero3) begin() {
	z.users, z.bucket = z.builder.users(), z.newBucket()
	z.places, z.fetched, z.gathered = map[int][]int{}, map[int]int{}, map[int]int{}
	if z.live = z.options.Parallel.LiveParameters; z.live == 0 {
		z.live = maxLiveParameters
	}
	z.makeTrace()
	width, parts, learnt := z.options.DType.valueBytes(), int64(0), int64(0)
	for id := range z.tensors { // in the order of the layers
		if _, isParameter := z.users[id]; !isParameter {
			continue
		}
		parts += z.partOf(id)
		if isPersistent(z.valuesOf(id)) {
			z.take(id)
		}
	}
	for _, id := range z.learnt() {
		learnt += z.partOf(id)
	}
	z.add(none, "parts of the parameters", Parameters, linear{once: z.bytes(parts, width)})
	z.bucket.take()
	if z.options.Parallel.Offload {
		return
	}
	z.add(none, "parts of the gradients", Gradients, linear{once: z.bytes(learnt, width)})
	copyOf := linear{once: z.bytes(learnt, BytesPerValue)}
	z.shardsUpdated = []int{z.add(none, "float32 parts", Masters, copyOf)}
	z.flatGradient = z.blocks(copyOf.once)
}

func (z *zero3) makeTrace() {
	var nodes []int
	for i := range z.network.Nodes {
		if z.parametersOf(i) != nil {
			nodes = append(nodes, i)
		}
	}
	z.trace = nodes
	for k := len(nodes) - 1; k >= 0; k-- {
		if z.needsGrad[nodes[k]] {
			z.trace = append(z.trace, nodes[k])
		}
	}
	z.before = make([]int64, len(z.trace)+1)
	for k, i := range z.trace {
		z.before[k+1] = z.before[k]
		for _, id := range z.parametersOf(i) {
			z.before[k+1] += z.valuesOf(id)
			z.places[id] = append(z.places[id], k)
		}
	}
}

// take gathers a parameter.
func (z *zero3) take(id int) {
	t := z.tensors[id]
	padded := z.bytes(z.partOf(id), z.options.Parallel.Devices, z.options.DType.valueBytes())
	z.gathered[id] = z.add(t.node, t.what, Gathered, linear{once: padded})
	z.available += z.valuesOf(id)
}

// gather gathers parameters together. Several come in one buffer, out of which each is copied.
func (z *zero3) gather(ids []int) {
	buffer := none
	if len(ids) > 1 {
		values := int64(0)
		for _, id := range ids {
			values += z.partOf(id) * z.options.Parallel.Devices // addUp counts the bytes
		}
		buffer = z.add(none, "all-gather buffer", Gathered, linear{once: z.bytes(values, z.options.DType.valueBytes())})
	}
	for _, id := range ids {
		z.take(id)
	}
	if buffer != none {
		z.release(buffer)
	}
}

// missing returns those of node i's parameters that are not gathered.
func (z *zero3) missing(i int) []int {
	var ids []int
	for _, id := range z.parametersOf(i) {
		if _, is := z.gathered[id]; !is {
			ids = append(ids, id)
		}
	}
	return ids
}

// fetch gathers what node i needs, and prefetches. A second run of a checkpoint is not in the trace.
func (z *zero3) fetch(i int) {
	if z.parametersOf(i) == nil {
		return
	}
	z.gather(z.missing(i))
	if z.at < len(z.trace) && z.trace[z.at] == i {
		z.queued = max(z.queued, z.at+1)
		z.prefetch()
	}
}

func (z *zero3) prefetch() {
	limit := min(z.live-z.available, prefetchBucketSize)
	values, ids := int64(0), []int(nil)
	seen := map[int]bool{} // a layer later in the trace may share a parameter
	for ; z.queued < len(z.trace) && values < limit; z.queued++ {
		for _, id := range z.missing(z.trace[z.queued]) {
			if !seen[id] {
				seen[id] = true
				ids = append(ids, id)
				values += z.valuesOf(id)
			}
		}
		for _, id := range z.parametersOf(z.trace[z.queued]) {
			z.fetched[id] = z.queued
		}
	}
	z.gather(ids)
}

// drop releases the parameters of node i that are not used again soon.
func (z *zero3) drop(i int) {
	if z.parametersOf(i) == nil {
		return
	}
	isTraced := z.at < len(z.trace) && z.trace[z.at] == i
	for _, id := range z.parametersOf(i) {
		tensor, is := z.gathered[id]
		if !is || isPersistent(z.valuesOf(id)) || isTraced && z.isReused(id) {
			continue
		}
		z.release(tensor)
		delete(z.gathered, id)
		z.available -= z.valuesOf(id)
	}
	if isTraced {
		z.at++
	}
}

// isReused reports whether a parameter is used again within the distance, or a prefetch has counted on it.
func (z *zero3) isReused(id int) bool {
	if z.fetched[id] > z.at {
		return true
	}
	places := z.places[id]
	next, _ := slices.BinarySearch(places, z.at+1)
	return next < len(places) && z.before[places[next]]-z.before[z.at+1] < z.live
}

func (z *zero3) beforeForward(i int)  { z.fetch(i) }
func (z *zero3) afterForward(i int)   { z.drop(i) }
func (z *zero3) beforeBackward(i int) { z.fetch(i) }

func (z *zero3) afterBackward(i int) {
	z.drop(i)
	for _, id := range z.completeAt(i, z.users) {
		z.bucket.put(id, func() {})
	}
}

func (z *zero3) end() { z.bucket.reduce(func() {}) }
