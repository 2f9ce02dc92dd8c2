package budget

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"cnncalc/internal/choice"
	"cnncalc/internal/diag"
	"cnncalc/internal/figure"
	"cnncalc/internal/fit"
	"cnncalc/internal/graph"
	"cnncalc/internal/kernel"
	"cnncalc/internal/memory"
	"cnncalc/internal/numeral"
	"cnncalc/internal/plain"
	"cnncalc/internal/traffic"
)

// The keys of a limit. Others are those of the figure's settings.
const (
	maxKey = graph.BudgetMax
	minKey = "min"
)

// keysOf returns the keys that a setting of a figure is written with.
func keysOf(s figure.Setting) []string {
	switch s {
	case figure.Device:
		return []string{"device", "memory", "reserve"}
	case figure.Rates:
		return []string{"flops", "bandwidth"}
	}
	return []string{string(s)}
}

// keys returns all keys of a limit of the figure.
func keys(f figure.Figure) []string {
	all := []string{maxKey, minKey}
	for _, s := range f.Takes {
		all = append(all, keysOf(s)...)
	}
	return all
}

// Read reads the limits of a budget, and returns what is wrong with it.
func Read(items []graph.BudgetItem) ([]Limit, diag.List) {
	var limits []Limit
	var problems diag.List
	for _, item := range items {
		more, wrong := readItem(item)
		limits = append(limits, more...)
		problems = append(problems, wrong...)
	}
	return limits, problems
}

// reader reads one item of a budget.
type reader struct {
	item     graph.BudgetItem
	figure   figure.Figure
	use      figure.Use
	batch    int64
	bounds   []Limit
	device   *fit.Device
	memory   int64
	reserve  string
	flops    float64
	moves    float64 // bytes a second
	problems diag.List
}

func readItem(item graph.BudgetItem) ([]Limit, diag.List) {
	f, err := figure.Find(item.Figure)
	if err != nil {
		return nil, diag.List{*unknownFigure(item)}
	}
	r := &reader{item: item, figure: f, batch: 1, reserve: fit.DefaultReserve, use: figure.Use{
		Account: memory.PyTorchAccount, Threads: 1,
		Options: memory.Options{Torch: memory.Torch2CUDA, DType: memory.FP32, Optimizer: memory.DefaultOptimizer},
	}}
	for _, s := range item.Settings {
		r.setting(s)
	}
	if len(r.problems) == 0 {
		r.combine()
	}
	if len(r.problems) > 0 {
		return nil, r.problems
	}
	for i := range r.bounds {
		r.bounds[i].Use, r.bounds[i].Batch, r.bounds[i].For = &r.use, r.batch, r.purpose()
	}
	return r.bounds, nil
}

func unknownFigure(item graph.BudgetItem) *diag.Problem {
	p := diag.ErrorfAt(item.Pos, "budget/figure", "there is no figure called %s", plain.Quote(item.Figure))
	if p.Hint = diag.DidYouMean(item.Figure, figure.Names()); p.Hint == "" {
		p.Hint = "choose from " + strings.Join(figure.Names(), ", ")
	}
	return p
}

// purpose returns the settings as written, without the bounds.
func (r *reader) purpose() string {
	var parts []string
	for _, s := range r.item.Settings {
		if s.Key != maxKey && s.Key != minKey {
			parts = append(parts, s.Key+" "+s.Value)
		}
	}
	return strings.Join(parts, ", ")
}

// setting reads one setting.
func (r *reader) setting(s graph.BudgetSetting) {
	if known := keys(r.figure); !slices.Contains(known, s.Key) {
		p := r.problems.Add(s.Pos, "budget/setting", "%s does not take %s", r.figure.Name, plain.Quote(s.Key))
		if p.Hint = diag.DidYouMean(s.Key, known); p.Hint == "" {
			p.Hint = "it takes " + strings.Join(known, ", ")
		}
		return
	}
	if err := r.value(s); err != nil {
		r.problems.Add(s.ValuePos, "budget/value", "%s: %v", s.Key, err)
	}
}

