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
	// Whole holds, by Buffer, the index of the joint volume that it is a part of, which is itself a part of no other, or
	// None.
	Whole []int
	// MaxLive is the largest number of values that are live at once. No arena for these buffers can be smaller.
	MaxLive int64
	Busiest int // the first step in which MaxLive values are live

	rectangles []Buffer // of memory and steps, of which no two overlap
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
	l, err := newLayout(n, batch, steps, make([]bool, len(steps)))
	if err == nil && batch == 1 && slices.ContainsFunc(steps, func(s Step) bool { return s.Alias == Joined }) {
		l, err = share(n, steps, l)
	}
	if err != nil {
		return nil, err
	}
	return l.arena, nil
}

// layout is an arena with what it was planned from.
type layout struct {
	*liveness
	shares []bool // by node: whether the inputs of a Joined step may be parts of its output
	arena  *Arena
}

func newLayout(n *shape.Network, batch int64, steps []Step, shares []bool) (*layout, error) {
	l, err := newLiveness(n, batch, steps, shares)
	if err != nil {
		return nil, err
	}
	if err := checkSum(l.buffers); err != nil {
		return nil, fmt.Errorf("a batch of %d: %w", batch, err)
	}
	blocks := l.blocks()
	live := liveValues(rectangles(blocks), len(n.Nodes)+1) // the caller reads outputs in a step after the last
	a := &Arena{Buffers: l.buffers, Output: l.output, Scratch: l.scratch, Whole: l.wholes(), MaxLive: slices.Max(live)}
	a.Busiest = slices.Index(live, a.MaxLive)
	blocks = layOut(blocks, live)
	a.Values, a.rectangles = end(blocks), rectangles(blocks)
	l.setOffsets(blocks)
	for i := range a.Buffers {
		a.Buffers[i].Last = min(a.Buffers[i].Last, len(n.Nodes)-1)
	}
	return &layout{l, shares, a}, nil
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

// block is a buffer to lay out. A joint volume has pieces, whose offsets are in it. They live at different times, and
// before and after others may use their memory. First and Last are then those of the longest life of a piece.
type block struct {
	Buffer
	pieces []Buffer
}

// rectangles returns what the blocks cover, of memory and steps: whole cache lines, but in joint volumes.
func rectangles(blocks []block) []Buffer {
	var all []Buffer
	for _, b := range blocks {
		all = b.appendTo(all)
	}
	return all
}

func (b *block) appendTo(all []Buffer) []Buffer {
	if len(b.pieces) == 0 {
		b := b.Buffer
		b.Values = aligned(b.Values)
		return append(all, b)
	}
	for _, p := range b.pieces {
		p.Offset += b.Offset
		all = append(all, p)
	}
	return all
}

// liveValues returns the number of live values in each step, in whole cache lines.
func liveValues(rectangles []Buffer, steps int) []int64 {
	live := make([]int64, steps+1)
	for _, r := range rectangles {
		live[r.First] += r.Values
		live[r.Last+1] -= r.Values
	}
	for i := range steps {
		live[i+1] += live[i]
	}
	for i := range steps {
		live[i] = aligned(live[i])
	}
	return live[:steps]
}

// LayOut returns the buffers with their offsets, and the size of the arena. Buffers of other units than float32 values
// are laid out likewise, aligned to 16 of them. steps is the number of steps of their lives.
func LayOut(buffers []Buffer, steps int) ([]Buffer, int64) {
	blocks := make([]block, len(buffers))
	for i, b := range buffers {
		blocks[i].Buffer = b
	}
	blocks = layOut(blocks, liveValues(rectangles(blocks), steps))
	for i, b := range blocks {
		buffers[i].Offset = b.Offset
	}
	return buffers, end(blocks)
}

// layOut sets the offsets of the blocks. As no order is best for all networks, it tries a few and keeps the best
// result.
func layOut(blocks []block, live []int64) []block {
	if pairs(rectangles(blocks), len(live)) > maxPairs {
		stack(blocks, bigFirst(blocks), len(live))
		return blocks
	}
	orders := [][]int{bigFirst(blocks), crowdedFirst(blocks, live)}
	if slices.ContainsFunc(blocks, func(b block) bool { return len(b.pieces) > 0 }) {
		orders = append(orders, jointFirst(blocks))
	}
	var best []block
	for _, order := range orders {
		other := slices.Clone(blocks)
		bestFit(other, order, len(live))
		if best == nil || end(other) < end(best) {
			best = other
		}
	}
	return best
}

// end returns the size of the arena that the blocks need as laid out.
func end(blocks []block) int64 {
	var most int64
	for _, b := range blocks {
		most = max(most, b.Offset+aligned(b.Values))
	}
	return most
}

// bigFirst orders blocks by size, the largest first: "greedy by size for offset calculation" of Pisarchyk and Lee
// (2020), "Efficient Memory Management for Deep Neural Net Inference".
func bigFirst(blocks []block) []int {
	return sorted(blocks, func(a, b int) int { return cmp.Compare(blocks[b].Values, blocks[a].Values) })
}

// crowdedFirst orders blocks by the largest number of values live in any of their steps, then by size, similar to the
// same paper's "greedy by breadth".
func crowdedFirst(blocks []block, live []int64) []int {
	crowd := make([]int64, len(blocks))
	for i, b := range blocks {
		crowd[i] = slices.Max(live[b.First : b.Last+1])
	}
	return sorted(blocks, func(a, b int) int {
		return cmp.Or(cmp.Compare(crowd[b], crowd[a]), cmp.Compare(blocks[b].Values, blocks[a].Values))
	})
}

// jointFirst orders joint volumes before other blocks, then by size. What lives before and after a piece then fits
// around the piece.
func jointFirst(blocks []block) []int {
	return sorted(blocks, func(a, b int) int {
		return cmp.Or(cmp.Compare(min(len(blocks[b].pieces), 1), min(len(blocks[a].pieces), 1)),
			cmp.Compare(blocks[b].Values, blocks[a].Values))
	})
}

// sorted returns the indices of the blocks in stable sorted order.
func sorted(blocks []block, compare func(a, b int) int) []int {
	order := make([]int, len(blocks))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(compare(a, b), cmp.Compare(a, b)) })
	return order
}

