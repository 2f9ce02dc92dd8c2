package study

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/figure"
	"cnncalc/internal/fit"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/network"
	"cnncalc/internal/numeral"
	"cnncalc/internal/plain"
	"cnncalc/internal/traffic"
)

// Settings are what a network is studied with, in the notation of the command line. An empty one has its default, as
// the document's Settings say.
type Settings struct {
	Set       map[string]string `json:"set,omitempty"`       // variables: "64", or "2,2,3" for a list
	InputSize string            `json:"inputSize,omitempty"` // "384", "640x480", or of several "left=384 right=9"
	Until     string            `json:"until,omitempty"`     // the node or value that a model ends with
	Freeze    []string          `json:"freeze,omitempty"`    // patterns of layers and parameters
	Batch     int64             `json:"batch,omitempty"`     // pictures
	Mode      string            `json:"mode,omitempty"`
	DType     string            `json:"dtype,omitempty"`
	Optimizer string            `json:"optimizer,omitempty"` // in training
	Torch     string            `json:"torch,omitempty"`
	Device    string            `json:"device,omitempty"`    // its name or its memory, "12GiB"; "" for none
	Peak      string            `json:"peak,omitempty"`      // arithmetic rate, "13TFLOP/s"
	Bandwidth string            `json:"bandwidth,omitempty"` // of memory, "200GB/s"
	Folded    []string          `json:"folded,omitempty"`    // data-block of what is a single box in the graph
	// DrawsFolded has the document also have the graph with all blocks as single boxes.
	DrawsFolded bool `json:"-"`
}

// With returns the settings with options of a network in place of their own.
func (s Settings) With(o graph.Options) Settings {
	s.Set, s.InputSize, s.Freeze, s.Until = map[string]string{}, "", o.Freeze, o.Until
	for name, values := range o.Vars {
		texts := make([]string, len(values))
		for i, v := range values {
			texts[i] = strconv.FormatInt(v, 10)
		}
		s.Set[name] = strings.Join(texts, ",")
	}
	var sizes []string
	if o.InputWidth > 0 {
		sizes = append(sizes, sizeText(graph.Shape{W: o.InputWidth, H: o.InputHeight, D: o.InputDepth}))
	}
	for _, name := range slices.Sorted(maps.Keys(o.Inputs)) {
		sizes = append(sizes, name+"="+sizeText(o.Inputs[name]))
	}
	s.InputSize = strings.Join(sizes, " ")
	return s
}

// sizeText writes a size as people do, without the depth where it is the file's.
func sizeText(s graph.Shape) string {
	if s.D == 0 {
		return fmt.Sprintf("%dx%d", s.W, s.H)
	}
	return s.String()
}

// maxBatch bounds the batch: pictures that no device holds.
const maxBatch = 1 << 30

// withDefaults fills in what is empty.
func (s Settings) withDefaults() Settings {
	s.Batch = cmp.Or(s.Batch, 1)
	s.Mode = cmp.Or(s.Mode, string(memory.Training))
	s.DType = cmp.Or(s.DType, string(memory.FP32))
	s.Torch = cmp.Or(s.Torch, string(memory.Torch2CUDA))
	s.Peak = cmp.Or(s.Peak, traffic.AssumedPeak)
	s.Bandwidth = cmp.Or(s.Bandwidth, traffic.AssumedBandwidth)
	if s.Mode == string(memory.Training) {
		s.Optimizer = cmp.Or(s.Optimizer, string(memory.DefaultOptimizer))
	} else {
		s.Optimizer = ""
	}
	return s
}

// Check returns an error for settings that mean nothing for any network. It begins with the setting's name.
func (s Settings) Check() error {
	p := &plan{Settings: s.withDefaults()}
	for _, read := range []func(*network.File) error{p.readFreeze, p.readUse, p.readDevice} {
		if err := read(nil); err != nil {
			return err
		}
	}
	return nil
}

// plan is settings as the accounts take them.
type plan struct {
	Settings
	network graph.Options
	use     figure.Use
}

