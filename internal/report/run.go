package report

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
	"cnncalc/internal/traffic"
)

// Run is the report of a run: the outputs for each picture, and what each layer computed.
type Run struct {
	Title     string
	Batch     int
	In        string // the sizes of the inputs, of one picture
	Outputs   []RunOutput
	Pictures  []RunPicture
	Weights   string // where they are from
	IsRandom  bool   // the weights are, so that a ranking would mean nothing
	Profile   bool   // print the layers and the memory along with a ranking
	Layers    []RunLayer
	Measured  *MeasuredMachine // nil if it was not measured
	Footprint memory.Footprint
	Screen    Screen
	// What was taken, in bytes. Borrowed are the weights that are used from their file, Peak that of the process, 0 where
	// it is not known.
	Allocated, Borrowed, Peak int64
}

// MeasuredMachine is what the machine reached with a number of threads.
type MeasuredMachine struct {
	traffic.Machine
	Threads int
}

// String names the rates and the threads: "149 GFLOP/s, 21 GB/s with 2 threads".
func (m *MeasuredMachine) String() string {
	threads := "threads"
	if m.Threads == 1 {
		threads = "thread"
	}
	return fmt.Sprintf("%s, %s with %d %s", FLOPS(m.FLOPS), Bandwidth(m.Bandwidth), m.Threads, threads)
}

// RunPicture is one picture of each input, and what each output is for them, nothing where the weights are random.
type RunPicture struct {
	Inputs  []RunInput
	Results []RunResult
}

// RunInput is a picture for an input, or an array.
type RunInput struct {
	Name          string // of the input
	File          string
	IsArray       bool
	IsPart        bool
	Index         int // of the part in an array of several
	Width, Height int
}

// file returns the file, and the place in it if that has several inputs.
func (in *RunInput) file() string {
	if !in.IsPart {
		return in.File
	}
	return fmt.Sprintf("%s[%d]", in.File, in.Index)
}

// index returns the place in an array of several, or nil.
func (in *RunInput) index() *int {
	if !in.IsPart {
		return nil
	}
	return &in.Index
}

// files names the pictures: the file, or "left=a.png, right=b.png" where there are several inputs.
func (p *RunPicture) files() string {
	if len(p.Inputs) == 1 {
		return p.Inputs[0].file()
	}
	texts := make([]string, len(p.Inputs))
	for k, in := range p.Inputs {
		texts[k] = in.Name + "=" + in.file()
	}
	return strings.Join(texts, ", ")
}

// RunLayer is what a layer computed.
type RunLayer struct {
	Name     string
	Kind     string
	Notation string
	Out      graph.Shape
	Time     time.Duration
	FLOPs    int64
	GFLOPS   float64 // a second
	// Algorithm is how a convolution was computed, or what a CONCAT copied, and Why says why; "" for other layers.
	Algorithm, Why string
	// Least is the least time in seconds on the measured machine, 0 if there is none: an estimate.
	Least float64
	// FusedInto is the layer that this one was computed with, "" for none. Of such layers only the last has values.
	FusedInto      string
	HasValues      bool
	Min, Mean, Max float64
	NaNs           int
}

// took returns the time of all layers.
func (v *Run) took() time.Duration {
	var sum time.Duration
	for _, l := range v.Layers {
		sum += l.Time
	}
	return sum
}

// runDocument is a run in JSON. Times are seconds, sizes bytes.
type runDocument struct {
	Schema   string               `json:"schema"`
	Network  string               `json:"network"`
	Batch    int                  `json:"batch"`
	Pictures []runPictureDocument `json:"pictures"`
	Places   *mapSizeDocument     `json:"places,omitempty" jsonschema:"of a map of scores: a class has their mean"`
	Weights  string               `json:"weights"`
	Seconds  float64              `json:"seconds"`
	Machine  *runMachineDocument  `json:"machine,omitempty" jsonschema:"as it was measured"`
	Layers   []runLayerDocument   `json:"layers"`
	Memory   memory.Footprint     `json:"memory"`
}

// runPictureDocument is one input and, where the weights are trained, its most likely classes, or what each of several
// outputs is.
type runPictureDocument struct {
	File    string              `json:"file,omitempty" jsonschema:"of the only input, and its size"`
	Index   *int                `json:"index,omitempty" jsonschema:"in an array of several"`
	Width   int                 `json:"width,omitempty"`
	Height  int                 `json:"height,omitempty"`
	Inputs  []runInputDocument  `json:"inputs,omitempty" jsonschema:"where there are several"`
	Top     []runClassDocument  `json:"top,omitempty"`
	Outputs []runOutputDocument `json:"outputs,omitempty"`
}

// runInputDocument is the picture of one of several inputs.
type runInputDocument struct {
	Name   string `json:"name"`
	File   string `json:"file"`
	Index  *int   `json:"index,omitempty" jsonschema:"in an array of several"`
	Width  int    `json:"width"`
	Height int    `json:"height"`
}

// mapSizeDocument is how many places a map of scores has.
type mapSizeDocument struct {
	Width  int64 `json:"width"`
	Height int64 `json:"height"`
}

