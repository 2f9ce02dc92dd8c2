package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/figure"
	"cnncalc/internal/fit"
	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
)

// Comparison is the view of the figures of several networks side by side, each with its difference and ratio to the
// first network's.
type Comparison struct {
	Networks []ComparedNetwork // two or more
	Figures  []figure.Figure
	Use      *figure.Use
	Batch    int64
	Aligned  []Alignment // of the layers, for each network after the first; nil if that is not asked for
}

// ComparedNetwork is one of the networks.
type ComparedNetwork struct {
	Name     string // unique in the comparison
	Input    string // sizes
	Output   string
	Readings []figure.Reading // one for each figure
}

// comparisonDocument is a comparison in JSON.
type comparisonDocument struct {
	Schema    string                    `json:"schema"`
	Networks  []comparedNetworkDocument `json:"networks" jsonschema:"in the order of the SPECs"`
	Batch     int64                     `json:"batch"`
	Torch     memory.Torch              `json:"torch"`
	DType     memory.DType              `json:"dtype"`
	Optimizer memory.Optimizer          `json:"optimizer"`
	Threads   int                       `json:"threads" jsonschema:"of cnncalc run"`
	Budget    *fit.Budget               `json:"budget,omitempty" jsonschema:"the device, in bytes"`
	Machine   *ratesDocument            `json:"machine,omitempty"`
	Figures   []comparedFigureDocument  `json:"figures"`
	Layers    []alignmentDocument       `json:"layers,omitempty" jsonschema:"of each network after the first"`
}

// ratesDocument is the rates of a machine, a second.
type ratesDocument struct {
	Peak      float64 `json:"peak" jsonschema:"FLOP a second"`
	Bandwidth float64 `json:"bandwidth" jsonschema:"bytes a second"`
}

type comparedNetworkDocument struct {
	Name   string `json:"name" jsonschema:"unique in the document"`
	Input  string `json:"input" jsonschema:"width x height x depth"`
	Output string `json:"output" jsonschema:"width x height x depth"`
}

// comparedFigureDocument is a figure of all networks.
type comparedFigureDocument struct {
	Name     string            `json:"name"`
	Unit     string            `json:"unit" jsonschema:"count, bytes, pixels or nanoseconds"`
	Estimate bool              `json:"estimate"`
	Values   []readingDocument `json:"values" jsonschema:"one for each network"`
}

// readingDocument is a figure of one network, with what it is in comparison to the first one's.
type readingDocument struct {
	Value      *int64   `json:"value" jsonschema:"null if it is not known"`
	Difference *int64   `json:"difference" jsonschema:"to the first network"`
	Ratio      *float64 `json:"ratio" jsonschema:"to the first network, null where that has 0"`
	Unknown    string   `json:"unknown,omitempty" jsonschema:"why the value is not known"`
}

// Document returns the figures for programs.
func (v *Comparison) Document() any {
	o := v.Use.Options
	d := comparisonDocument{Schema: Schema, Batch: v.Batch, Torch: o.Torch, DType: o.DType, Optimizer: o.Optimizer,
		Threads: v.Use.Threads, Budget: v.Use.Budget}
	if m := v.Use.Machine; m != nil {
		d.Machine = &ratesDocument{m.FLOPS, m.Bandwidth}
	}
	for _, n := range v.Networks {
		d.Networks = append(d.Networks, comparedNetworkDocument{n.Name, n.Input, n.Output})
	}
	for i, f := range v.Figures {
		row := comparedFigureDocument{Name: f.Name, Unit: f.Unit.String(), Estimate: f.IsEstimate(v.Use)}
		for _, n := range v.Networks {
			row.Values = append(row.Values, newReadingDocument(n.Readings[i], v.Networks[0].Readings[i]))
		}
		d.Figures = append(d.Figures, row)
	}
	for i := range v.Aligned {
		d.Layers = append(d.Layers, v.Aligned[i].document())
	}
	return d
}

func newReadingDocument(r, first figure.Reading) readingDocument {
	d := readingDocument{Unknown: r.Unknown}
	if r.Unknown == "" {
		d.Value = &r.Value
	}
	if difference, ok := r.Minus(first); ok {
		d.Difference = &difference
	}
	if ratio, ok := r.Ratio(first); ok {
		d.Ratio = &ratio
	}
	return d
}

// Table returns a row for each figure, with a column for each network and, from the second one on, two more for the
// difference and the ratio to the first.
func (v *Comparison) Table(units Units) Table {
	t := Table{
		Title:   fmt.Sprintf("%s, batch %s", v.names(), plain.Count(v.Batch)),
		Columns: []Column{left("figure", "figure")},
	}
	for k, n := range v.Networks {
		t.Columns = append(t.Columns, right(n.Name, n.Name))
		t.Blocks = append(t.Blocks, n.Name)
		if k > 0 {
			t.Columns = append(t.Columns, right(n.Name+" difference", "difference"), right(n.Name+" ratio", "ratio"))
		}
	}
	for k := len(v.Networks) - 1; k > 0; k-- {
		t.Minor = append(t.Minor, v.Networks[k].Name+" difference")
	}
	var unknown footnotes
	for i, f := range v.Figures {
		t.Rows = append(t.Rows, v.row(i, f, units, &unknown))
	}
	t.Notes = slices.Concat(unknown.lines(), v.notes(units))
	return t
}

// names returns the networks' names: "a, b and c".
func (v *Comparison) names() string {
	names := make([]string, len(v.Networks))
	for k, n := range v.Networks {
		names[k] = n.Name
	}
	last := len(names) - 1
	return plain.CutNames(strings.Join(names[:last], ", ") + " and " + names[last])
}

