package report

import (
	"fmt"

	"cnncalc/internal/memory"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
	"cnncalc/internal/traffic"
)

// Step is the view of what a step moves and computes layer by layer, and the least time that it takes on a device.
type Step struct {
	Title   string
	Network *shape.Network
	Step    *traffic.Step
	Rates   traffic.Rates
	Device  string // its model, "" where the rates are given by hand
	RatesBy string // the source of the device's rates
	More    bool   // with the columns that --columns chooses from in addition
}

// stepDocument is a step in JSON: bytes, counts, and lower bounds in seconds.
type stepDocument struct {
	Schema    string           `json:"schema"`
	Network   string           `json:"network"`
	Batch     int64            `json:"batch" jsonschema:"of a device"`
	Mode      memory.Mode      `json:"mode"`
	DType     memory.DType     `json:"dtype"`
	Optimizer memory.Optimizer `json:"optimizer,omitempty" jsonschema:"in training"`
	Parallel  *memory.Parallel `json:"parallel,omitempty" jsonschema:"with --gpus"`
	Device    string           `json:"device,omitempty"`
	Rates     traffic.Rates    `json:"rates"`
	Layers    []stepLayer      `json:"layers"`
	Forward   trafficCounts    `json:"forward"`
	Backward  trafficCounts    `json:"backward"`
	Update    trafficCounts    `json:"update"`
	Exchanges []exchange       `json:"exchanges,omitempty" jsonschema:"of several devices"`
	// LeastSeconds is a lower bound, of computation and of exchanges, which may overlap.
	LeastSeconds    float64 `json:"least_seconds" jsonschema:"a lower bound on the time of a step"`
	ImagesPerSecond float64 `json:"images_per_second_at_most" jsonschema:"of all devices"`
}

type stepLayer struct {
	Name     string        `json:"name"`
	Kind     string        `json:"kind"`
	Forward  trafficCounts `json:"forward"`
	Backward trafficCounts `json:"backward"`
	Bound    string        `json:"bound" jsonschema:"\"arithmetic\", \"memory\", or \"\" for a layer that moves nothing"`
}

type exchange struct {
	What         string  `json:"what"`
	Bytes        float64 `json:"bytes" jsonschema:"that a device sends at least"`
	LeastSeconds float64 `json:"least_seconds,omitempty" jsonschema:"where the rate is known"`
}

// Document returns the step for programs, with all layers.
func (v *Step) Document() any {
	s, o := v.Step, v.Step.Options
	d := stepDocument{Schema: Schema, Network: v.Title, Batch: s.Batch, Mode: o.Mode, DType: o.DType,
		Device: v.Device, Rates: v.Rates, Update: newTrafficCounts(s.Update, s.UpdateTime(v.Rates)),
		LeastSeconds: s.LeastTime(v.Rates), ImagesPerSecond: s.MostPictures(v.Rates)}
	if o.Mode == memory.Training {
		d.Optimizer = o.Optimizer
	}
	if o.Parallel.Devices > 1 {
		d.Parallel = &o.Parallel
	}
	forward, backward := s.Total()
	forwardTime, backwardTime := 0.0, 0.0
	for i := range s.Forward {
		f, b := s.LeastTimes(i, v.Rates)
		forwardTime, backwardTime = forwardTime+f, backwardTime+b
		node := &v.Network.Nodes[i]
		d.Layers = append(d.Layers, stepLayer{node.Name, node.Op.Kind(), newTrafficCounts(s.Forward[i], f),
			newTrafficCounts(s.Backward[i], b), v.bound(i)})
	}
	d.Forward, d.Backward = newTrafficCounts(forward, forwardTime), newTrafficCounts(backward, backwardTime)
	for _, e := range s.Exchanges() {
		d.Exchanges = append(d.Exchanges, exchange{e.What, e.Bytes, e.Time(v.Rates)})
	}
	return d
}

// bound says what takes longer in a layer, forward and backward together; "" where it moves nothing.
func (v *Step) bound(i int) string {
	forward, backward := v.Step.Forward[i], v.Step.Backward[i]
	bytes := forward.Bytes() + backward.Bytes() // Total has added up more
	m := v.Step.MachineFor(i, v.Rates)
	switch {
	case bytes == 0:
		return ""
	case m.IsMemoryBound(traffic.Layer{Read: bytes, MACs: forward.MACs + backward.MACs}):
		return "memory"
	}
	return "arithmetic"
}

func (v *Step) isTraining() bool { return v.Step.Options.Mode == memory.Training }

