package memory

import (
	"cmp"
	"slices"
)

// Account is what a batch takes in PyTorch. All sizes are in bytes.
type Account struct {
	Batch   int64
	Options Options
	Parts   []PartBytes // those that there are
	Peak    PeakBytes
	// Reserved is an estimate of the segments that PyTorch's allocator reserves for what is allocated, see
	// PyTorch.Reserved.
	Reserved int64
	Saved    SavedBytes  // what autograd keeps for the backward pass; zero in inference
	Volumes  VolumePeaks // of an inference
	// SavedExact reports whether Saved and Volumes are exact.
	SavedExact bool
	Layers     []LayerBytes // by node
	// Estimates lists layers without a counterpart in PyTorch, Warnings what PyTorch would refuse or compute differently.
	Estimates, Warnings []string
}

// PartBytes is one part of an account.
type PartBytes struct {
	Part   Part  `json:"part"`
	Most   int64 `json:"most" jsonschema:"the most that is alive of it at once"`
	AtPeak int64 `json:"at_peak" jsonschema:"what of it is alive at the peak; the sum over the parts is the peak"`
	Exact  bool  `json:"exact" jsonschema:"else it is an estimate"`
}

// PeakBytes is the moment at which the most is alive.
type PeakBytes struct {
	Bytes int64        `json:"bytes"`
	Phase Phase        `json:"phase"`
	Name  string       `json:"name" jsonschema:"of the layer, or of what else runs then"`
	Alive []AliveBytes `json:"alive" jsonschema:"the largest tensors first"`
	Exact bool         `json:"exact"`
}

// AliveBytes is one tensor that is alive.
type AliveBytes struct {
	Name  string `json:"name"`
	Part  Part   `json:"part"`
	Bytes int64  `json:"bytes"`
}

// LayerBytes is what one layer takes.
type LayerBytes struct {
	Output     int64 `json:"volume" jsonschema:"of its own: nothing where it works in place or is a view"`
	Parameters int64 `json:"parameters"`
	Saved      int64 `json:"saved" jsonschema:"what autograd keeps for it and for no layer before it"`
	Forward    int64 `json:"forward" jsonschema:"alive when the layer has run forward"`
	Backward   int64 `json:"backward" jsonschema:"alive when it has run backward, 0 where it does not"`
}

// maxAlive is how many tensors of a peak are named.
const maxAlive = 10

// Account returns all figures for a batch.
func (m *PyTorch) Account(batch int64) (*Account, error) {
	p, err := m.pass(batch)
	if err != nil {
		return nil, err
	}
	a := &Account{Batch: batch, Options: m.options, Estimates: p.estimates, Warnings: p.warnings}
	a.Layers, a.SavedExact = m.layers(p, batch), p.isExact(Volumes)
	if m.options.Mode == Training {
		a.Saved = p.savedBytes(batch)
	} else {
		a.Volumes = p.volumePeaks(batch)
	}
	m.fillPeak(a, p)
	a.Reserved = m.reserved(p, batch)
	return a, nil
}

// Layers returns what each layer takes, as Account does, in less time.
func (m *PyTorch) Layers(batch int64) ([]LayerBytes, error) {
	p, err := m.pass(batch)
	if err != nil {
		return nil, err
	}
	return m.layers(p, batch), nil
}

// AtPeak returns the peak of a batch and what of each part is alive then, as Account does, in less time.
func (m *PyTorch) AtPeak(batch int64) (peak int64, parts map[Part]int64, err error) {
	p, err := m.pass(batch)
	if err != nil {
		return 0, nil, err
	}
	at := m.peakMoment(p, batch)
	return at.bytes, m.partsAt(p, batch, at, p.aliveAt(at.event)), nil
}

// AliveAtPeak returns every tensor that is alive at the peak of a batch, by part. What is needed besides tensors while
// a step runs is one of them.
func (m *PyTorch) AliveAtPeak(batch int64) ([]AliveBytes, error) {
	p, err := m.pass(batch)
	if err != nil {
		return nil, err
	}
	at := m.peakMoment(p, batch)
	var alive []AliveBytes
	for _, id := range p.aliveAt(at.event) {
		t := &p.tensors[id]
		if bytes := t.size.at(batch); bytes > 0 {
			alive = append(alive, AliveBytes{t.name(p.network.Graph), t.part, bytes})
		}
	}
	if m.options.Mode == Training {
		alive = append(alive, m.stateTensors(p)...)
	}
	if at.scratch > 0 {
		alive = append(alive, m.scratchTensors(p, at)...)
	}
	order := parts()
	slices.SortStableFunc(alive, func(x, y AliveBytes) int {
		return cmp.Compare(slices.Index(order, x.Part), slices.Index(order, y.Part))
	})
	return alive, nil
}

