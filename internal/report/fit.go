package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/checked"
	"cnncalc/internal/fit"
	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
)

// Fit is the view of what fits a device.
type Fit struct {
	Title   string // the network's
	Answer  *fit.Answer
	Explain bool   // with notes on the columns, the device and how far to trust the figures
	Command string // the SPEC and the flags that change it, for a command that finds a remedy
}

// fitDocument is the answer in JSON.
type fitDocument struct {
	Schema  string             `json:"schema"`
	Network string             `json:"network"`
	Account memory.AccountName `json:"account"`
	Torch   memory.Torch       `json:"torch,omitempty"`
	Budget  fit.Budget         `json:"budget"`
	Rows    []fit.Row          `json:"rows"`
	Advice  *fit.Advice        `json:"advice,omitempty"`
	Checked []string           `json:"checked"`
}

// Document returns the answer for programs.
func (v *Fit) Document() any {
	q := v.Answer.Query
	d := fitDocument{Schema: Schema, Network: v.Title, Account: q.Account, Budget: q.Budget, Rows: v.Answer.Rows,
		Advice: v.Answer.Advice, Checked: v.Answer.Basis}
	if q.Account == memory.PyTorchAccount {
		d.Torch = q.Torch
	}
	return d
}

// Table returns the rows of the answer.
func (v *Fit) Table(units Units) Table {
	t := Table{
		Title: v.heading(units), Columns: v.columns(), Notes: v.notes(units),
		Minor: []string{"rest", "volume_gradients", "gradients", "optimizer_state", "volumes", "parameters",
			"images_per_second_at_most", "global_batch"},
	}
	if q := v.Answer.Query; q.BySize {
		t.Minor = append(t.Minor, "batch", "memory") // of the batch that was asked for
	} else if q.IsNamed {
		t.Minor = append(t.Minor, "memory") // of the largest batch, which is close to what there is
	}
	for i := range v.Answer.Rows {
		t.Rows = append(t.Rows, v.cells(&v.Answer.Rows[i], units))
	}
	return t
}

func (v *Fit) heading(units Units) string {
	b := v.Answer.Query.Budget
	return fmt.Sprintf("%s on %s, %s of it for the network", v.Title, deviceText(&b, units), Bytes(b.Available, units))
}

// deviceText names a device and its memory: "the GeForce RTX 3060 of 12.0 GiB".
func deviceText(b *fit.Budget, units Units) string {
	device := "a device"
	if b.Device != nil {
		device = "the " + b.Device.Model
	}
	return device + " of " + BytesAsGiven(b.Memory, units)
}

// columns returns the columns of cells, in the same order.
func (v *Fit) columns() []Column {
	q := v.Answer.Query
	var columns []Column
	if q.BySize {
		columns = append(columns, right("input", "input"))
	}
	columns = append(columns, left("mode", "mode"), left("dtype", "dtype"), left("optimizer", "optimizer"))
	if q.IsSpread() {
		columns = append(columns, right("gpus", "gpus"), left("strategy", "strategy"))
	}
	if q.Batches == nil {
		columns = append(columns, right("largest_batch", "largest batch"))
		if q.IsSpread() {
			columns = append(columns, right("global_batch", "global batch"))
		}
	}
	if q.IsCurve() {
		columns = append(columns, right("batch", "batch"), right("memory", "memory"), left("fits", "fits"))
	} else {
		columns = append(columns, right("memory", "memory"))
	}
	if q.IsNamed && !q.IsCurve() {
		columns = append(columns, right("batch_memory", "batch "+plain.Count(q.Batch)), left("batch_fits", "fits"))
	}
	if v.hasPictures() {
		columns = append(columns, right("images_per_second_at_most", "images/s, at most"))
	}
	for _, g := range partGroups() {
		columns = append(columns, right(g.key, g.header))
	}
	return append(columns, right("rest", "rest"))
}

