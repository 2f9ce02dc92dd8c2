package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"cnncalc/internal/exec"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
	"cnncalc/internal/weights"
)

// writeText prints the ranking where the weights are trained, and the table of layers where they are not or where it
// was asked for.
func (o *outcome) writeText(w io.Writer, l *loaded, f *runFlags) error {
	if !o.weights.isRandom() {
		if err := o.writeRanking(w, f.top); err != nil || !f.profile {
			return err
		}
		fmt.Fprintln(w)
	}
	t := o.layerTable()
	t.Title = fmt.Sprintf("%s: %s, batch %d, %s", l.title(), l.network.InputShape(), f.batch, report.Duration(o.took()))
	for _, p := range o.pictures {
		t.Notes = append(t.Notes, fmt.Sprintf("picture %s: %dx%d", p.path, p.width, p.height))
	}
	if o.weights.isRandom() {
		t.Notes = append(t.Notes, fmt.Sprintf("The weights are %s: the figures show what was computed, a ranking would mean nothing.", o.weights.what))
	}
	if f.profile {
		t.Notes = append(t.Notes, "")
		t.Notes = append(t.Notes, o.memoryLines()...)
	}
	return t.Write(w, report.Text)
}

// ranking is the classes of picture i.
func (o *outcome) ranking(i int) []ranked {
	n := o.program.Network()
	each := len(o.output) / o.program.Batch()
	return rank(o.output[i*each:(i+1)*each], int(n.Total.Out.D), endsInProbabilities(n.Graph))
}

// endsInProbabilities tells that a SOFTMAX or a SIGMOID makes the output, perhaps with layers behind it that change
// no value when the network runs.
func endsInProbabilities(g *graph.Graph) bool {
	for i := len(g.Nodes) - 1; i > 0; i = g.Nodes[i].Inputs[0] {
		switch g.Nodes[i].Op.(type) {
		case *op.Softmax, *op.Sigmoid, *op.HardSigmoid:
			return true
		case *op.Dropout, *op.Flatten:
		default:
			return false
		}
	}
	return false
}

