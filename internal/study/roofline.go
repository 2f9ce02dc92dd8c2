package study

import "cnncalc/internal/traffic"

// roofline adds how the layers use the machine when they run.
func (m *maker) roofline() {
	running, place := m.network.Inference()
	account, err := traffic.New(running, m.plan.Batch)
	if err != nil {
		m.fail("roofline", err)
		return
	}
	machine := m.plan.use.Machine
	m.Roofline = &Roofline{Peak: machine.FLOPS, Bandwidth: machine.Bandwidth, Ridge: machine.Ridge(),
		Layers: []RooflineLayer{}}
	for i, l := range account.Layers {
		at := i
		if place != nil {
			at = place[i]
		}
		m.Layers[at].Moved = l.Bytes()
		if l.Bytes() == 0 {
			continue
		}
		bound := "arithmetic"
		if machine.IsMemoryBound(l) {
			bound = "memory"
		}
		m.Roofline.Layers = append(m.Roofline.Layers, RooflineLayer{m.Layers[at].Name, l.Intensity(), l.MACs, l.Bytes(),
			bound, machine.LeastTime(l)})
	}
}