// value reads the value of a setting that the figure takes.
func (r *reader) value(s graph.BudgetSetting) (err error) {
	o := &r.use.Options
	switch s.Key {
	case maxKey:
		err = r.bound(s, figure.AtMost)
	case minKey:
		err = r.bound(s, figure.AtLeast)
	case "batch":
		r.batch, err = atLeastOne(s.Value)
	case "threads":
		var threads int64
		threads, err = atLeastOne(s.Value)
		if err == nil && threads > kernel.MaxThreads {
			err = fmt.Errorf("at most %d threads", kernel.MaxThreads)
		}
		r.use.Threads = int(threads)
	case "account":
		r.use.Account, err = memory.ParseAccountName(s.Value)
	case "mode":
		o.Mode, err = memory.ParseMode(s.Value)
	case "dtype":
		o.DType, err = memory.ParseDType(s.Value)
	case "optimizer":
		o.Optimizer, err = memory.ParseOptimizer(s.Value)
	case "torch":
		o.Torch, err = memory.ParseTorch(s.Value)
	case "device":
		var d fit.Device
		d, err = fit.FindDevice(s.Value, "memory takes any size")
		r.device = &d
	case "memory":
		r.memory, err = numeral.Bytes(s.Value)
	case "reserve":
		r.reserve = s.Value
		_, err = fit.ParseReserve(s.Value, math.MaxInt64)
	case "flops":
		r.flops, err = numeral.FLOPS(s.Value)
	case "bandwidth":
		r.moves, err = numeral.Bandwidth(s.Value)
	}
	return err
}

func (r *reader) bound(s graph.BudgetSetting, relation figure.Relation) error {
	value, err := r.figure.Unit.Parse(s.Value)
	r.bounds = append(r.bounds, Limit{
		Limit: figure.Limit{Figure: r.figure, Relation: relation, Bound: value, Written: s.Value}, Pos: s.ValuePos,
	})
	return err
}

func atLeastOne(text string) (int64, error) {
	n, err := numeral.Int(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%s is not a whole number of 1 or more", plain.Quote(text))
	}
	return n, nil
}

// combine checks what the settings say together.
func (r *reader) combine() {
	if err := r.checkBounds(); err != nil {
		r.problems.Add(r.item.Pos, "budget/limit", "%s: %v", r.figure.Name, err)
		return
	}
	for _, check := range []func() error{r.checkMode, r.checkAccount, r.setDevice, r.setRates} {
		if err := check(); err != nil {
			r.problems.Add(r.item.Pos, "budget/setting", "%s: %v", r.figure.Name, err)
			return
		}
	}
}

func (r *reader) checkBounds() error {
	if len(r.bounds) == 0 {
		return fmt.Errorf("it has neither max nor min")
	}
	if len(r.bounds) == 2 {
		low, high := r.bounds[0], r.bounds[1]
		if low.Relation == figure.AtMost {
			low, high = high, low
		}
		if low.Bound > high.Bound {
			return fmt.Errorf("min %s is more than max %s", low.Written, high.Written)
		}
	}
	return nil
}

func (r *reader) takes(s figure.Setting) bool { return slices.Contains(r.figure.Takes, s) }

// isGiven reports whether the item has the key.
func (r *reader) isGiven(key string) bool {
	return slices.ContainsFunc(r.item.Settings, func(s graph.BudgetSetting) bool { return s.Key == key })
}

// checkMode checks the mode of the figures that have one, and sets that of the others.
func (r *reader) checkMode() error {
	mode := &r.use.Options.Mode
	isRun := r.use.Account == memory.RunAccount
	switch {
	case !r.takes(figure.Mode) && strings.HasPrefix(r.figure.Name, "inference"), isRun && *mode == "":
		*mode = memory.Inference
	case !r.takes(figure.Mode):
		*mode = memory.Training
	case *mode == "":
		return fmt.Errorf("write the mode: %s", choice.List(memory.Modes()))
	case isRun && *mode != memory.Inference:
		return fmt.Errorf("account cnncalc is for inference: account pytorch has training")
	}
	if r.isGiven("optimizer") && *mode == memory.Inference {
		return fmt.Errorf("optimizer is for mode training")
	}
	return nil
}

