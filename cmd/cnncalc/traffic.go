package main

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"cnncalc/internal/exec"
	"cnncalc/internal/memory"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
	"cnncalc/internal/shape"
	"cnncalc/internal/traffic"
)

const trafficLong = `traffic prints the bytes that each layer moves between memory and processor, its arithmetic intensity
in MACs for each byte, and whether arithmetic or memory bounds it on a machine of that --peak and
--bandwidth (the roofline model). Their defaults are assumptions, near one core of a desktop processor.

Counted is, in float32, what a framework moves that fuses no layers: each layer reads each of its inputs
once, its weights once for the batch, and writes its output once. Activation functions and BN are layers
too; DROPOUT and FLATTEN move nothing when a network runs. Times are the least that this takes, an estimate:
arithmetic other than MACs is taken for nothing, and a kernel that needs fewer multiplications than MACs, as
Winograd's, can be faster.

columns is the matrix that im2col makes of one picture for a CONV, inflation its size for that of the
CONV's input, which the notes name as the drawback of im2col. scratch is what cnncalc run takes there
instead, for the batch: exact for this processor and --threads.`

// The machine that is assumed.
const (
	assumedPeak      = "100GFLOP/s"
	assumedBandwidth = "20GB/s"
)

type trafficFlags struct {
	specFlags
	batch           int64
	peak, bandwidth string
	assumed         []string // which of the two are not given
	threads         int
	columns         []string
	format, output  string
	units           string
}

func newTraffic(a *app) *cobra.Command {
	var f trafficFlags
	cmd := &cobra.Command{
		Use:     "traffic [SPEC]",
		Short:   "print the bytes that every layer moves, and what bounds it: arithmetic or memory",
		Long:    trafficLong,
		Example: "  cnncalc traffic vgg16 --batch 16\n  cnncalc traffic resnet50 --peak 13TFLOP/s --bandwidth 360GB/s",
		Args:    atMostOneSpec,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, rate := range []string{"peak", "bandwidth"} {
				if !cmd.Flags().Changed(rate) {
					f.assumed = append(f.assumed, rate)
				}
			}
			return a.traffic(args, &f)
		},
	}
	f.register(cmd.Flags())
	flags := cmd.Flags()
	flags.Int64Var(&f.batch, "batch", 1, "pictures in a batch")
	flags.StringVar(&f.peak, "peak", assumedPeak, "arithmetic of the machine, in FLOP/s")
	flags.StringVar(&f.bandwidth, "bandwidth", assumedBandwidth, "bandwidth of the machine's memory, in bytes a second")
	flags.IntVar(&f.threads, "threads", defaultThreads(), "threads of cnncalc run, which its scratch depends on")
	flags.StringSliceVar(&f.columns, "columns", nil, "columns to print, in order: name,layer,read,weights,written,macs,intensity,bound,time,columns,inflation,scratch")
	flags.StringVar(&f.format, "format", "text", "text, markdown, csv or json")
	flags.StringVarP(&f.output, "output", "o", "", "write to this file, whole or not at all")
	flags.StringVar(&f.units, "units", string(report.IEC), "iec (1 GiB = 2^30 bytes) or si (1 GB = 10^9)")
	return cmd
}

// roofline is a network's traffic, with the machine that it is set against.
type roofline struct {
	title   string
	network *shape.Network
	account *traffic.Account
	machine traffic.Machine
	assumed []string // flags of the machine that are not given
	scratch []int64  // bytes that cnncalc run takes for a layer, by node
	threads int
	units   report.Units
}

func (a *app) traffic(args []string, f *trafficFlags) error {
	format, err := report.ParseFormat(f.format)
	if err != nil {
		return usageError("--format: %w", err)
	}
	r, err := f.roofline()
	if err != nil {
		return err
	}
	if err := checkColumns(f.columns, format); err != nil {
		return err
	}
	l, err := a.loadSound(args, &f.specFlags)
	if err != nil {
		return err
	}
	r.title, r.network = l.title(), l.network
	if r.account, err = traffic.New(l.network, f.batch); err != nil {
		return problemError("%s: %w", l.title(), err)
	}
	if r.scratch, err = l.runScratch(f.batch, f.threads); err != nil {
		return err
	}
	if format == report.JSON {
		return a.write(f.output, func(w io.Writer) error { return report.WriteJSON(w, r.document()) })
	}
	return a.writeSelected(r.table(), f.columns, f.output, format)
}

