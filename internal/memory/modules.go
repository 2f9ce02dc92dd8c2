package memory

import "cnncalc/internal/graph"

// modules are modules of a network by the nodes where they begin and return.
type modules struct {
	first, last map[int][]int // by node: indices of all
	all         []graph.Module
}

func modulesOf(all []graph.Module) modules {
	m := modules{first: map[int][]int{}, last: map[int][]int{}, all: all}
	for i, module := range all {
		m.first[module.First] = append(m.first[module.First], i)
		m.last[module.Last] = append(m.last[module.Last], i)
	}
	return m
}

// enter calls the modules that begin with node i. Python keeps what a function is called with until it returns.
func (p *builder) enter(m modules, i int) {
	for _, k := range m.first[i] {
		for _, in := range m.all[k].Inputs {
			if id := p.output[in]; id != none {
				p.holders[id]++
				p.calls[id]++
			}
		}
	}
}

// leave returns from the modules whose last node is i. The tensors of their inputs are the same as when they were
// called, since a node's output does not change.
func (p *builder) leave(m modules, i int) {
	for _, k := range m.last[i] {
		for _, in := range m.all[k].Inputs {
			if id := p.output[in]; id != none {
				p.calls[id]--
				p.release(id)
			}
		}
	}
}
