package memory

import (
	"cmp"
	"slices"
)

// joints says which buffers are parts of joint volumes: an operand of a Joined step that is computed where it lies in
// the result need not be copied. Joint volumes may be parts of others, as those of DenseNet are, each of which starts
// with the one before. So buffers make trees. Buffers that share memory are one above the other in a tree.
type joints struct {
	parent []int   // by buffer: the joint volume that it is a part of, or None
	start  []int64 // by buffer: where it starts in its parent, in values
	below  []int   // by buffer: the last step that reads any of its parts, or None
	height []int   // by buffer: the most levels of parts
	broken []int   // buffers that a step adds to while something that shares their memory is needed
}

// maxHeight limits the levels of parts, which most functions of joints climb. DenseNet-264 has 64.
const maxHeight = 256

func (j *joints) add() {
	j.parent, j.start = append(j.parent, None), append(j.start, 0)
	j.below, j.height = append(j.below, None), append(j.height, 0)
}

// root returns the volume that buffer b is a part of and which is a part of no other, and where b starts in it.
func (j *joints) root(b int) (root int, start int64) {
	for j.parent[b] != None {
		start += j.start[b]
		b = j.parent[b]
	}
	return b, start
}

// join makes buffer b, just added for the step that joins these inputs, the parent of all buffers that lie in it as
// they are. Inputs that are in the caller's memory, are there a second time, or are a part of another volume that does
// not fit, remain where they are, to be copied. sizes holds the values of each input.
func (l *liveness) join(b int, inputs []int, sizes []int64) {
	starts := make([]int64, len(inputs)+1)
	for k, values := range sizes {
		starts[k+1] = starts[k] + values
	}
	unfit, unfitAt := None, int64(0) // refused last: inputs that follow are often parts of it too
	for k, in := range inputs {
		if l.output[in] == Caller {
			continue
		}
		root, at := l.root(l.output[in])
		at = starts[k] - at
		switch {
		case root == b || root == unfit && at == unfitAt:
		case l.height[root] < maxHeight && l.fits(root, inputs, starts, k, at):
			l.parent[root], l.start[root] = b, at
			l.height[b] = max(l.height[b], l.height[root]+1)
			l.below[b] = max(l.below[b], l.below[root], l.buffers[root].Last)
		default:
			unfit, unfitAt = root, at
		}
	}
}

// fits reports whether all of the volume root, if it starts at the given place of the joint volume of these inputs, is
// what the joint volume has there. Input k starts in or at the start of it.
func (l *liveness) fits(root int, inputs []int, starts []int64, k int, start int64) bool {
	for k > 0 && starts[k] > start {
		k--
	}
	end := start + l.buffers[root].Values
	if starts[k] != start || end > starts[len(inputs)] {
		return false
	}
	for ; starts[k] < end; k++ {
		if l.output[inputs[k]] == Caller {
			return false
		}
		if r, at := l.root(l.output[inputs[k]]); r != root || start+at != starts[k] {
			return false
		}
	}
	return true
}

// alone reports whether step i may write to buffer b, as nothing else that shares memory with it is needed then or
// later. Joint volumes of later steps need not be looked at: they read what they share.
func (l *liveness) alone(b, i int) bool {
	if l.below[b] >= i {
		return false
	}
	for p := l.parent[b]; p != None; p = l.parent[p] {
		if l.buffers[p].Last >= i {
			return false
		}
	}
	return true
}

// keep keeps buffer b until a step has read it.
func (l *liveness) keep(b, last int) {
	l.buffers[b].Last = max(l.buffers[b].Last, last)
	for p := l.parent[b]; p != None && l.below[p] < last; p = l.parent[p] {
		l.below[p] = last
	}
}

// blocks returns what must be laid out: the buffers that are no parts of others, in their order.
func (l *liveness) blocks() []block {
	parts := make([][]int, len(l.buffers)) // by buffer
	for id, p := range l.parent {
		if p != None {
			parts[p] = append(parts[p], id)
		}
	}
	var blocks []block
	for id, b := range l.buffers {
		if l.parent[id] != None {
			continue
		}
		whole := block{Buffer: b}
		if len(parts[id]) > 0 {
			whole.pieces = l.pieces(nil, parts, id, 0, b.Last)
			for _, p := range whole.pieces {
				whole.First, whole.Last = min(whole.First, p.First), max(whole.Last, p.Last)
			}
		}
		blocks = append(blocks, whole)
	}
	return blocks
}

// pieces appends the pieces of memory in buffer id, which starts at the given place of its root and is needed until
// step last, be it as a part of another: what each of its parts has, and what is copied between them. Pieces are
// written at different times.
func (l *liveness) pieces(to []Buffer, parts [][]int, id int, start int64, last int) []Buffer {
	b := l.buffers[id]
	slices.SortFunc(parts[id], func(x, y int) int { return cmp.Compare(l.start[x], l.start[y]) })
	at := int64(0)
	copied := func(end int64) {
		if at < end {
			to = append(to, Buffer{Offset: start + at, Values: end - at, First: b.First, Last: last})
		}
	}
	for _, part := range parts[id] {
		copied(l.start[part])
		to = l.pieces(to, parts, part, start+l.start[part], max(last, l.buffers[part].Last))
		at = l.start[part] + l.buffers[part].Values
	}
	copied(b.Values)
	return to
}

// setOffsets sets the offsets of all buffers from those of the blocks.
func (l *liveness) setOffsets(blocks []block) {
	last := len(blocks) - 1
	for id := len(l.buffers) - 1; id >= 0; id-- { // parents are after their parts
		if p := l.parent[id]; p != None {
			l.buffers[id].Offset = l.buffers[p].Offset + l.start[id]
			continue
		}
		l.buffers[id].Offset = blocks[last].Offset
		last--
	}
}

// wholes returns, by buffer, the root that it is a part of, or None.
func (j *joints) wholes() []int {
	roots := slices.Clone(j.parent)
	for id := len(roots) - 1; id >= 0; id-- { // parents are after their parts
		if p := roots[id]; p != None && roots[p] != None {
			roots[id] = roots[p]
		}
	}
	return roots
}
