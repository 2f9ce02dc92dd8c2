package memory

import (
	"cmp"
	"fmt"
	"slices"

	"cnncalc/internal/checked"
	"cnncalc/internal/shape"
)

// Arena is the plan of one block of memory for all volumes of an inference run. Buffers that are never live at the same
// time may share memory.
type Arena struct {
	Values  int64 // size of the arena, in float32 values
	Buffers []Buffer
	Output  []int // by node: index of the Buffer of its output, or Caller
	Scratch []int // by node: index of the Buffer of its scratch, or None
	// MaxLive is the largest number of values that are live at once. No arena for these buffers can be smaller.
	MaxLive int64
	Busiest int // the first step in which MaxLive values are live
}

// Bytes returns the size of the arena in bytes.
func (a *Arena) Bytes() int64 { return a.Values * BytesPerValue }

// alignment of buffers, in values: a cache line, so that no two share one.
const alignment = 16

// PlanArena lays out the buffers for inference with a batch. steps has one entry for each node; those of INPUTs are
// ignored, as inputs are the caller's. The result is deterministic.
//
// It fails if a size overflows, or if a View has a different number of values than its input.
func PlanArena(n *shape.Network, batch int64, steps []Step) (*Arena, error) {
	if err := checkSteps(n, batch, steps); err != nil {
		return nil, err
	}
	l, err := newLiveness(n, batch, steps)
	if err != nil {
		return nil, err
	}
	if err := checkSum(l.buffers); err != nil {
		return nil, fmt.Errorf("a batch of %d: %w", batch, err)
	}
	live := liveValues(l.buffers, len(n.Nodes))
	a := &Arena{Output: l.output, Scratch: l.scratch, MaxLive: slices.Max(live)}
	a.Busiest = slices.Index(live, a.MaxLive)
	a.Buffers = layOut(l.buffers, live)
	a.Values = end(a.Buffers)
	return a, nil
}

func checkSteps(n *shape.Network, batch int64, steps []Step) error {
	if batch < 1 {
		return fmt.Errorf("the batch must be 1 or more, not %d", batch)
	}
	if len(steps) != len(n.Nodes) {
		return fmt.Errorf("%d steps for %d nodes", len(steps), len(n.Nodes))
	}
	for i, s := range steps {
		if len(n.Nodes[i].Inputs) == 0 || s.Alias != View {
			continue
		}
		in, out := n.Layers[n.Nodes[i].Inputs[0]].Out, n.Layers[i].Out
		// The shape pass has checked that neither product overflows.
		if in.W*in.H*in.D != out.W*out.H*out.D {
			return fmt.Errorf("%s: %s cannot be a view of %s", n.Nodes[i].Name, out, in)
		}
	}
	return nil
}

// checkSum returns an error if an offset or a size in bytes could overflow in any layout of the buffers.
func checkSum(buffers []Buffer) error {
	total := int64(0)
	for _, b := range buffers {
		var err error
		if total, err = checked.Sum(total, b.Values, alignment); err != nil {
			return err
		}
	}
	_, err := checked.Product(total, BytesPerValue)
	return err
}

func aligned(values int64) int64 { return (values + alignment - 1) / alignment * alignment }

// liveValues returns the number of live values in each step, in whole cache lines.
func liveValues(buffers []Buffer, steps int) []int64 {
	live := make([]int64, steps+1)
	for _, b := range buffers {
		live[b.First] += aligned(b.Values)
		live[b.Last+1] -= aligned(b.Values)
	}
	for i := range steps {
		live[i+1] += live[i]
	}
	return live[:steps]
}

// LayOut returns the buffers with their offsets, and the size of the arena. Buffers of other units than float32 values
// are laid out likewise, aligned to 16 of them. steps is the number of steps of their lives.
func LayOut(buffers []Buffer, steps int) ([]Buffer, int64) {
	buffers = layOut(buffers, liveValues(buffers, steps))
	return buffers, end(buffers)
}

// layOut sets the offsets of the buffers. As no order is best for all networks, it tries two and keeps the better
// result.
func layOut(buffers []Buffer, live []int64) []Buffer {
	if pairs(buffers, len(live)) > maxPairs {
		stack(buffers, bigFirst(buffers), len(live))
		return buffers
	}
	other := slices.Clone(buffers)
	bestFit(buffers, bigFirst(buffers), len(live))
	bestFit(other, crowdedFirst(other, live), len(live))
	if end(other) < end(buffers) {
		return other
	}
	return buffers
}

// end returns the size of the arena that the buffers need as laid out.
func end(buffers []Buffer) int64 {
	var most int64
	for _, b := range buffers {
		most = max(most, b.Offset+aligned(b.Values))
	}
	return most
}

// bigFirst orders buffers by size, the largest first: "greedy by size for offset calculation" of Pisarchyk and Lee
// (2020), "Efficient Memory Management for Deep Neural Net Inference".
func bigFirst(buffers []Buffer) []int {
	return sorted(buffers, func(a, b int) int { return cmp.Compare(buffers[b].Values, buffers[a].Values) })
}