// Table returns a row for each layer that moves something, and one for the update.
func (v *Step) Table(units Units) Table {
	s := v.Step
	t := Table{
		Title: fmt.Sprintf("%s: a step, batch of %s (%s)", v.Title, plain.Count(s.Batch), describeOptions(s.Options)),
		Columns: []Column{left("name", "name"), left("layer", "layer"), right("forward", "forward"),
			right("macs", "MACs")},
		Notes: v.notes(units),
		Minor: []string{"layer", "backward_macs", "macs", "backward", "forward"},
	}
	if v.isTraining() {
		t.Columns = append(t.Columns, right("backward", "backward"), right("backward_macs", "MACs backward"))
	}
	t.Columns = append(t.Columns, left("bound", "bound by"), right("time", "time, at least"))
	if v.More {
		t.Columns = append(t.Columns, left("origin", "origin"))
	}
	for i := range s.Forward {
		if s.Forward[i].Bytes()+s.Backward[i].Bytes() == 0 {
			continue
		}
		node := &v.Network.Nodes[i]
		forward, backward := s.LeastTimes(i, v.Rates)
		t.Rows = append(t.Rows, v.row(node.Name, op.Short(node.Op), s.Forward[i], s.Backward[i], v.bound(i),
			forward+backward, originOf(node), units))
	}
	if s.Update.Bytes() > 0 {
		t.Rows = append(t.Rows, v.row("update", string(s.Options.Optimizer), traffic.Layer{}, s.Update, "memory",
			s.UpdateTime(v.Rates), "", units))
	}
	forward, backward := s.Total()
	backward.Read += s.Update.Bytes() // NewStep has added them up
	t.Footer = [][]Cell{v.row("total", "", forward, backward, "", s.ComputeTime(v.Rates), "", units)}
	return t
}

func (v *Step) row(name, layer string, forward, backward traffic.Layer, bound string, time float64, origin string,
	units Units) []Cell {
	cells := []Cell{Str(name), Str(layer), units.size(forward.Bytes()), Int(forward.MACs)}
	if v.isTraining() {
		cells = append(cells, units.size(backward.Bytes()), Int(backward.MACs))
	}
	cells = append(cells, Str(bound), seconds(time))
	if v.More {
		cells = append(cells, Str(origin))
	}
	return cells
}

// notes say what the bounds are and what they rest on.
func (v *Step) notes(units Units) []string {
	s := v.Step
	lines := []string{
		v.ratesLine(),
		fmt.Sprintf("A lower bound for the step: %s, so at most %s images a second%s.", secondsText(s.LeastTime(v.Rates)),
			imagesPerSecond(s.MostPictures(v.Rates)), v.onDevices()),
		"It holds for all MACs and bytes at these rates, one layer after another: every tensor is read and written once in " +
			"each direction, in its type, nothing is fused or still in a cache, and other arithmetic takes no time. A kernel " +
			"with fewer multiplications than MACs, such as Winograd's, can be faster.",
	}
	if v.isTraining() {
		lines = append(lines, "In the backward pass, a layer reads the gradient of its output and what autograd has saved, "+
			"and computes the gradient of its input and that of its weights. The update reads parameters, gradients and state.")
	}
	return append(lines, v.exchangeLines(units)...)
}

func (v *Step) onDevices() string {
	if devices := v.Step.Options.Parallel.Devices; devices > 1 {
		return fmt.Sprintf(" on %s devices", plain.Count(devices))
	}
	return ""
}

// ratesLine says how fast the device is.
func (v *Step) ratesLine() string {
	d := v.Step.Options.DType
	name := "The machine"
	if v.Device != "" {
		name = "The " + v.Device
	}
	rate := FLOPS
	if d == memory.INT8 {
		rate = operations
	}
	convolutions, products := v.Rates.Of(d, false), v.Rates.Of(d, true)
	arithmetic := rate(convolutions)
	if convolutions != products {
		arithmetic += fmt.Sprintf(" in TF32 for convolutions, %s for FC", rate(products))
	}
	line := fmt.Sprintf("%s: %s, %s", name, arithmetic, Bandwidth(v.Rates.Bandwidth))
	if v.RatesBy != "" {
		line += " (" + v.RatesBy + ")"
	}
	return line + "."
}

// exchangeLines say what several devices exchange.
func (v *Step) exchangeLines(units Units) []string {
	var lines []string
	for _, e := range v.Step.Exchanges() {
		line := fmt.Sprintf("%s: a device sends at least %s", e.What, Bytes(int64(e.Bytes), units))
		if v.Rates.Interconnect > 0 {
			line += fmt.Sprintf(", which takes %s at %s in each direction", secondsText(e.Time(v.Rates)),
				Bandwidth(v.Rates.Interconnect/2))
		}
		lines = append(lines, line+".")
	}
	switch {
	case lines == nil:
	case v.Rates.Interconnect == 0:
		lines = append(lines, "How fast the devices exchange it is not known: --interconnect 64GB/s gives the bandwidth.")
	default:
		lines = append(lines, "The bound is the longer of computation and exchange, which may overlap.")
	}
	return lines
}

// imagesPerSecond writes a rate with three digits, or all of a larger one.
func imagesPerSecond(rate float64) string {
	if rate < 100 || rate > 1e15 {
		return fmt.Sprintf("%.3g", rate)
	}
	return plain.Count(int64(rate))
}