func (v *Fit) cells(row *fit.Row, units Units) []Cell {
	q := v.Answer.Query
	var cells []Cell
	if q.BySize {
		cells = append(cells, Str(row.Input))
	}
	optimizer := Str(string(row.Optimizer))
	if row.Mode == memory.Inference {
		optimizer = dash()
	}
	cells = append(cells, Str(string(row.Mode)), Str(string(row.DType)), optimizer)
	if q.IsSpread() {
		cells = append(cells, spreadCells(row.Parallel)...)
	}
	if q.Batches == nil {
		cells = append(cells, Int(row.Largest))
		if q.IsSpread() {
			cells = append(cells, globalBatch(row))
		}
	}
	if q.IsCurve() {
		cells = append(cells, Int(row.Batch), units.size(row.Bytes), Str(yesOrNo(row.Fits)))
	} else {
		cells = append(cells, units.size(row.Bytes))
	}
	if row.Named != nil {
		cells = append(cells, units.size(row.Named.Bytes), Str(yesOrNo(row.Named.Fits)))
	}
	if v.hasPictures() {
		cells = append(cells, rateCell(row.Pictures, imagesPerSecond))
	}
	return append(cells, groupCells(row.Parts, units)...)
}

// hasPictures reports whether rows say how many pictures a second the device runs at most.
func (v *Fit) hasPictures() bool {
	return slices.ContainsFunc(v.Answer.Rows, func(r fit.Row) bool { return r.Pictures > 0 })
}

// spreadCells returns the devices of a row and their strategy.
func spreadCells(p *memory.Parallel) []Cell {
	switch {
	case p == nil:
		return []Cell{Int(1), dash()}
	case p.Strategy == "":
		return []Cell{Int(p.Devices), dash()}
	}
	return []Cell{Int(p.Devices), Str(string(p.Strategy))}
}

// globalBatch returns the pictures of an update: those of all devices and passes. A batch that cannot be counted has a
// dash.
func globalBatch(row *fit.Row) Cell {
	if row.Parallel == nil {
		return Int(row.Largest)
	}
	all, err := checked.Product(row.Largest, max(1, row.Parallel.Devices), max(1, row.Parallel.Accumulate))
	if err != nil {
		return dash()
	}
	return Int(all)
}

