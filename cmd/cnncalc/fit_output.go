package main

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"cnncalc/internal/fit"
	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
	"cnncalc/internal/shape"
)

// fitResult is the answer to all that was asked.
type fitResult struct {
	flags  *fitFlags
	plan   fitPlan
	title  string
	rows   []fitRow
	unfit  *unfit // nil where all fit
	advice *fitAdvice
}

// fitRow is one network, mode, type and optimizer. Parts and Bytes are of Batch.
type fitRow struct {
	Input     string                `json:"input"`
	Mode      memory.Mode           `json:"mode"`
	DType     memory.DType          `json:"dtype"`
	Optimizer memory.Optimizer      `json:"optimizer,omitempty"` // in training
	Largest   int64                 `json:"largest_batch"`       // 0 where one picture does not fit
	Batch     int64                 `json:"batch"`
	Bytes     int64                 `json:"bytes"`
	Fits      bool                  `json:"fits"`
	Parts     map[memory.Part]int64 `json:"parts"` // at the peak
}

// unfit is the first network and options with which --batch does not fit.
type unfit struct {
	network *shape.Network
	options memory.Options
	model   fitModel
	others  int // that do not fit either
}

// fitAdvice is on what does not fit.
type fitAdvice struct {
	Mode      memory.Mode      `json:"mode"`
	DType     memory.DType     `json:"dtype"`
	Optimizer memory.Optimizer `json:"optimizer,omitempty"`
	Batch     int64            `json:"batch"`
	Peak      memory.PeakBytes `json:"peak"`
	Remedies  []fit.Remedy     `json:"remedies"`

	parts []memory.PartBytes
	macs  int64 // of one picture forward
}

// fitModel is an account for any batch.
type fitModel interface {
	largest(limit int64) (int64, error)
	at(batch int64) (bytes int64, parts map[memory.Part]int64, err error)
}

type pytorchModel struct{ *memory.PyTorch }

func (m pytorchModel) largest(limit int64) (int64, error) {
	batch, _, err := m.LargestBatch(limit)
	return batch, err
}

func (m pytorchModel) at(batch int64) (int64, map[memory.Part]int64, error) { return m.AtPeak(batch) }

// notesModel is the notes' account. Its parts are all alive at once.
type notesModel struct {
	network *shape.Network
	options memory.Options
}

func (m notesModel) largest(limit int64) (int64, error) {
	batch, _, err := memory.LargestBatch(1, math.MaxInt64, limit, func(batch int64) (int64, error) {
		bytes, _, err := m.at(batch)
		return bytes, err
	})
	return batch, err
}

func (m notesModel) at(batch int64) (int64, map[memory.Part]int64, error) {
	n, err := memory.NewNotes(m.network, batch, m.options.DType, m.options.Optimizer)
	parts := map[memory.Part]int64{memory.Parameters: n.Parameters, memory.InputBatch: n.ImageBatch, memory.Volumes: n.VolumesForward}
	if m.options.Mode == memory.Inference {
		return n.Inference, parts, err
	}
	parts[memory.Gradients], parts[memory.State], parts[memory.VolumeGrads] = n.Gradients, n.OptimizerCache, n.VolumesBackward
	return n.Training, parts, err
}

// ask makes the rows of a network.
func (r *fitResult) ask(n *shape.Network) error {
	var base *memory.PyTorch // of the last mode and type
	var of memory.Options
	for _, o := range r.plan.columns {
		var model fitModel = notesModel{n, o}
		if r.flags.account == pytorchAccount {
			var err error
			if base == nil || of.Mode != o.Mode || of.DType != o.DType {
				base, err = memory.NewPyTorch(n, o)
			} else {
				base, err = base.WithOptimizer(o.Optimizer)
			}
			if err != nil {
				return err
			}
			of, model = o, pytorchModel{base}
		}
		if err := r.askModel(n, o, model); err != nil {
			return err
		}
	}
	return nil
}

func (r *fitResult) askModel(n *shape.Network, o memory.Options, model fitModel) error {
	largest, err := model.largest(r.plan.budget.For)
	if err != nil {
		return fmt.Errorf("the memory is too large: %w", err)
	}
	batches := []int64{max(largest, 1)}
	switch {
	case r.flags.batches != nil:
		batches = r.flags.batches
	case r.flags.inputs != nil:
		batches = []int64{r.flags.batch}
	}
	needed, _, err := model.at(r.flags.batch)
	if err != nil {
		return err
	}
	if needed > r.plan.budget.For {
		r.refuse(n, o, model)
	}
	in := n.InputShape()
	for _, batch := range batches {
		bytes, parts, err := model.at(batch)
		if err != nil {
			return err
		}
		r.rows = append(r.rows, fitRow{
			Input: fmt.Sprintf("%dx%d", in.W, in.H), Mode: o.Mode, DType: o.DType, Optimizer: o.Optimizer,
			Largest: largest, Batch: batch, Bytes: bytes, Fits: bytes <= r.plan.budget.For, Parts: parts,
		})
	}
	return nil
}