type runClassDocument struct {
	Class       int      `json:"class"`
	Label       string   `json:"label"`
	Score       *float64 `json:"score" jsonschema:"null where it is not a finite number"`
	Probability *float64 `json:"probability"`
	// HighestAt is the place of a map with the class's highest score.
	HighestAt *placeDocument `json:"highest_at,omitempty"`
}

// placeDocument is a place in a map of scores, from 0,0 at the top left.
type placeDocument struct {
	X int64 `json:"x"`
	Y int64 `json:"y"`
}

type runMachineDocument struct {
	Peak      float64 `json:"peak" jsonschema:"FLOP a second"`
	Bandwidth float64 `json:"bandwidth" jsonschema:"bytes a second"`
	Threads   int     `json:"threads"`
}

type runLayerDocument struct {
	Name    string  `json:"name"`
	Kind    string  `json:"kind"`
	Seconds float64 `json:"seconds"`
	GFLOPS  float64 `json:"gflops"`
	// Algorithm and the three after it are absent where they are not known.
	Algorithm string   `json:"algorithm,omitempty" jsonschema:"of a convolution, or what a CONCAT copies"`
	Why       string   `json:"why,omitempty" jsonschema:"that algorithm, in words"`
	Least     *float64 `json:"least_seconds,omitempty" jsonschema:"an estimate, for the measured machine"`
	Ratio     *float64 `json:"times_least,omitempty" jsonschema:"how many times the least time it took"`
	OfPeak    *float64 `json:"of_peak,omitempty" jsonschema:"the rate as a share of the measured machine's"`
	// FusedInto is the layer that this one was computed together with. Of such layers only the last has values.
	FusedInto string   `json:"fused_into,omitempty"`
	Min       *float64 `json:"min" jsonschema:"null where it is not a finite number, or was never made"`
	Mean      *float64 `json:"mean"`
	Max       *float64 `json:"max"`
	NaNs      int      `json:"nans"`
}

// Document returns the run for programs.
func (v *Run) Document() any {
	d := runDocument{Schema: Schema, Network: v.Title, Batch: v.Batch, Weights: v.Weights, Seconds: v.took().Seconds(),
		Memory: v.Footprint}
	if o := &v.Outputs[0]; len(v.Outputs) == 1 && o.isMap() {
		d.Places = &mapSizeDocument{o.Out.W, o.Out.H}
	}
	if m := v.Measured; m != nil {
		d.Machine = &runMachineDocument{m.FLOPS, m.Bandwidth, m.Threads}
	}
	for _, p := range v.Pictures {
		picture := runPictureDocument{}
		for _, in := range p.Inputs {
			picture.Inputs = append(picture.Inputs,
				runInputDocument{Name: in.Name, File: in.File, Index: in.index(), Width: in.Width, Height: in.Height})
		}
		if in := p.Inputs[0]; len(p.Inputs) == 1 {
			picture = runPictureDocument{File: in.File, Index: in.index(), Width: in.Width, Height: in.Height}
		}
		for k := range p.Results {
			if len(v.Outputs) == 1 {
				picture.Top = v.Outputs[0].classDocuments(p.Results[0].Top)
			} else {
				picture.Outputs = append(picture.Outputs, v.outputDocument(k, &p.Results[k]))
			}
		}
		d.Pictures = append(d.Pictures, picture)
	}
	for _, l := range v.Layers {
		layer := runLayerDocument{Name: l.Name, Kind: l.Kind, Seconds: l.Time.Seconds(), GFLOPS: l.GFLOPS,
			FusedInto: l.FusedInto, NaNs: l.NaNs, Algorithm: l.Algorithm, Why: l.Why}
		if v.Measured != nil && l.FusedInto == "" {
			ofPeak := l.GFLOPS * 1e9 / v.Measured.FLOPS
			layer.Least, layer.OfPeak = &l.Least, &ofPeak
			if ratio := l.ratio(); ratio > 0 {
				layer.Ratio = &ratio
			}
		}
		if l.HasValues {
			layer.Min, layer.Mean, layer.Max = finite(l.Min), finite(l.Mean), finite(l.Max)
		}
		d.Layers = append(d.Layers, layer)
	}
	return d
}

// finite returns nil for what JSON has no number for.
func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// WriteText writes the outputs, or the table of layers where the weights are random; both where the layers were asked
// for.
func (v *Run) WriteText(w io.Writer) error {
	if !v.IsRandom {
		results := v.resultsText()
		if v.Profile {
			results += "\n"
		}
		if _, err := io.WriteString(w, results); err != nil || !v.Profile {
			return err
		}
	}
	return v.Table(IEC).On(v.Screen).WriteText(w)
}