func yesOrNo(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

// partGroup is the parts that share a column.
type partGroup struct {
	key, header string
	parts       []memory.Part
}

// partGroups returns all groups. A part that is in none counts as rest.
func partGroups() []partGroup {
	return []partGroup{
		{"parameters", "parameters", []memory.Part{memory.Parameters, memory.Masters, memory.Gathered, memory.Buffers,
			memory.WeightCasts}},
		{"gradients", "gradients", []memory.Part{memory.Gradients, memory.GradientBuckets}},
		{"optimizer_state", "state", []memory.Part{memory.State}},
		{"volumes", "volumes", []memory.Part{memory.InputBatch, memory.Targets, memory.Volumes, memory.Statistics,
			memory.Masks, memory.Indices, memory.Loss}},
		{"volume_gradients", "their gradients", []memory.Part{memory.VolumeGrads}},
	}
}

// groupCells returns the figures of the groups, and the rest.
func groupCells(parts map[memory.Part]int64, units Units) []Cell {
	rest := int64(0)
	for _, bytes := range parts {
		rest += bytes // their sum is the peak
	}
	var cells []Cell
	for _, g := range partGroups() {
		sum := int64(0)
		for _, p := range g.parts {
			sum += parts[p]
		}
		rest -= sum
		cells = append(cells, units.size(sum))
	}
	return append(cells, units.size(rest))
}

// notes returns the lines under the table.
func (v *Fit) notes(units Units) []string {
	q := v.Answer.Query
	var lines []string
	if v.Answer.Advice != nil {
		lines = append(v.adviceLines(units), "")
	}
	isZero := func(row fit.Row) bool { return row.Largest == 0 }
	if !q.IsCurve() && slices.ContainsFunc(v.Answer.Rows, isZero) {
		lines = append(lines, "Where the largest batch is 0, the memory is for one picture.")
	}
	account := "By the notes' account."
	if q.Account == memory.PyTorchAccount {
		account = fmt.Sprintf("By PyTorch's account (PyTorch %s): estimates of the peak.", q.Torch)
	}
	account += fmt.Sprintf(" Reserve: %s = %s.", q.Budget.Setting, Bytes(q.Budget.Reserve, units))
	if !v.Explain {
		return append(lines, account+" --explain says more.")
	}
	return slices.Concat(append(lines, account), partGroupLines(), budgetLines(q.Budget, units), v.Answer.Basis)
}

// partGroupLines say what the columns of parts hold.
func partGroupLines() []string {
	return []string{
		"parameters include buffers, copies and what is gathered; volumes include all else that is saved. " +
			"The rest is scratch, workspace and rounding.",
	}
}

// budgetLines say what the reserve is, and what of a device's memory is usable.
func budgetLines(b fit.Budget, units Units) []string {
	lines := []string{
		"The reserve is for the CUDA context, cuDNN and fragmentation. It is an assumption; --reserve changes it.",
	}
	if d := b.Device; d != nil && d.Usable < d.Stated {
		vendor, _, _ := strings.Cut(d.StatedBy, ":")
		lines = append(lines, fmt.Sprintf("Of the %s that %s states, %s are usable (%s).",
			Bytes(d.Stated, units), vendor, Bytes(d.Usable, units), d.UsableBy))
	}
	return lines
}

// How many parts and tensors of a batch that does not fit are named.
const (
	largestParts   = 4
	largestTensors = 3
)

// adviceLines say what does not fit, what uses the memory, and what would need less.
func (v *Fit) adviceLines(units Units) []string {
	a := v.Answer.Advice
	size := func(bytes int64) string { return Bytes(bytes, units) }
	lines := []string{v.unfitLine(units), "Its largest parts:"}
	parts := slices.SortedStableFunc(slices.Values(a.Parts),
		func(x, y memory.PartBytes) int { return cmp.Compare(y.AtPeak, x.AtPeak) })
	for _, p := range parts[:min(largestParts, len(parts))] {
		lines = append(lines, fmt.Sprintf("  %12s  %s", size(p.AtPeak), p.Part))
	}
	lines = append(lines, "Its largest tensors:")
	for _, t := range a.Peak.Alive[:min(largestTensors, len(a.Peak.Alive))] {
		lines = append(lines, fmt.Sprintf("  %12s  %s", size(t.Bytes), t.Name))
	}
	if len(a.Remedies) == 0 {
		return append(lines, "No known change reduces memory.")
	}
	lines = append(lines, "These would need less:")
	for i := range a.Remedies {
		lines = append(lines, remedyLine(a, &a.Remedies[i], units))
	}
	hasCheckpoints := slices.ContainsFunc(a.Remedies, func(r fit.Remedy) bool { return r.Kind == fit.Checkpoints })
	if hasCheckpoints && a.Parallel == nil {
		lines = append(lines, "The best checkpoints, and their PyTorch code: "+v.checkpointCommand())
	}
	if a.Others > 0 {
		lines = append(lines, fmt.Sprintf("This is one of %d that do not fit; %s choose another.", a.Others+1, v.choosers()))
	}
	return lines
}

// choosers names the flags that choose which batch that does not fit the advice is for.
func (v *Fit) choosers() string {
	flags := []string{"--mode", "--dtype"}
	last := "--optimizer"
	if p := v.Answer.Advice.Parallel; p != nil && p.Devices > 1 {
		flags, last = append(flags, last), "--strategy"
	}
	if v.Answer.Query.BySize {
		flags, last = append(flags, last), "--inputs"
	}
	return strings.Join(flags, ", ") + " and " + last
}

// checkpointCommand returns the command that finds the best checkpoints for the memory that there is.
func (v *Fit) checkpointCommand() string {
	a := v.Answer.Advice
	limit := fmt.Sprintf("%dMiB", v.Answer.Query.Budget.Available>>20)
	if v.Answer.Query.Budget.Available < 1<<20 {
		limit = fmt.Sprintf("%dB", v.Answer.Query.Budget.Available)
	}
	words := []string{"cnncalc checkpoint", v.Command}
	if v.Answer.Query.BySize {
		words = append(words, "--input-size", a.Input)
	}
	words = append(words, fmt.Sprintf("--batch %d --dtype %s --optimizer %s", a.Batch, a.DType, a.Optimizer))
	if torch := v.Answer.Query.Torch; torch != memory.Torch2CUDA {
		words = append(words, "--torch", string(torch))
	}
	return strings.Join(append(words, "--memory", limit), " ")
}

// unfitLine says which batch does not fit, and by how much.
func (v *Fit) unfitLine(units Units) string {
	a, limit := v.Answer.Advice, v.Answer.Query.Budget.Available
	what := "One picture does"
	if a.Batch > 1 {
		what = fmt.Sprintf("A batch of %s does", plain.Count(a.Batch))
	}
	how := useText(a.Options)
	if v.Answer.Query.BySize {
		how += ", input " + a.Input
	}
	return fmt.Sprintf("%s not fit in %s (%s): it takes %s, %s too much.",
		what, a.Mode, how, Bytes(a.Peak.Bytes, units), Bytes(a.Peak.Bytes-limit, units))
}

func remedyLine(a *fit.Advice, r *fit.Remedy, units Units) string {
	verdict := "fits"
	switch {
	case !r.Fits:
		verdict = "does not fit"
	case r.Batch > a.Batch:
		verdict = "fits, up to " + plain.Count(r.Batch)
	}
	line := fmt.Sprintf("  %12s  %-16s  %s", Bytes(r.Bytes, units), verdict, r.What)
	if r.Kind == fit.Checkpoints {
		line += fmt.Sprintf("; %s MACs a picture run twice, %.0f%% of a forward pass", plain.Count(r.ExtraMACs),
			percent(r.ExtraMACs, a.MACs))
	}
	return line
}

func percent(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

// Devices is the view of the devices that are known by name.
type Devices []fit.Device

type devicesDocument struct {
	Schema  string       `json:"schema"`
	Devices []fit.Device `json:"devices"`
}

// Document returns the devices for programs.
func (v Devices) Document() any { return devicesDocument{Schema, v} }

// Table returns a row for each device.
func (v Devices) Table(units Units) Table {
	t := Table{
		Columns: []Column{
			left("name", "name"), left("model", "model"), right("stated", "stated"), right("usable", "usable"),
			left("compute_capability", "compute"), left("stated_by", "stated by"), left("usable_by", "usable by"),
			right("fp32", "fp32"), right("tf32", "tf32"), right("fp16", "fp16"), right("int8", "int8"),
			right("bandwidth", "bandwidth"), right("interconnect", "interconnect"), left("rates_by", "rates by"),
		},
		Notes: []string{
			"stated is the vendor's figure, in GB of 2^30 bytes; usable is what the driver reports where that is known, " +
				"otherwise the same.",
			"compute is the CUDA compute capability: cuBLAS's workspace depends on it.",
			"Error correction and the driver take the difference. Other drivers report other figures.",
			"The rates are the vendor's at the boost clock: operations a second by type (a MAC is two; tf32, fp16 and int8 " +
				"of tensor cores, without sparsity), the memory's bandwidth, and the bandwidth to other devices, both directions " +
				"together.",
		},
		Minor: []string{"rates_by", "stated_by", "usable_by", "interconnect", "int8", "tf32", "compute_capability", "model",
			"fp16", "fp32", "bandwidth"},
	}
	for _, d := range v {
		t.Rows = append(t.Rows,
			[]Cell{Str(d.Name), Str(d.Model), units.size(d.Stated), units.size(d.Usable), Str(d.Compute),
				Str(d.StatedBy), Str(d.UsableBy), rateCell(d.Rates.FP32, FLOPS), rateCell(d.Rates.TF32, FLOPS),
				rateCell(d.Rates.FP16, FLOPS), rateCell(d.Rates.INT8, operations),
				rateCell(d.Rates.Bandwidth, Bandwidth), rateCell(d.Rates.Interconnect, Bandwidth), Str(d.RatesBy)})
	}
	return t
}

// rateCell returns a rate as text that format writes and as a number, or a dash where it is not known.
func rateCell(rate float64, format func(float64) string) Cell {
	if rate == 0 {
		return dash()
	}
	return Cell{Text: format(rate), Value: rate}
}

// operations formats a rate of integer arithmetic.
func operations(rate float64) string { return decimalPrefix(rate) + "OP/s" }