// refuse takes down what does not fit.
func (r *fitResult) refuse(n *shape.Network, o memory.Options, model fitModel) {
	if r.unfit == nil {
		r.unfit = &unfit{network: n, options: o, model: model}
		return
	}
	r.unfit.others++
}

// advise looks for what would make --batch fit where it does not.
func (r *fitResult) advise(resize func(width, height int64) *shape.Network) error {
	if r.flags.account != pytorchAccount || r.flags.batches != nil || r.unfit == nil {
		return nil
	}
	u, batch := r.unfit, r.flags.batch
	model := u.model.(pytorchModel).PyTorch
	account, err := model.Account(batch)
	if err != nil {
		return err
	}
	remedies, err := fit.Remedies(fit.Question{Network: u.network, Options: u.options, Model: model, Batch: batch, Limit: r.plan.budget.For, Resize: resize})
	r.advice = &fitAdvice{
		Mode: u.options.Mode, DType: u.options.DType, Optimizer: u.options.Optimizer, Batch: batch, Peak: account.Peak,
		Remedies: append([]fit.Remedy{}, remedies...), parts: account.Parts, macs: u.network.Total.MACs,
	}
	return err
}

// checked says how far to trust the figures.
func (r *fitResult) checked() []string {
	if r.flags.account == notesAccount {
		return []string{"The notes' account is exact by their rules, and no measure of what a framework takes: --account pytorch is."}
	}
	a := memory.Account{Options: memory.Options{Torch: r.plan.torch, DType: memory.FP32}}
	return a.Checked()
}

// fitDocument is the answer in JSON.
type fitDocument struct {
	Schema  string       `json:"schema"`
	Network string       `json:"network"`
	Account string       `json:"account"`
	Torch   memory.Torch `json:"torch,omitempty"`
	Budget  budget       `json:"budget"`
	Rows    []fitRow     `json:"rows"`
	Advice  *fitAdvice   `json:"advice,omitempty"`
	Checked []string     `json:"checked"`
}

func (r *fitResult) document() fitDocument {
	d := fitDocument{Schema: report.Schema, Network: r.title, Account: r.flags.account, Budget: r.plan.budget, Rows: r.rows, Advice: r.advice, Checked: r.checked()}
	if r.flags.account == pytorchAccount {
		d.Torch = r.plan.torch
	}
	return d
}

// fitGroup is the parts that share a column.
type fitGroup struct {
	key, header string
	parts       []memory.Part
}

// fitGroups are all groups; what is in none is the rest.
func fitGroups() []fitGroup {
	return []fitGroup{
		{"parameters", "parameters", []memory.Part{memory.Parameters, memory.Buffers, memory.WeightCasts}},
		{"gradients", "gradients", []memory.Part{memory.Gradients}},
		{"optimizer_state", "state", []memory.Part{memory.State}},
		{"volumes", "volumes", []memory.Part{memory.InputBatch, memory.Targets, memory.Volumes, memory.Statistics, memory.Masks, memory.Indices, memory.Loss}},
		{"volume_gradients", "their gradients", []memory.Part{memory.VolumeGrads}},
	}
}

// groupCells are the figures of the groups, and the rest.
func groupCells(parts map[memory.Part]int64, units report.Units) []report.Cell {
	rest := int64(0)
	for _, bytes := range parts {
		rest += bytes // their sum is the peak
	}
	var cells []report.Cell
	for _, g := range fitGroups() {
		sum := int64(0)
		for _, p := range g.parts {
			sum += parts[p]
		}
		rest -= sum
		cells = append(cells, sizeCell(sum, units))
	}
	return append(cells, sizeCell(rest, units))
}

// table is the answer for people, and its rows for CSV.
func (r *fitResult) table() report.Table {
	right := func(key, header string) report.Column {
		return report.Column{Key: key, Header: header, Align: report.Right}
	}
	t := report.Table{Title: r.heading()}
	if r.flags.inputs != nil {
		t.Columns = append(t.Columns, right("input", "input"))
	}
	t.Columns = append(t.Columns, report.Column{Key: "mode", Header: "mode"}, report.Column{Key: "dtype", Header: "dtype"}, report.Column{Key: "optimizer", Header: "optimizer"})
	if r.flags.batches == nil {
		t.Columns = append(t.Columns, right("largest_batch", "largest batch"))
	}
	if r.flags.isCurve() {
		t.Columns = append(t.Columns, right("batch", "batch"))
	}
	t.Columns = append(t.Columns, right("memory", "memory"))
	if r.flags.isCurve() {
		t.Columns = append(t.Columns, report.Column{Key: "fits", Header: "fits"})
	}
	for _, g := range fitGroups() {
		t.Columns = append(t.Columns, right(g.key, g.header))
	}
	t.Columns = append(t.Columns, right("rest", "rest"))
	for i := range r.rows {
		t.Rows = append(t.Rows, r.cells(&r.rows[i]))
	}
	t.Notes = r.notes()
	return t
}