// crowdedFirst orders buffers by the largest number of values live in any of their steps, then by size, similar to the
// same paper's "greedy by breadth".
func crowdedFirst(buffers []Buffer, live []int64) []int {
	crowd := make([]int64, len(buffers))
	for i, b := range buffers {
		crowd[i] = slices.Max(live[b.First : b.Last+1])
	}
	return sorted(buffers, func(a, b int) int {
		return cmp.Or(cmp.Compare(crowd[b], crowd[a]), cmp.Compare(buffers[b].Values, buffers[a].Values))
	})
}

// sorted returns the indices of the buffers in stable sorted order.
func sorted(buffers []Buffer, compare func(a, b int) int) []int {
	order := make([]int, len(buffers))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(compare(a, b), cmp.Compare(a, b)) })
	return order
}

// maxPairs limits the work of bestFit, which visits a pair of buffers at most once for each step in which both are
// live. DenseNet-201 has 400,000 such pairs, and a hundred thousand layers in residual blocks have 600,000.
const maxPairs = 1 << 24

// pairs returns the number of ordered pairs of live buffers, summed over the steps.
func pairs(buffers []Buffer, steps int) int64 {
	change := make([]int64, steps+1)
	for _, b := range buffers {
		change[b.First]++
		change[b.Last+1]--
	}
	var live, sum int64
	for _, c := range change {
		live += c
		sum += live * live
	}
	return sum
}

// bestFit places each buffer in the smallest gap that holds it between the buffers already placed that are live at the
// same time, or above them all.
func bestFit(buffers []Buffer, order []int, steps int) {
	laid := make([][]int32, steps) // by step: the live buffers that are already placed
	var rivals []int32
	for _, id := range order {
		b := &buffers[id]
		rivals = append(rivals[:0], laid[b.First]...)
		for step := b.First + 1; step <= b.Last; step++ {
			for _, other := range laid[step] {
				if buffers[other].First == step {
					rivals = append(rivals, other)
				}
			}
		}
		slices.SortFunc(rivals, func(x, y int32) int { return cmp.Compare(buffers[x].Offset, buffers[y].Offset) })
		b.Offset = smallestGap(buffers, rivals, aligned(b.Values))
		for step := b.First; step <= b.Last; step++ {
			laid[step] = append(laid[step], int32(id))
		}
	}
}

// smallestGap returns the offset of the smallest gap between rivals, sorted by offset, that holds n values, or the end
// of the highest rival if none does.
func smallestGap(buffers []Buffer, rivals []int32, n int64) int64 {
	var end, best, bestSize int64
	for _, r := range rivals {
		gap := buffers[r].Offset - end
		if gap >= n && (bestSize == 0 || gap < bestSize) {
			best, bestSize = end, gap
		}
		end = max(end, buffers[r].Offset+aligned(buffers[r].Values))
	}
	if bestSize == 0 {
		return end
	}
	return best
}

// stack places each buffer above all others that are live at the same time. It leaves gaps unused, but its running time
// does not depend on how many buffers are live at once.
func stack(buffers []Buffer, order []int, steps int) {
	s := newSkyline(steps)
	for _, id := range order {
		b := &buffers[id]
		b.Offset = s.top(b.First, b.Last)
		s.raise(b.First, b.Last, b.Offset+aligned(b.Values))
	}
}

// skyline is a segment tree over the steps that holds the height to which the arena is filled in each.
type skyline struct {
	size  int
	whole []int64 // by tree node: height that all of its steps reach
	most  []int64 // by tree node: height of its highest step
}

func newSkyline(steps int) *skyline {
	size := 1
	for size < steps {
		size *= 2
	}
	return &skyline{size, make([]int64, 2*size), make([]int64, 2*size)}
}

// top returns the height of the highest step from first to last.
func (s *skyline) top(first, last int) int64 {
	return s.topBelow(1, 0, s.size-1, first, last)
}

func (s *skyline) topBelow(node, low, high, first, last int) int64 {
	if last < low || high < first {
		return 0
	}
	if first <= low && high <= last {
		return s.most[node]
	}
	middle := (low + high) / 2
	return max(s.whole[node],
		s.topBelow(2*node, low, middle, first, last),
		s.topBelow(2*node+1, middle+1, high, first, last))
}

// raise sets the height of the steps from first to last. None of them may be higher.
func (s *skyline) raise(first, last int, height int64) {
	s.raiseBelow(1, 0, s.size-1, first, last, height)
}

func (s *skyline) raiseBelow(node, low, high, first, last int, height int64) {
	if last < low || high < first {
		return
	}
	s.most[node] = max(s.most[node], height)
	if first <= low && high <= last {
		s.whole[node] = height
		return
	}
	middle := (low + high) / 2
	s.raiseBelow(2*node, low, middle, first, last, height)
	s.raiseBelow(2*node+1, middle+1, high, first, last, height)
}