// stateTensors returns the tensors of the optimizer's state.
func (m *PyTorch) stateTensors(p *pass) []AliveBytes {
	rule := m.options.Optimizer.rule()
	var state []AliveBytes
	for _, id := range p.updated() {
		t := &p.tensors[id]
		name := t.name(p.network.Graph) + " state"
		for range rule.copies {
			state = append(state, AliveBytes{name, State, t.size.once})
		}
		for range rule.scalars {
			if m.options.Torch != Torch2CUDA { // which keeps them on the CPU
				state = append(state, AliveBytes{name, State, 4})
			}
		}
	}
	return state
}

// scratchTensors returns what is needed at a moment: in the update of PyTorch 2 copies of all gradients, else one
// piece.
func (m *PyTorch) scratchTensors(p *pass, at moment) []AliveBytes {
	if at.step.Phase != Update || m.options.Torch != Torch2CUDA {
		return []AliveBytes{{at.step.Name, Scratch, at.scratch}}
	}
	var copies []AliveBytes
	if p.flatGradient > 0 {
		copies = append(copies, AliveBytes{"flat gradient", Scratch, p.flatGradient})
	}
	for _, id := range p.updated() {
		for range m.options.Optimizer.rule().foreach {
			t := &p.tensors[id]
			copies = append(copies, AliveBytes{t.name(p.network.Graph) + " gradient", Scratch, t.size.once})
		}
	}
	return copies
}

// moment is where a peak is.
type moment struct {
	bytes   int64
	event   int
	step    Moment
	scratch int64 // what is needed then in addition to tensors
}

func (m *PyTorch) peakMoment(p *pass, batch int64) moment {
	bytes, at, end := p.peak(batch)
	peak := moment{bytes: bytes + m.update.rounded, event: at, step: p.stepAt(at)}
	if e := p.events[at]; e.kind == eventNeed {
		peak.scratch = p.needed(e.index, batch)
	}
	if end+m.update.scratch > bytes {
		return moment{end + m.update.scratch + m.update.rounded, len(p.events) - 1,
			Moment{Phase: Update, Name: string(m.options.Optimizer)}, m.update.scratch}
	}
	return peak
}

// partsAt adds up what is alive at a moment.
func (m *PyTorch) partsAt(p *pass, batch int64, at moment, alive []int) map[Part]int64 {
	parts := map[Part]int64{Scratch: at.scratch, State: m.update.state}
	for _, id := range alive {
		parts[p.tensors[id].part] += p.tensors[id].size.at(batch)
	}
	rest := at.bytes
	for _, bytes := range parts {
		rest -= bytes
	}
	parts[Rounding] = rest
	return parts
}

// fillPeak finds the peak, what is alive then, and the most of every part.
func (m *PyTorch) fillPeak(a *Account, p *pass) {
	at := m.peakMoment(p, a.Batch)
	a.Peak = PeakBytes{Bytes: at.bytes, Phase: at.step.Phase, Name: at.step.Name, Exact: p.isExact(Scratch)}
	alive := p.aliveAt(at.event)
	atPeak, most := m.partsAt(p, a.Batch, at, alive), p.mostOfParts(a.Batch)
	most[Scratch], most[State], most[Rounding] = max(most[Scratch], m.update.scratch), m.update.state, atPeak[Rounding]
	a.Peak.Alive = p.largest(alive, a.Batch, AliveBytes{string(Scratch), Scratch, at.scratch},
		AliveBytes{string(State), State, m.update.state})
	for _, part := range parts() {
		if most[part] > 0 {
			a.Parts = append(a.Parts, PartBytes{part, most[part], atPeak[part], p.isExact(part)})
		}
	}
}

// largest returns the largest tensors, and these others where they are larger.
func (p *pass) largest(alive []int, batch int64, others ...AliveBytes) []AliveBytes {
	slices.SortFunc(alive, func(x, y int) int {
		return cmp.Or(cmp.Compare(p.tensors[y].size.at(batch), p.tensors[x].size.at(batch)), cmp.Compare(x, y))
	})
	var list []AliveBytes
	for _, id := range alive[:min(len(alive), maxAlive)] {
		t := p.tensors[id]
		list = append(list, AliveBytes{t.name(p.network.Graph), t.part, t.size.at(batch)})
	}
	for _, o := range others {
		if o.Bytes > 0 {
			list = append(list, o)
		}
	}
	slices.SortStableFunc(list, func(x, y AliveBytes) int { return cmp.Compare(y.Bytes, x.Bytes) })
	return slices.Clip(list[:min(len(list), maxAlive)])
}