func (o *outcome) writeRanking(w io.Writer, top int) error {
	var b strings.Builder
	out := o.program.Network().Total.Out
	for i, p := range o.pictures {
		fmt.Fprintf(&b, "%s\n", plain.Escape(p.path))
		classes := o.ranking(i)
		shown := min(top, len(classes))
		width := len(strconv.Itoa(shown))
		for rank, c := range classes[:shown] {
			fmt.Fprintf(&b, "  %*d  %s  %s", width, rank+1, c.confidence(), plain.Escape(o.className(c.class)))
			if at := placeOf(c, out); at != nil {
				fmt.Fprintf(&b, "  (highest at %d,%d)", at.X, at.Y)
			}
			b.WriteString("\n")
		}
	}
	if isMap(out) {
		fmt.Fprintf(&b, "The scores are means over %dx%d places, counted from 0,0 at the top left.\n", out.W, out.H)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// isMap tells an output that has scores at several places.
func isMap(out graph.Shape) bool { return out.W*out.H > 1 }

// placeOf is where in a map of scores a class has its highest; nil where there is no map.
func placeOf(r ranked, out graph.Shape) *mapPlace {
	if !isMap(out) {
		return nil
	}
	return &mapPlace{int64(r.highest) % out.W, int64(r.highest) / out.W}
}

// className is the class's name, or its number where it has none.
func (o *outcome) className(class int) string {
	if class < len(o.names) {
		return o.names[class]
	}
	return fmt.Sprintf("class %d", class)
}

// layerTable has a row for each layer that was computed: its time, its rate, and its values.
func (o *outcome) layerTable() report.Table {
	n := o.program.Network()
	t := report.Table{Columns: []report.Column{
		{Key: "name", Header: "name"},
		{Key: "layer", Header: "layer"},
		{Key: "output", Header: "output"},
		{Key: "time", Header: "time", Align: report.Right},
		{Key: "gflops", Header: "GFLOP/s", Align: report.Right},
		{Key: "min", Header: "min", Align: report.Right},
		{Key: "mean", Header: "mean", Align: report.Right},
		{Key: "max", Header: "max", Align: report.Right},
	}}
	for i, p := range o.profile.Layers {
		none := report.Cell{Text: "-", Value: ""}
		took, rate := report.Cell{Text: report.Duration(p.Time), Value: p.Time.Seconds()}, none
		if p.FusedInto > 0 {
			took = report.Cell{Text: "in " + n.Nodes[p.FusedInto].Name, Value: 0.0}
		}
		if p.FLOPs > 0 {
			rate = decimalCell(p.GFLOPS(), 1)
		}
		values := []report.Cell{none, none, none}
		if p.HasOutput {
			values = []report.Cell{valueCell(float64(p.Stats.Min)), valueCell(p.Stats.Mean), valueCell(float64(p.Stats.Max))}
		}
		t.Rows = append(t.Rows, append([]report.Cell{
			report.Str(n.Nodes[i].Name), report.Str(op.Short(n.Nodes[i].Op)), report.Str("[" + n.Layers[i].Out.String() + "]"), took, rate,
		}, values...))
		if p.Stats.NaNs > 0 {
			t.Notes = append(t.Notes, fmt.Sprintf("%s has %s values that are not a number.", n.Nodes[i].Name, plain.Count(int64(p.Stats.NaNs))))
		}
	}
	return t
}

func decimalCell(x float64, digits int) report.Cell {
	return report.Cell{Text: strconv.FormatFloat(x, 'f', digits, 64), Value: x}
}

func valueCell(x float64) report.Cell {
	return report.Cell{Text: strconv.FormatFloat(x, 'g', 4, 64), Value: x}
}

// memoryLines set what was planned beside what was taken.
func (o *outcome) memoryLines() []string {
	footprint := o.program.Footprint()
	size := func(bytes int64) string { return report.Bytes(bytes, report.IEC) }
	lines := []string{
		fmt.Sprintf("memory planned   %s: weights %s, packed weights %s, arena %s, input %s", size(footprint.Total),
			size(footprint.Weights), size(footprint.Packed), size(footprint.Arena), size(footprint.Input)),
		"arena allocated  " + bothSizes(o.allocated),
	}
	if footprint.Loading > 0 {
		lines[0] += fmt.Sprintf(", until they are packed %s", size(footprint.Loading))
	}
	if o.borrowed > 0 {
		lines = append(lines, fmt.Sprintf("weights mapped   %s of the weights lie in the file", size(o.borrowed)))
	}
	if peak, ok := memory.PeakResident(); ok {
		lines = append(lines, fmt.Sprintf("process peak     %s", size(peak)))
	}
	return lines
}

// runDocument is a run in JSON. Times are seconds, sizes bytes.
type runDocument struct {
	Schema   string           `json:"schema"`
	Network  string           `json:"network"`
	Batch    int              `json:"batch"`
	Pictures []runPicture     `json:"pictures"`
	Places   *mapSize         `json:"places,omitempty"` // of a map of scores: the classes' scores are means over them
	Weights  string           `json:"weights"`
	Seconds  float64          `json:"seconds"`
	Layers   []runLayer       `json:"layers"`
	Memory   memory.Footprint `json:"memory"`
}

// runPicture is one input and, where the weights are trained, its most likely classes.
type runPicture struct {
	File   string     `json:"file"`
	Width  int        `json:"width"`
	Height int        `json:"height"`
	Top    []runClass `json:"top,omitempty"`
}

// mapSize is how many places a map of scores has.
type mapSize struct {
	Width  int64 `json:"width"`
	Height int64 `json:"height"`
}

type runClass struct {
	Class       int      `json:"class"`
	Label       string   `json:"label"`
	Score       *float64 `json:"score"` // null where it is no finite number
	Probability *float64 `json:"probability"`
	// HighestAt is the place of a map with the class's highest score.
	HighestAt *mapPlace `json:"highest_at,omitempty"`
}

// mapPlace is a place in a map of scores, from 0,0 at the top left.
type mapPlace struct {
	X int64 `json:"x"`
	Y int64 `json:"y"`
}

type runLayer struct {
	Name    string  `json:"name"`
	Kind    string  `json:"kind"`
	Seconds float64 `json:"seconds"`
	GFLOPS  float64 `json:"gflops"`
	// FusedInto is the layer that this one was computed together with. Of such layers only the last has values.
	FusedInto string   `json:"fused_into,omitempty"`
	Min       *float64 `json:"min"` // null where it is no finite number, or was never made
	Mean      *float64 `json:"mean"`
	Max       *float64 `json:"max"`
	NaNs      int      `json:"nans"`
}

func (o *outcome) document(l *loaded, f *runFlags) runDocument {
	n := l.network
	d := runDocument{Schema: report.Schema, Network: l.title(), Batch: f.batch, Weights: o.weights.what,
		Seconds: o.took().Seconds(), Memory: o.program.Footprint()}
	if out := n.Total.Out; isMap(out) {
		d.Places = &mapSize{out.W, out.H}
	}
	for i, p := range o.pictures {
		d.Pictures = append(d.Pictures, runPicture{p.path, p.width, p.height, o.topClasses(i, f.top)})
	}
	for i, p := range o.profile.Layers {
		layer := runLayer{Name: n.Nodes[i].Name, Kind: n.Nodes[i].Op.Kind(), Seconds: p.Time.Seconds(), GFLOPS: p.GFLOPS(), NaNs: p.Stats.NaNs}
		if p.FusedInto > 0 {
			layer.FusedInto = n.Nodes[p.FusedInto].Name
		}
		if p.HasOutput {
			layer.Min, layer.Mean, layer.Max = finite(float64(p.Stats.Min)), finite(p.Stats.Mean), finite(float64(p.Stats.Max))
		}
		d.Layers = append(d.Layers, layer)
	}
	return d
}

// topClasses is the ranking of picture i, nil where the weights are random.
func (o *outcome) topClasses(i, top int) []runClass {
	if o.weights.isRandom() {
		return nil
	}
	var classes []runClass
	out := o.program.Network().Total.Out
	for _, c := range o.ranking(i)[:min(top, int(out.D))] {
		classes = append(classes, runClass{c.class, o.className(c.class), finite(c.score), finite(c.probability), placeOf(c, out)})
	}
	return classes
}

// finite is nil for what JSON has no number for.
func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// progressAfter is how long a run goes on in silence.
const progressAfter = 2 * time.Second

// progress shows on a terminal how far a long run is.
type progress struct {
	w       io.Writer
	program *exec.Program
	start   time.Time
	shown   bool
}

func newProgress(w io.Writer, program *exec.Program) *progress {
	return &progress{w: w, program: program, start: time.Now()}
}

// Computed writes over the line of the layer before.
func (p *progress) Computed(c exec.Computed) error {
	if time.Since(p.start) < progressAfter {
		return nil
	}
	p.shown = true
	nodes := p.program.Network().Nodes
	fmt.Fprintf(p.w, "\r\x1b[K%d of %d layers, %s", c.Node+1, len(nodes), plain.Escape(nodes[c.Node].Name))
	return nil
}

func (p *progress) clear() {
	if p.shown {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}

// dumper writes every layer's output to a new folder, which gets its name when all of it is there.
type dumper struct {
	program *exec.Program
	folder  string
	partial string // "" once kept
}

func newDumper(folder string, program *exec.Program) (*dumper, error) {
	if _, err := os.Lstat(folder); err == nil {
		return nil, fmt.Errorf("--dump: %s is there already: name a new folder", folder)
	}
	partial, err := os.MkdirTemp(filepath.Dir(filepath.Clean(folder)), ".cnncalc-dump-*")
	var system *os.PathError
	if errors.As(err, &system) {
		err = fmt.Errorf("the folder %s cannot be made: %w", folder, system.Err)
	}
	if err != nil {
		return nil, fmt.Errorf("--dump: %w", err)
	}
	return &dumper{program: program, folder: folder, partial: partial}, nil
}

// Computed writes NAME.npy, of shape [batch, D, H, W].
func (d *dumper) Computed(c exec.Computed) error {
	n := d.program.Network()
	out := n.Layers[c.Node].Out
	shape := []int{d.program.Batch(), int(out.D), int(out.H), int(out.W)}
	path := filepath.Join(d.partial, n.Nodes[c.Node].Name+".npy")
	err := report.WriteFile(path, func(w io.Writer) error { return weights.WriteNPY(w, shape, c.Output) })
	if err != nil {
		return fmt.Errorf("--dump: %w", err)
	}
	return nil
}

// keep gives the folder its name.
func (d *dumper) keep() error {
	if err := os.Chmod(d.partial, 0o755); err != nil {
		return fmt.Errorf("--dump: %w", err)
	}
	if err := os.Rename(d.partial, d.folder); err != nil {
		return fmt.Errorf("--dump: %w", err)
	}
	d.partial = ""
	return nil
}

// abandon removes what was written of a run that failed.
func (d *dumper) abandon() {
	if d.partial != "" {
		os.RemoveAll(d.partial)
	}
}