func (v *Comparison) row(i int, f figure.Figure, units Units, unknown *footnotes) []Cell {
	name := Cell{Text: figureLabel(f), Value: f.Name}
	if f.IsEstimate(v.Use) {
		name.Text += " *"
	}
	cells := []Cell{name}
	first := v.Networks[0].Readings[i]
	for k, n := range v.Networks {
		r := n.Readings[i]
		if r.Unknown != "" {
			cells = append(cells, Cell{Text: "unknown " + unknown.mark(r.Unknown), Value: ""})
		} else {
			cells = append(cells, units.figureCell(f, r.Value))
		}
		if k > 0 {
			cells = append(cells, differenceCell(r, first, f.Unit, units), quotientCell(r, first))
		}
	}
	return cells
}

func differenceCell(r, first figure.Reading, unit figure.Unit, units Units) Cell {
	difference, ok := r.Minus(first)
	if !ok {
		return dash()
	}
	return Cell{Text: signed(difference, func(n int64) string { return quantityText(n, unit, units) }), Value: difference}
}

// signed writes a difference, with a plus above zero.
func signed(n int64, write func(int64) string) string {
	if n > 0 {
		return "+" + write(n)
	}
	return write(n)
}

func quotientCell(r, first figure.Reading) Cell {
	ratio, ok := r.Ratio(first)
	if !ok {
		return dash()
	}
	return Cell{Text: quotientText(ratio), Value: ratio}
}

// quotientText formats a ratio to three significant digits, and whole from 1000 on: "0.185x", "2.19x", "12,345x".
func quotientText(x float64) string {
	switch {
	case x < 0.09995:
		return strconv.FormatFloat(x, 'g', 3, 64) + "x"
	case x < 0.9995:
		return strconv.FormatFloat(x, 'f', 3, 64) + "x"
	case x < 999.5:
		return plain.ThreeDigits(x) + "x"
	}
	return plain.Count(int64(x+0.5)) + "x"
}

// figureLabel returns a figure's name in a table for people.
func figureLabel(f figure.Figure) string {
	switch f.Name {
	case "trainable":
		return "trainable parameters"
	case "macs":
		return "MACs"
	case "activations":
		return "activations, values"
	case "largest":
		return "largest volume, values"
	case "receptive_field":
		return "receptive field, pixels"
	case "notes_inference":
		return "inference by the notes"
	case "notes_training":
		return "training by the notes"
	case "inference_peak":
		return "inference in PyTorch"
	case "training_peak":
		return "training in PyTorch"
	case "arena":
		return "arena of cnncalc run"
	case "inference_batch":
		return "largest batch, inference"
	case "training_batch":
		return "largest batch, training"
	case "time":
		return "least time of the batch"
	case "inference_images_per_second":
		return "images/s at most, inference"
	case "training_images_per_second":
		return "images/s at most, training"
	}
	return f.Name
}

// footnotes are numbered notes, each there once.
type footnotes struct{ texts []string }

// mark returns the mark of a note: "[1]".
func (f *footnotes) mark(text string) string {
	at := slices.Index(f.texts, text)
	if at < 0 {
		at = len(f.texts)
		f.texts = append(f.texts, text)
	}
	return fmt.Sprintf("[%d]", at+1)
}

func (f *footnotes) lines() []string {
	var lines []string
	for i, text := range f.texts {
		lines = append(lines, fmt.Sprintf("[%d] unknown: %s", i+1, text))
	}
	return lines
}

// notes say what the figures depend on.
func (v *Comparison) notes(units Units) []string {
	var lines []string
	if slices.ContainsFunc(v.Figures, func(f figure.Figure) bool { return f.IsEstimate(v.Use) }) {
		lines = append(lines, "* an estimate")
	}
	lines = append(lines, v.inputLine())
	if v.takes(figure.DType) {
		lines = append(lines, v.memoryLine())
	}
	if v.takes(figure.Threads) {
		lines = append(lines, fmt.Sprintf("cnncalc run: fp32, --threads %d, on this processor.", v.Use.Threads))
	}
	if v.takes(figure.Device) {
		lines = append(lines, fmt.Sprintf("The device: %s, %s of it for the network.", deviceText(v.Use.Budget, units),
			Bytes(v.Use.Budget.Available, units)))
		lines = append(lines, budgetLines(*v.Use.Budget, units)...)
	}
	if v.takes(figure.Rates) {
		lines = append(lines, fmt.Sprintf("The machine: %s, %s (roofline model, in fp32).", FLOPS(v.Use.Machine.FLOPS),
			Bandwidth(v.Use.Machine.Bandwidth)))
	}
	return lines
}

// takes reports whether one of the figures depends on a setting.
func (v *Comparison) takes(s figure.Setting) bool {
	return slices.ContainsFunc(v.Figures, func(f figure.Figure) bool { return slices.Contains(f.Takes, s) })
}

// inputLine says which inputs the networks have.
func (v *Comparison) inputLine() string {
	inputs := make([]string, len(v.Networks))
	for k, n := range v.Networks {
		inputs[k] = n.Input
	}
	if distinct := slices.Compact(slices.Clone(inputs)); len(distinct) == 1 {
		return "Input: " + inputs[0] + "."
	}
	return "Inputs: " + strings.Join(inputs, ", ") + "."
}

// memoryLine says what the memory is of, as far as the figures depend on it.
func (v *Comparison) memoryLine() string {
	o := v.Use.Options
	words := []string{string(o.DType)}
	switch {
	case !v.takes(figure.Optimizer):
	case o.Optimizer == memory.NoOptimizer:
		words = append(words, "training without an optimizer")
	default:
		words = append(words, "training with "+string(o.Optimizer))
	}
	if v.takes(figure.Torch) {
		words = append(words, "PyTorch "+string(o.Torch))
	}
	return "Memory: " + strings.Join(words, ", ") + "."
}