// roofline is what the flags say.
func (f *trafficFlags) roofline() (*roofline, error) {
	r := &roofline{threads: f.threads, assumed: f.assumed}
	var err error
	if r.machine.FLOPS, err = report.ParseFLOPS(f.peak); err != nil {
		return nil, usageError("--peak: %w", err)
	}
	if r.machine.Bandwidth, err = report.ParseBandwidth(f.bandwidth); err != nil {
		return nil, usageError("--bandwidth: %w", err)
	}
	if r.units, err = report.ParseUnits(f.units); err != nil {
		return nil, usageError("--units: %w", err)
	}
	if f.batch < 1 {
		return nil, usageError("--batch must be 1 or more, not %d", f.batch)
	}
	if f.threads < 1 || f.threads > exec.MaxThreads {
		return nil, usageError("--threads is from 1 to %d, not %d", exec.MaxThreads, f.threads)
	}
	return r, nil
}

// runScratch is the bytes of scratch that each layer has in the plan of cnncalc run.
func (l *loaded) runScratch(batch int64, threads int) ([]int64, error) {
	program, err := l.planRun(batch, threads)
	if err != nil {
		return nil, err
	}
	arena := program.Arena()
	scratch := make([]int64, len(l.network.Nodes))
	for i, id := range arena.Scratch {
		if id != memory.None {
			scratch[i] = arena.Buffers[id].Values * memory.BytesPerValue
		}
	}
	return scratch, nil
}

// table has a row for each layer that moves something.
func (r *roofline) table() report.Table {
	right := func(key, header string) report.Column {
		return report.Column{Key: key, Header: header, Align: report.Right}
	}
	t := report.Table{
		Title: fmt.Sprintf("%s: bytes moved, batch %s", r.title, plain.Count(r.account.Batch)),
		Columns: []report.Column{
			{Key: "name", Header: "name"}, {Key: "layer", Header: "layer"},
			right("read", "read"), right("weights", "weights"), right("written", "written"),
			right("macs", "MACs"), right("intensity", "MACs/byte"), {Key: "bound", Header: "bound by"}, right("time", "time, at least"),
			right("columns", "columns"), right("inflation", "inflation"), right("scratch", "scratch"),
		},
		Notes: r.notes(),
	}
	for i := range r.network.Nodes {
		if l := r.account.Layers[i]; l.Bytes() > 0 {
			t.Rows = append(t.Rows, r.row(i))
		}
	}
	total := r.account.Total
	t.Footer = [][]report.Cell{{report.Str("total"), {}, r.size(total.Read), r.size(total.Weights), r.size(total.Written), report.Int(total.MACs),
		decimalCell(total.Intensity(), 2), {}, secondsCell(r.account.LeastTime(r.machine)), {}, {}, {}}}
	return t
}

func (r *roofline) row(i int) []report.Cell {
	node, l, unrolled := &r.network.Nodes[i], r.account.Layers[i], r.account.Im2col[i]
	none := report.Cell{Text: "-", Value: ""}
	columns, inflation, scratch := none, none, none
	if unrolled.Columns > 0 {
		columns, inflation = r.size(unrolled.Columns), decimalCell(unrolled.Inflation(), 1)
	}
	if r.scratch[i] > 0 {
		scratch = r.size(r.scratch[i])
	}
	return []report.Cell{report.Str(node.Name), report.Str(op.Short(node.Op)), r.size(l.Read), r.size(l.Weights), r.size(l.Written), report.Int(l.MACs),
		decimalCell(l.Intensity(), 2), report.Str(r.bound(l)), secondsCell(r.machine.LeastTime(l)), columns, inflation, scratch}
}

func (r *roofline) bound(l traffic.Layer) string {
	if r.machine.IsMemoryBound(l) {
		return "memory"
	}
	return "arithmetic"
}

func (r *roofline) size(bytes int64) report.Cell {
	return report.Cell{Text: report.Bytes(bytes, r.units), Value: bytes}
}

// secondsCell is a time for people, and its seconds.
func secondsCell(seconds float64) report.Cell {
	return report.Cell{Text: duration(seconds), Value: seconds}
}

// duration writes seconds, also those that are too many for a time.Duration.
func duration(seconds float64) string {
	if seconds > 1e9 {
		return fmt.Sprintf("%.3g s", seconds)
	}
	return report.Duration(time.Duration(seconds * float64(time.Second)))
}

