package memory

// Lifetime is when a tensor of a pass is alive, by steps of [PyTorch.Timeline].
type Lifetime struct {
	Name  string
	Node  int // whose it is, -1 for the network's
	Part  Part
	Bytes int64 // in whole blocks of the allocator
	// From is the step that takes it and To the one that releases it. To is the number of steps where none does, and From
	// where it is needed only while that step runs.
	From, To int
}

// Lifetimes returns the tensors of a batch in the order in which they are taken, without empty ones. After step s,
// those with From <= s < To are alive, and their sizes add up to the step's Live. While it runs, those that it releases
// may be alive too.
func (m *PyTorch) Lifetimes(batch int64) ([]Lifetime, error) {
	p, err := m.pass(batch)
	if err != nil {
		return nil, err
	}
	r := &lifetimes{program: p.program, batch: batch, at: make([]int, len(p.tensors))}
	step := 0
	for _, e := range p.events {
		switch e.kind {
		case eventTake:
			r.take(e.index, p, step)
		case eventFirst:
			r.take(e.index, p, 0)
		case eventFree:
			r.release(e.index, step)
		case eventNeed:
			r.add(Lifetime{string(Scratch), r.nodeOf(step), Scratch, p.needed(e.index, batch), step, step})
		case eventStep:
			step++
		}
	}
	return m.withState(r.found, step), nil
}

// lifetimes collects them.
type lifetimes struct {
	*program
	batch int64
	at    []int // by tensor: its place in found, plus one
	found []Lifetime
}

// never is the To of a tensor that is not yet released.
const never = -1

func (r *lifetimes) add(l Lifetime) {
	if l.Bytes > 0 {
		r.found = append(r.found, l)
	}
}

func (r *lifetimes) take(id int, p *pass, step int) {
	t := p.tensors[id]
	r.add(Lifetime{t.name(p.network.Graph), t.node, t.part, r.size(id, r.batch), step, never})
	r.at[id] = len(r.found)
}

func (r *lifetimes) release(id, step int) {
	if r.size(id, r.batch) > 0 {
		r.found[r.at[id]-1].To = step
	}
}

// nodeOf returns the node of a step.
func (r *lifetimes) nodeOf(step int) int {
	if step < len(r.steps) {
		return r.steps[step].Node
	}
	return none
}

// withState adds the optimizer's state and scratch, which no pass takes, and ends what is never released.
func (m *PyTorch) withState(found []Lifetime, steps int) []Lifetime {
	if m.update.rounded > 0 {
		found = append(found, Lifetime{string(State), none, State, m.update.rounded, 0, never})
	}
	last := steps
	if m.options.Mode == Training && m.options.Optimizer != NoOptimizer {
		if m.update.scratch > 0 {
			found = append(found, Lifetime{string(Scratch), none, Scratch, m.update.scratch, steps, steps})
		}
		last++
	}
	for i := range found {
		if found[i].To == never {
			found[i].To = last
		}
	}
	return found
}