// Table returns a row for each layer that was computed: its time, its rate, and its values. A profile adds how and why
// so, and on a measured machine the least time and the share of the peak.
func (v *Run) Table(units Units) Table {
	t := Table{
		Title: fmt.Sprintf("%s: %s, batch %d, %s", v.Title, v.In, v.Batch, plain.Duration(v.took())),
		Columns: []Column{
			left("name", "name"), left("layer", "layer"), left("output", "output"), right("time", "time"),
			right("gflops", "GFLOP/s"),
		},
		Notes: v.notes(units), Minor: []string{"why", "gflops", "output", "layer", "mean"},
	}
	if v.Measured != nil {
		t.Columns = append(t.Columns, right("of_peak", "of peak"), right("least", "least time"),
			right("ratio", "ratio"))
	}
	t.Columns = append(t.Columns, right("min", "min"), right("mean", "mean"), right("max", "max"))
	if v.Profile {
		t.Columns = append(t.Columns, left("algorithm", "algorithm"), left("why", "why"))
	}
	for _, l := range v.Layers {
		t.Rows = append(t.Rows, v.cells(&l))
	}
	return t
}

func (v *Run) cells(l *RunLayer) []Cell {
	took, rate := Cell{Text: plain.Duration(l.Time), Value: l.Time.Seconds()}, dash()
	if l.FusedInto != "" {
		took = Cell{Text: "in " + l.FusedInto, Value: 0.0}
	}
	if l.FLOPs > 0 {
		rate = decimal(l.GFLOPS, 1)
	}
	cells := []Cell{Str(l.Name), Str(l.Notation), Str("[" + l.Out.String() + "]"), took, rate}
	if v.Measured != nil {
		cells = append(cells, v.measuredCells(l)...)
	}
	if l.HasValues {
		cells = append(cells, value(l.Min), value(l.Mean), value(l.Max))
	} else {
		cells = append(cells, dash(), dash(), dash())
	}
	if !v.Profile {
		return cells
	}
	if l.Algorithm == "" {
		return append(cells, dash(), Str(""))
	}
	return append(cells, Str(l.Algorithm), Str(l.Why))
}

// measuredCells returns a layer's share of the peak, its least time, and how many times that it took.
func (v *Run) measuredCells(l *RunLayer) []Cell {
	ofPeak, least := dash(), dash()
	if l.FLOPs > 0 {
		share := 100 * l.GFLOPS * 1e9 / v.Measured.FLOPS
		ofPeak = Cell{Text: fmt.Sprintf("%.0f%%", share), Value: share}
	}
	if l.Least > 0 {
		least = Cell{Text: plain.Duration(time.Duration(l.Least * 1e9)), Value: l.Least}
	}
	ratio := dash()
	if r := l.ratio(); r > 0 {
		ratio = Cell{Text: timesText(r), Value: r}
	}
	return []Cell{ofPeak, least, ratio}
}

// value returns a cell of a value that a layer computed.
func value(x float64) Cell {
	return Cell{Text: strconv.FormatFloat(x, 'g', 4, 64), Value: x}
}

func (v *Run) notes(units Units) []string {
	var notes []string
	for _, l := range v.Layers {
		if l.NaNs > 0 {
			notes = append(notes, fmt.Sprintf("%s has %s values that are not a number.", l.Name, plain.Count(int64(l.NaNs))))
		}
	}
	for _, p := range v.Pictures {
		for _, in := range p.Inputs {
			name := ""
			if len(p.Inputs) > 1 {
				name = in.Name + " "
			}
			what := "picture"
			if in.IsArray {
				what = "array"
			}
			notes = append(notes, fmt.Sprintf("%s %s%s: %dx%d", what, name, in.file(), in.Width, in.Height))
		}
	}
	notes = append(notes, v.outputNotes()...)
	if v.IsRandom {
		notes = append(notes,
			fmt.Sprintf("The weights are %s: the figures show what was computed, but a ranking would mean nothing.", v.Weights))
	}
	if v.Measured != nil {
		notes = append(notes, fmt.Sprintf("The machine, measured: %s. The least time is an estimate, with all MACs and "+
			"bytes at these rates. Kernels with fewer multiplications than MACs, such as Winograd's, can be faster.",
			v.Measured))
		if line := v.modelLine(); line != "" {
			notes = append(notes, line)
		}
	}
	if v.Profile {
		notes = append(append(notes, ""), v.memoryLines(units)...)
	}
	return notes
}

// memoryLines put what was planned beside what was taken.
func (v *Run) memoryLines(units Units) []string {
	f := v.Footprint
	size := func(bytes int64) string { return Bytes(bytes, units) }
	planned := fmt.Sprintf("memory planned   %s: weights %s, packed weights %s, arena %s, input %s",
		size(f.Total), size(f.Weights), size(f.Packed), size(f.Arena), size(f.Input))
	if f.Loading > 0 {
		planned += fmt.Sprintf(", until they are packed %s", size(f.Loading))
	}
	lines := []string{planned, "arena allocated  " + BothSizes(v.Allocated, units)}
	if v.Borrowed > 0 {
		lines = append(lines, fmt.Sprintf("weights mapped   %s of the weights are used from their file", size(v.Borrowed)))
	}
	if v.Peak > 0 {
		lines = append(lines, fmt.Sprintf("process peak     %s", size(v.Peak)))
	}
	return lines
}

// BothSizes gives a size for people and in bytes, so that two that round alike differ.
func BothSizes(bytes int64, units Units) string {
	return fmt.Sprintf("%s (%s bytes)", Bytes(bytes, units), plain.Count(bytes))
}
