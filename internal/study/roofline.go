package study

import (
	"time"

	"cnncalc/internal/traffic"
)

// roofline adds what the layers move when they run, and the machine.
func (m *maker) roofline() {
	if !m.only.has(Traffic) {
		return
	}
	running, place := m.network.Inference()
	account, err := traffic.New(running, m.plan.Batch)
	if err != nil {
		m.fail("roofline", err)
		return
	}
	machine := m.plan.use.Machine
	m.Roofline = &Roofline{Batch: m.plan.Batch, Peak: machine.FLOPS, Bandwidth: machine.Bandwidth, Ridge: machine.Ridge()}
	for i, l := range account.Layers {
		at := i
		if place != nil {
			at = place[i]
		}
		m.Layers[at].Moved = l.Bytes()
	}
}

// Intensity returns the MACs of a layer per byte that it moves, 0 where it moves nothing.
func (r *Roofline) Intensity(l Layer) float64 { return r.traffic(l).Intensity() }

// LeastTime returns the seconds that a layer takes at least.
func (r *Roofline) LeastTime(l Layer) float64 {
	return traffic.Machine{FLOPS: r.Peak, Bandwidth: r.Bandwidth}.LeastTime(r.traffic(l))
}

// traffic returns what a layer moves. Package traffic has counted the product.
func (r *Roofline) traffic(l Layer) traffic.Layer {
	return traffic.Layer{Read: l.Moved, MACs: l.MACs * r.Batch}
}

// Seconds returns a number of seconds as a duration.
func Seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
