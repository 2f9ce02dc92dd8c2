package exec

import (
	"fmt"

	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
)

// bindConcat copies the inputs of CONCAT to their channels, but for those that were computed there. A single input
// already is the output.
func bindConcat(l *layer) (plan, error) {
	if len(l.in) == 1 {
		return plan{alias: memory.View}, nil
	}
	return plan{alias: memory.Joined, run: concat}, nil
}

func concat(c *call) {
	if c.images > 1 {
		kernel.Concat(c.out, c.in, c.images, c.workers)
		return
	}
	for k, at := 0, 0; k < len(c.in); {
		if isPlaced(c, k, at) {
			at += len(c.in[k])
			k++
			continue
		}
		first, start := k, at
		for ; k < len(c.in) && !isPlaced(c, k, at); k++ {
			at += len(c.in[k])
		}
		kernel.Concat(c.out[start:at], c.in[first:k], 1, c.workers)
	}
}

// isPlaced reports whether input k is the part of the output that starts at the given place.
func isPlaced(c *call, k, at int) bool { return &c.in[k][0] == &c.out[at] }

// findJoined says which CONCATs have inputs that are computed at their places, and leaves nothing to do for those that
// have no others.
func (p *Program) findJoined() {
	for i := range p.steps {
		s := &p.steps[i]
		if s.alias != memory.Joined {
			continue
		}
		inputs := p.network.Nodes[i].Inputs
		switch placed := p.placed(i); {
		case placed == len(inputs):
			s.run = nil
			s.algorithm = Algorithm{"no copy", "the layers before it write to its output"}
		case placed > 0:
			s.algorithm = Algorithm{"copy", fmt.Sprintf("%d of %d inputs: layers write the others to its output",
				len(inputs)-placed, len(inputs))}
		}
	}
}

// placed returns how many inputs of CONCAT i are computed at their places in its output.
func (p *Program) placed(i int) int {
	count, id := 0, p.arena.Output[i]
	at := p.arena.Buffers[id].Offset
	for _, in := range p.network.Nodes[i].Inputs {
		if id := p.arena.Output[in]; id != memory.Caller && p.arena.Buffers[id].Offset == at {
			count++
		}
		values, _ := p.network.Layers[in].Out.Values() // checked by checkSizes
		at += values * int64(p.options.Batch)
	}
	return count
}