// maxPairs limits the work of bestFit, which visits a pair of rectangles at most once for each step in which both are
// live. DenseNet-201 has 400,000 such pairs, and a hundred thousand layers in residual blocks have 600,000.
const maxPairs = 1 << 24

// pairs returns the number of ordered pairs of live rectangles, summed over the steps.
func pairs(rectangles []Buffer, steps int) int64 {
	change := make([]int64, steps+1)
	for _, b := range rectangles {
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

// bestFit places each block in the smallest gap that holds it between those already placed that are live at the same
// time, or above them all; a joint volume at the lowest place that none of its pieces shares with a live one.
func bestFit(blocks []block, order []int, steps int) {
	p := placed{live: make([][]int32, steps)}
	for _, id := range order {
		b := &blocks[id]
		if len(b.pieces) == 0 {
			b.Offset = p.smallestGap(b.Buffer)
		} else {
			b.Offset = p.lowestPlace(b.pieces)
		}
		p.add(b)
	}
}

// placed holds the rectangles that have their place.
type placed struct {
	rectangles []Buffer
	live       [][]int32 // by step: those that are live, by index in rectangles
	rivals     []int32   // reused
}

func (p *placed) add(b *block) {
	before := len(p.rectangles)
	p.rectangles = b.appendTo(p.rectangles)
	for id := before; id < len(p.rectangles); id++ {
		for step := p.rectangles[id].First; step <= p.rectangles[id].Last; step++ {
			p.live[step] = append(p.live[step], int32(id))
		}
	}
}

// rivalsOf returns the rectangles that are live while b is, until the next call.
func (p *placed) rivalsOf(b Buffer) []int32 {
	p.rivals = append(p.rivals[:0], p.live[b.First]...)
	for step := b.First + 1; step <= b.Last; step++ {
		for _, other := range p.live[step] {
			if p.rectangles[other].First == step {
				p.rivals = append(p.rivals, other)
			}
		}
	}
	return p.rivals
}

// smallestGap returns the offset of the smallest gap that holds b between the rectangles that are live while it is, or
// the end of the highest of them if none does.
func (p *placed) smallestGap(b Buffer) int64 {
	rivals, values := p.rivalsOf(b), aligned(b.Values)
	slices.SortFunc(rivals, func(x, y int32) int {
		return cmp.Compare(p.rectangles[x].Offset, p.rectangles[y].Offset)
	})
	var end, best, bestSize int64
	for _, id := range rivals {
		r := &p.rectangles[id]
		gap := r.Offset - end
		if gap >= values && (bestSize == 0 || gap < bestSize) {
			best, bestSize = end, gap
		}
		end = max(end, aligned(r.Offset+r.Values))
	}
	if bestSize == 0 {
		return end
	}
	return best
}

// lowestPlace returns the lowest offset for a volume of which no piece then shares a cache line with a rectangle that
// is live while it is.
func (p *placed) lowestPlace(pieces []Buffer) int64 {
	type between struct{ low, high int64 } // where the volume cannot start, both ends excluded
	var taken []between
	for _, piece := range pieces {
		first, end := piece.Offset/alignment*alignment, aligned(piece.Offset+piece.Values)
		for _, id := range p.rivalsOf(piece) {
			r := &p.rectangles[id]
			taken = append(taken, between{r.Offset/alignment*alignment - end, aligned(r.Offset+r.Values) - first})
		}
	}
	slices.SortFunc(taken, func(a, b between) int { return cmp.Compare(a.low, b.low) })
	offset := int64(0)
	for _, t := range taken {
		if t.low >= offset {
			break
		}
		offset = max(offset, t.high)
	}
	return offset
}

// stack places each block above all others that are live at the same time. It leaves gaps unused, but its running time
// does not depend on how many blocks are live at once.
func stack(blocks []block, order []int, steps int) {
	s := newSkyline(steps)
	for _, id := range order {
		b := &blocks[id]
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