func (r *fitResult) cells(row *fitRow) []report.Cell {
	var cells []report.Cell
	if r.flags.inputs != nil {
		cells = append(cells, report.Str(row.Input))
	}
	optimizer := report.Str(string(row.Optimizer))
	if row.Mode == memory.Inference {
		optimizer = report.Cell{Text: "-", Value: ""}
	}
	cells = append(cells, report.Str(string(row.Mode)), report.Str(string(row.DType)), optimizer)
	if r.flags.batches == nil {
		cells = append(cells, report.Int(row.Largest))
	}
	if r.flags.isCurve() {
		cells = append(cells, report.Int(row.Batch))
	}
	cells = append(cells, sizeCell(row.Bytes, r.plan.units))
	if r.flags.isCurve() {
		cells = append(cells, report.Str(map[bool]string{true: "yes", false: "no"}[row.Fits]))
	}
	return append(cells, groupCells(row.Parts, r.plan.units)...)
}

func (r *fitResult) size(bytes int64) string { return report.Bytes(bytes, r.plan.units) }

func (r *fitResult) heading() string {
	b := r.plan.budget
	device := "a device"
	if b.Device != nil {
		device = "the " + b.Device.Model
	}
	return fmt.Sprintf("%s on %s of %s, %s of it for the network", r.title, device, r.size(b.Memory), r.size(b.For))
}

// notes are the lines under the table.
func (r *fitResult) notes() []string {
	b := r.plan.budget
	var lines []string
	if r.advice != nil {
		lines = append(r.adviceLines(), "")
	}
	account := "By the notes' account."
	if r.flags.account == pytorchAccount {
		account = fmt.Sprintf("By PyTorch's account (PyTorch %s), at the peak.", r.plan.torch)
	}
	lines = append(lines, account+" parameters are with buffers and half copies, volumes with all else that is saved; the rest is scratch, workspace, rounding.")
	if r.flags.batches == nil && r.flags.inputs == nil && slices.ContainsFunc(r.rows, func(row fitRow) bool { return row.Largest == 0 }) {
		lines = append(lines, "Where the largest batch is 0, the memory is that of one picture.")
	}
	lines = append(lines, fmt.Sprintf("Reserve: %s = %s for the CUDA context, cuDNN and fragmentation. It is an assumption: --reserve sets it.", b.Setting, r.size(b.Reserve)))
	if d := b.Device; d != nil && d.Usable < d.Stated {
		lines = append(lines, fmt.Sprintf("Of the %s that %s states, %s are usable (%s).", r.size(d.Stated), strings.SplitN(d.StatedBy, ":", 2)[0], r.size(d.Usable), d.UsableBy))
	}
	return append(lines, r.checked()...)
}

// adviceLines say what does not fit, of what it is the most, and what would need less.
func (r *fitResult) adviceLines() []string {
	a, limit := r.advice, r.plan.budget.For
	what := "One picture does"
	if a.Batch > 1 {
		what = fmt.Sprintf("A batch of %s does", plain.Count(a.Batch))
	}
	how := []string{string(a.DType)}
	if a.Mode == memory.Training {
		how = append(how, string(a.Optimizer))
	}
	lines := []string{fmt.Sprintf("%s not fit in %s (%s): it takes %s, %s too much.", what, a.Mode, strings.Join(how, ", "), r.size(a.Peak.Bytes), r.size(a.Peak.Bytes-limit))}
	lines = append(lines, "Its largest parts:")
	parts := slices.Clone(a.parts)
	slices.SortStableFunc(parts, func(x, y memory.PartBytes) int { return int(min(max(y.AtPeak-x.AtPeak, -1), 1)) })
	for _, p := range parts[:min(4, len(parts))] {
		lines = append(lines, fmt.Sprintf("  %12s  %s", r.size(p.AtPeak), p.Part))
	}
	lines = append(lines, "Its largest tensors:")
	for _, t := range a.Peak.Alive[:min(3, len(a.Peak.Alive))] {
		lines = append(lines, fmt.Sprintf("  %12s  %s", r.size(t.Bytes), t.Name))
	}
	if len(a.Remedies) == 0 {
		return append(lines, "Nothing that is known here would need less.")
	}
	lines = append(lines, "What would need less:")
	for _, remedy := range a.Remedies {
		lines = append(lines, fmt.Sprintf("  %12s  %-16s  %s", r.size(remedy.Bytes), r.verdict(remedy), remedy.What))
		if remedy.Kind == fit.Checkpoints {
			lines[len(lines)-1] += fmt.Sprintf("; %s MACs a picture run twice, %.0f%% of a forward pass", plain.Count(remedy.ExtraMACs), percentOf(remedy.ExtraMACs, a.macs))
		}
	}
	if r.unfit.others > 0 {
		lines = append(lines, fmt.Sprintf("This is the first of %d that do not fit; --mode, --dtype and --optimizer choose another.", r.unfit.others+1))
	}
	return lines
}

// verdict tells whether a remedy is enough.
func (r *fitResult) verdict(remedy fit.Remedy) string {
	switch {
	case !remedy.Fits:
		return "does not fit"
	case remedy.Batch > r.advice.Batch:
		return "fits, up to " + plain.Count(remedy.Batch)
	}
	return "fits"
}

func percentOf(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}
