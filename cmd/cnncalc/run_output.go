package main

import (
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"cnncalc/internal/exec"
	"cnncalc/internal/memory"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
	"cnncalc/internal/weights"
)

func (o *outcome) writeText(w io.Writer, l *loaded, f *runFlags) error {
	n := l.network
	t := o.layerTable()
	t.Title = fmt.Sprintf("%s: %s, batch %d, %s", l.title(), n.InputShape(), f.batch, report.Duration(o.took))
	for _, p := range o.pictures {
		t.Notes = append(t.Notes, fmt.Sprintf("picture %s: %dx%d", p.path, p.width, p.height))
	}
	t.Notes = append(t.Notes, fmt.Sprintf("The weights are random (He initialisation, seed %d): the figures show what was computed, a ranking would mean nothing.", o.seed))
	if f.profile {
		t.Notes = append(t.Notes, "")
		t.Notes = append(t.Notes, o.memoryLines()...)
	}
	return t.Write(w, report.Text)
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
		rate := report.Cell{Text: "-", Value: ""}
		if p.FLOPs > 0 {
			rate = decimalCell(p.GFLOPS(), 1)
		}
		t.Rows = append(t.Rows, []report.Cell{
			report.Str(n.Nodes[i].Name), report.Str(op.Short(n.Nodes[i].Op)), report.Str("[" + n.Layers[i].Out.String() + "]"),
			{Text: report.Duration(p.Time), Value: p.Time.Seconds()}, rate,
			valueCell(float64(p.Stats.Min)), valueCell(p.Stats.Mean), valueCell(float64(p.Stats.Max)),
		})
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
		fmt.Sprintf("arena allocated  %s (%d bytes)", size(o.program.Allocated()), o.program.Allocated()),
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
	Pictures []string         `json:"pictures"`
	Weights  string           `json:"weights"`
	Seed     uint64           `json:"seed"`
	Seconds  float64          `json:"seconds"`
	Layers   []runLayer       `json:"layers"`
	Memory   memory.Footprint `json:"memory"`
}

type runLayer struct {
	Name    string   `json:"name"`
	Kind    string   `json:"kind"`
	Seconds float64  `json:"seconds"`
	GFLOPS  float64  `json:"gflops"`
	Min     *float64 `json:"min"` // null where it is no finite number
	Mean    *float64 `json:"mean"`
	Max     *float64 `json:"max"`
	NaNs    int      `json:"nans"`
}

func (o *outcome) document(l *loaded, f *runFlags) runDocument {
	n := l.network
	d := runDocument{Schema: report.Schema, Network: l.title(), Batch: f.batch, Weights: "random", Seed: o.seed,
		Seconds: o.took.Seconds(), Memory: o.program.Footprint()}
	for _, p := range o.pictures {
		d.Pictures = append(d.Pictures, p.path)
	}
	for i, p := range o.profile.Layers {
		d.Layers = append(d.Layers, runLayer{n.Nodes[i].Name, n.Nodes[i].Op.Kind(), p.Time.Seconds(), p.GFLOPS(),
			finite(float64(p.Stats.Min)), finite(p.Stats.Mean), finite(float64(p.Stats.Max)), p.Stats.NaNs})
	}
	return d
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