// notes say what bounds the network, what was assumed, and what was counted.
func (r *roofline) notes() []string {
	m, total := r.machine, r.account.Total
	layers, bound, boundBytes := 0, 0, int64(0)
	for _, l := range r.account.Layers {
		if l.Bytes() == 0 {
			continue
		}
		layers++
		if m.IsMemoryBound(l) {
			bound, boundBytes = bound+1, boundBytes+l.Bytes()
		}
	}
	lines := []string{
		fmt.Sprintf("The machine: %s%s, %s%s. Below %.2f MACs for each byte memory takes longer than arithmetic.",
			report.FLOPS(m.FLOPS), r.ifAssumed("peak"), report.Bandwidth(m.Bandwidth), r.ifAssumed("bandwidth"), m.Ridge()),
		fmt.Sprintf("Bound by memory: %d of %d layers, with %s of %s.", bound, layers, r.size(boundBytes).Text, r.size(total.Bytes()).Text),
		fmt.Sprintf("At least %s for the batch: an estimate, with all MACs and bytes at these rates, one layer after the other.", duration(r.account.LeastTime(m))),
		"Counted are inputs, weights and output of each layer once, in float32, without fusing layers.",
	}
	if i := r.largestColumns(); i > 0 {
		unrolled := r.account.Im2col[i]
		lines = append(lines, fmt.Sprintf("im2col: the columns of %s, %s, are %.1f times its input of one picture. cnncalc run takes %s there (batch %s, --threads %d).",
			r.network.Nodes[i].Name, r.size(unrolled.Columns).Text, unrolled.Inflation(), r.size(r.scratch[i]).Text, plain.Count(r.account.Batch), r.threads))
	}
	return lines
}

// ifAssumed says so where a rate is not given.
func (r *roofline) ifAssumed(rate string) string {
	if slices.Contains(r.assumed, rate) {
		return " (assumed: --" + rate + ")"
	}
	return ""
}

// largestColumns is the node with the largest matrix of columns, 0 where there is none.
func (r *roofline) largestColumns() int {
	largest := 0
	for i, u := range r.account.Im2col {
		if u.Columns > r.account.Im2col[largest].Columns {
			largest = i
		}
	}
	return largest
}

// trafficDocument is the traffic in JSON: bytes, counts, and estimates of seconds.
type trafficDocument struct {
	Schema  string `json:"schema"`
	Network string `json:"network"`
	Batch   int64  `json:"batch"`
	Machine struct {
		Peak      float64  `json:"peak"`      // FLOP a second
		Bandwidth float64  `json:"bandwidth"` // bytes a second
		Ridge     float64  `json:"ridge"`     // MACs for each byte
		Assumed   []string `json:"assumed"`   // which of peak and bandwidth are not given
		Threads   int      `json:"threads"`   // of cnncalc run
	} `json:"machine"`
	Layers []trafficLayer `json:"layers"`
	Totals trafficCounts  `json:"totals"`
}

type trafficCounts struct {
	traffic.Layer
	Bytes        int64   `json:"bytes"`
	Intensity    float64 `json:"intensity"`     // MACs for each byte
	LeastSeconds float64 `json:"least_seconds"` // an estimate
}

type trafficLayer struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	trafficCounts
	Bound   string  `json:"bound"`   // "arithmetic", "memory", or "" for a layer that moves nothing
	Columns int64   `json:"columns"` // bytes of im2col's matrix for one picture, 0 where there is none
	Inflate float64 `json:"inflation"`
	Scratch int64   `json:"scratch"` // bytes that cnncalc run takes for the batch
}

func (r *roofline) document() trafficDocument {
	d := trafficDocument{Schema: report.Schema, Network: r.title, Batch: r.account.Batch}
	m := r.machine
	d.Machine.Peak, d.Machine.Bandwidth, d.Machine.Ridge = m.FLOPS, m.Bandwidth, m.Ridge()
	d.Machine.Assumed, d.Machine.Threads = append([]string{}, r.assumed...), r.threads
	counts := func(l traffic.Layer, seconds float64) trafficCounts {
		return trafficCounts{l, l.Bytes(), l.Intensity(), seconds}
	}
	for i, l := range r.account.Layers {
		unrolled := r.account.Im2col[i]
		layer := trafficLayer{Name: r.network.Nodes[i].Name, Kind: r.network.Nodes[i].Op.Kind(), trafficCounts: counts(l, m.LeastTime(l)),
			Columns: unrolled.Columns, Inflate: unrolled.Inflation(), Scratch: r.scratch[i]}
		if l.Bytes() > 0 {
			layer.Bound = r.bound(l)
		}
		d.Layers = append(d.Layers, layer)
	}
	d.Totals = counts(r.account.Total, r.account.LeastTime(m))
	return d
}