// checkAccount checks what an account does not have.
func (r *reader) checkAccount() error {
	account, o := r.use.Account, r.use.Options
	isNotes := strings.HasPrefix(r.figure.Name, "notes_") || account == memory.NotesAccount
	switch {
	case account == memory.RunAccount && r.takes(figure.Device):
		return fmt.Errorf("account cnncalc has no devices: choose pytorch or notes")
	case account == memory.RunAccount && (o.DType != memory.FP32 || r.isGiven("torch")):
		return fmt.Errorf("account cnncalc computes in fp32, without PyTorch: leave out dtype and torch")
	case account != memory.RunAccount && r.takes(figure.Account) && r.isGiven("threads"):
		return fmt.Errorf("threads is for account cnncalc")
	case isNotes && r.isGiven("torch"):
		return fmt.Errorf("torch is for account pytorch")
	case isNotes:
		return o.DType.CheckNotes()
	case r.takes(figure.Torch):
		return o.Check()
	}
	return nil
}

// setDevice sets the memory that is there for the network.
func (r *reader) setDevice() error {
	if !r.takes(figure.Device) {
		return nil
	}
	bytes := r.memory
	switch {
	case r.device != nil && r.isGiven("memory"):
		return fmt.Errorf("device and memory both give the memory: use one of them")
	case r.device != nil:
		bytes = r.device.Usable
		r.use.Options.ComputeMajor = r.device.ComputeMajor()
	case !r.isGiven("memory"):
		return fmt.Errorf("write the device: device: rtx3060, or memory: 12GiB")
	}
	reserve, err := fit.ParseReserve(r.reserve, bytes)
	if err != nil {
		return err
	}
	budget, err := fit.NewBudget(r.device, bytes, reserve, r.reserve)
	if err != nil {
		return fmt.Errorf("reserve %w", err)
	}
	r.use.Budget = &budget
	return nil
}

// setRates sets how fast the machine is.
func (r *reader) setRates() error {
	if !r.takes(figure.Rates) {
		return nil
	}
	if !r.isGiven("flops") || !r.isGiven("bandwidth") {
		return fmt.Errorf("write the rates of the machine: flops: 13TFLOP/s, bandwidth: 360GB/s")
	}
	r.use.Machine = &traffic.Machine{FLOPS: r.flops, Bandwidth: r.moves}
	return nil
}

// JSONSchema returns the schema of a budget, for editors.
func JSONSchema() map[string]any {
	type schema = map[string]any
	scalar := schema{"type": []string{"string", "integer"}}
	properties := schema{}
	for _, f := range figure.All() {
		fields := schema{}
		for _, key := range keys(f) {
			fields[key] = scalar
		}
		limit := schema{"type": "object", "properties": fields, "additionalProperties": false, "minProperties": 1}
		one := schema{"anyOf": []any{scalar, limit}}
		several := schema{"type": "array", "items": one, "minItems": 1}
		properties[f.Name] = schema{"description": f.What, "anyOf": []any{scalar, limit, several}}
	}
	return schema{"type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1}
}

// FileJSONSchema returns the schema of a file of budgets (JSON Schema, draft 2020-12).
func FileJSONSchema() map[string]any {
	type schema = map[string]any
	networks := schema{"type": "object", "additionalProperties": JSONSchema(), "minProperties": 1,
		"description": "patterns of files and built-in networks, with their budgets"}
	return schema{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "cnncalc budgets", "type": "object",
		"properties": schema{"networks": networks}, "required": []string{"networks"}, "additionalProperties": false,
	}
}