// read reads settings, for a file that may lack some of the variables and inputs: those are left out, since a person
// who is typing may just have taken them away. The error says which setting is wrong.
func (s Settings) read(f *network.File) (*plan, error) {
	p := &plan{Settings: s.withDefaults()}
	p.network = graph.Options{Vars: map[string][]int64{}, Inputs: map[string]graph.Shape{}, Freeze: s.Freeze,
		Until: s.Until}
	for _, read := range []func(*network.File) error{p.readVariables, p.readInputSizes, p.readFreeze, p.readUse,
		p.readDevice} {
		if err := read(f); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Options returns what the settings change of a file's network.
func (s Settings) Options(f *network.File) (graph.Options, error) {
	p, err := s.read(f)
	if err != nil {
		return graph.Options{}, err
	}
	return p.network, nil
}

func (p *plan) readVariables(f *network.File) error {
	known := f.Variables()
	p.Set = maps.Clone(p.Set)
	for _, name := range slices.Sorted(maps.Keys(p.Set)) {
		if !slices.Contains(known, name) {
			delete(p.Set, name)
			continue
		}
		for text := range strings.SplitSeq(p.Set[name], ",") {
			n, err := numeral.Int(strings.TrimSpace(text))
			if err != nil {
				return fmt.Errorf("set: %s is not a whole number", plain.Quote(text))
			}
			p.network.Vars[name] = append(p.network.Vars[name], n)
		}
	}
	if f.Unknown(p.network) != nil { // a list in place of a number, or of another length
		p.network.Vars, p.Set = map[string][]int64{}, nil
	}
	return nil
}

func (p *plan) readInputSizes(f *network.File) error {
	for _, size := range strings.Fields(p.InputSize) {
		if err := network.AddInputSize(&p.network, size); err != nil {
			return fmt.Errorf("inputSize %w", err)
		}
	}
	if f.UnknownInput(p.network) != nil {
		p.InputSize, p.network.Inputs = "", map[string]graph.Shape{}
		p.network.InputWidth, p.network.InputHeight, p.network.InputDepth = 0, 0, 0
	}
	return nil
}

func (p *plan) readFreeze(*network.File) error {
	if len(p.Freeze) > graph.MaxFrozen {
		return fmt.Errorf("freeze takes at most %d patterns", graph.MaxFrozen)
	}
	for _, text := range p.Freeze {
		if err := (graph.FrozenPattern{Text: text}).Check(); err != nil {
			return fmt.Errorf("freeze: %w", err)
		}
	}
	return nil
}

// readUse reads the options of the accounts.
func (p *plan) readUse(*network.File) error {
	o := &p.use.Options
	machine := &traffic.Machine{}
	p.use.Account, p.use.Machine, p.use.Threads = memory.PyTorchAccount, machine, 1
	for _, err := range []error{
		parse("mode", p.Mode, &o.Mode, memory.ParseMode),
		parse("dtype", p.DType, &o.DType, memory.ParseDType),
		parse("torch", p.Torch, &o.Torch, memory.ParseTorch),
		parse("optimizer", p.Optimizer, &o.Optimizer, memory.ParseOptimizer),
		parse("peak", p.Peak, &machine.FLOPS, numeral.FLOPS),
		parse("bandwidth", p.Bandwidth, &machine.Bandwidth, numeral.Bandwidth),
	} {
		if err != nil {
			return err
		}
	}
	if p.Batch < 1 || p.Batch > maxBatch {
		return fmt.Errorf("batch must be from 1 to %d, not %d", maxBatch, p.Batch)
	}
	if err := o.Check(); err != nil {
		return fmt.Errorf("dtype: %w", err)
	}
	return nil
}

// parse reads the value of a setting into to; "" leaves it as it is.
func parse[T any](setting, value string, to *T, read func(string) (T, error)) error {
	if value == "" {
		return nil
	}
	parsed, err := read(value)
	if err != nil {
		return fmt.Errorf("%s: %w", setting, err)
	}
	*to = parsed
	return nil
}

// readDevice reads the device, if there is one, with the usual reserve.
func (p *plan) readDevice(*network.File) error {
	if p.Device == "" {
		return nil
	}
	var device *fit.Device
	bytes, err := numeral.Bytes(p.Device)
	if err != nil {
		known, unknown := fit.FindDevice(p.Device, "and a size such as 12GiB will do")
		if unknown != nil {
			return fmt.Errorf("device: %w", unknown)
		}
		device, bytes = &known, known.Usable
		p.use.Options.ComputeMajor = known.ComputeMajor()
	}
	budget, err := budgetOf(device, bytes)
	if err != nil {
		return fmt.Errorf("device: %w", err)
	}
	p.use.Budget = &budget
	return nil
}

// budgetOf returns what a device has for a network, with the usual reserve.
func budgetOf(device *fit.Device, bytes int64) (fit.Budget, error) {
	reserve, err := fit.ParseReserve(fit.DefaultReserve, bytes)
	if err != nil {
		return fit.Budget{}, err
	}
	return fit.NewBudget(device, bytes, reserve, fit.DefaultReserve)
}