// mostOfParts returns the most that is alive of every part at once, without rounding.
func (p *pass) mostOfParts(batch int64) map[Part]int64 {
	now, most := map[Part]int64{}, map[Part]int64{Workspace: p.lasting(batch)}
	for _, e := range p.events {
		switch e.kind {
		case eventTake:
			t := &p.tensors[e.index]
			now[t.part] += t.size.at(batch)
			most[t.part] = max(most[t.part], now[t.part])
		case eventFree:
			t := &p.tensors[e.index]
			now[t.part] -= t.size.at(batch)
		case eventNeed:
			most[Scratch] = max(most[Scratch], p.needed(e.index, batch))
		}
	}
	return most
}

// aliveAt returns the tensors that are alive after an event.
func (p *pass) aliveAt(at int) []int {
	alive := make([]bool, len(p.tensors))
	for id := range alive {
		alive[id] = p.isLasting(id)
	}
	for _, e := range p.events[:at+1] {
		if e.kind == eventTake || e.kind == eventFree {
			alive[e.index] = e.kind == eventTake
		}
	}
	var ids []int
	for id, is := range alive {
		if is {
			ids = append(ids, id)
		}
	}
	return ids
}

// stepAt returns the step that an event belongs to.
func (p *pass) stepAt(at int) Moment {
	for _, e := range p.events[at:] {
		if e.kind == eventStep {
			return p.steps[e.index]
		}
	}
	return p.steps[len(p.steps)-1]
}

// isExact reports whether a part's figure is exact under the options. What arithmetic alone gives always is. What
// autograd saves is exact for float32 in PyTorch 1.13 on the CPU, where it was measured. How much more the kernels need
// is up to them, so scratch is always an estimate, and so is the peak.
func (p *pass) isExact(part Part) bool {
	switch part {
	case Buffers, InputBatch, Targets:
		return p.options.DType != INT8
	case Parameters, Gradients, GradientBuckets:
		return p.options.DType != INT8 && !p.options.Parallel.isFromSource()
	case Scratch, Workspace, Rounding:
		return false
	}
	return p.options.Torch == Torch113CPU && p.options.DType == FP32 && len(p.estimates) == 0
}

func (m *PyTorch) layers(p *pass, batch int64) []LayerBytes {
	layers := make([]LayerBytes, len(p.network.Nodes))
	seen := make([]bool, len(p.tensors))
	for i := range layers {
		l := &layers[i]
		if !p.shares[i] && p.output[i] != none {
			l.Output = p.tensors[p.output[i]].size.at(batch)
		}
		for _, id := range p.saved[i] {
			if !seen[id] {
				seen[id] = true
				l.Saved += p.tensors[id].size.at(batch)
			}
		}
		for _, id := range p.weights[i] {
			if t := p.tensors[id]; t.part == Parameters && t.node == i {
				l.Parameters += t.size.once
			}
		}
	}
	for _, s := range m.timeline(p, batch) {
		switch {
		case s.Node == none:
		case s.Phase == Forward:
			layers[s.Node].Forward = s.Live
		default:
			layers[s.Node].Backward = s.Live
		}
	}
	return layers
}

// VolumePeaks is the largest sum of volumes that are alive at once in an inference in which each is released after its
// last reader, whatever modules hold it, and the layer that runs then:
// Freed if the input is released after its last reader, Kept if the caller holds it throughout. Parameters and
// scratch are not in it.
type VolumePeaks struct {
	Freed VolumePeak `json:"input_freed"`
	Kept  VolumePeak `json:"input_kept"`
}

// VolumePeak is one such sum.
type VolumePeak struct {
	Bytes int64  `json:"bytes"`
	Name  string `json:"name"`
	Node  int    `json:"-"`
}

func (p *pass) volumePeaks(batch int64) VolumePeaks {
	inputs := make([]int64, len(p.network.Inputs))
	kept := int64(0)
	for k, in := range p.network.Inputs {
		inputs[k] = p.tensors[p.output[in]].size.at(batch)
		kept += inputs[k]
	}
	volumes, step := int64(0), 0
	unread := make([]bool, len(p.tensors))
	var peaks VolumePeaks
	for i, e := range p.events {
		switch {
		case e.kind == eventStep:
			step = min(e.index+1, len(p.steps)-1)
		case e.kind == eventNeed || p.tensors[e.index].part != Volumes:
		case e.kind == eventFree || e.kind == eventUnread:
			if unread[e.index] {
				continue
			}
			unread[e.index] = true
			volumes -= p.tensors[e.index].size.at(batch)
		default:
			volumes += p.tensors[e.index].size.at(batch)
			freed := volumes
			for k, input := range inputs {
				if i < p.inputRead[k] {
					freed += input
				}
			}
			peaks.Freed.raise(freed, p.steps[step])
			peaks.Kept.raise(volumes+kept, p.steps[step])
		}
	}
	return peaks
}

func (v *VolumePeak) raise(bytes int64, at Moment) {
	if bytes > v.Bytes {
		*v = VolumePeak{Bytes: bytes, Name: at.Name, Node: at.Node}
	}
}
