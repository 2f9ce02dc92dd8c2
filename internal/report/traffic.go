package report

import (
	"fmt"
	"slices"

	"cnncalc/internal/op"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
	"cnncalc/internal/traffic"
)

// Traffic is the view of what the layers of a network move, and what bounds them on a machine.
type Traffic struct {
	Title   string
	Network *shape.Network
	Account *traffic.Account
	Machine traffic.Machine
	Assumed []string // which of peak and bandwidth are not given
	Scratch []int64  // by node: bytes that cnncalc run takes for the batch
	Threads int      // of cnncalc run
	More    bool     // with the columns that --columns chooses from in addition
}

// trafficDocument is the traffic in JSON: bytes, counts, and estimates of seconds.
type trafficDocument struct {
	Schema  string          `json:"schema"`
	Network string          `json:"network"`
	Batch   int64           `json:"batch"`
	Machine machineDocument `json:"machine"`
	Layers  []trafficLayer  `json:"layers"`
	Totals  trafficCounts   `json:"totals"`
}

type machineDocument struct {
	Peak      float64  `json:"peak" jsonschema:"FLOP a second"`
	Bandwidth float64  `json:"bandwidth" jsonschema:"bytes a second"`
	Ridge     float64  `json:"ridge" jsonschema:"MACs for each byte"`
	Assumed   []string `json:"assumed" jsonschema:"which of peak and bandwidth are not given"`
	Threads   int      `json:"threads" jsonschema:"of cnncalc run"`
}

type trafficCounts struct {
	traffic.Layer
	Bytes        int64   `json:"bytes"`
	Intensity    float64 `json:"intensity" jsonschema:"MACs for each byte"`
	LeastSeconds float64 `json:"least_seconds" jsonschema:"an estimate"`
}

type trafficLayer struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	trafficCounts
	Bound     string  `json:"bound" jsonschema:"\"arithmetic\", \"memory\", or \"\" for a layer that moves nothing"`
	Columns   int64   `json:"columns" jsonschema:"bytes of im2col's matrix for one picture, 0 where there is none"`
	Inflation float64 `json:"inflation"`
	Scratch   int64   `json:"scratch" jsonschema:"bytes that cnncalc run takes for the batch"`
	Origin    string  `json:"origin,omitempty" jsonschema:"as in the documents of networks"`
}

// Document returns the traffic for programs, with all layers.
func (v *Traffic) Document() any {
	m := v.Machine
	d := trafficDocument{Schema: Schema, Network: v.Title, Batch: v.Account.Batch,
		Machine: machineDocument{m.FLOPS, m.Bandwidth, m.Ridge(), append([]string{}, v.Assumed...), v.Threads},
		Totals:  newTrafficCounts(v.Account.Total, v.Account.LeastTime(m))}
	for i, l := range v.Account.Layers {
		node, unrolled := &v.Network.Nodes[i], v.Account.Im2col[i]
		layer := trafficLayer{Name: node.Name, Kind: node.Op.Kind(), trafficCounts: newTrafficCounts(l, m.LeastTime(l)),
			Columns: unrolled.Columns, Inflation: unrolled.Inflation(), Scratch: v.Scratch[i], Origin: node.Origin}
		if l.Bytes() > 0 {
			layer.Bound = v.bound(l)
		}
		d.Layers = append(d.Layers, layer)
	}
	return d
}

func newTrafficCounts(l traffic.Layer, seconds float64) trafficCounts {
	return trafficCounts{l, l.Bytes(), l.Intensity(), seconds}
}

func (v *Traffic) bound(l traffic.Layer) string {
	if v.Machine.IsMemoryBound(l) {
		return "memory"
	}
	return "arithmetic"
}

// Table returns a row for each layer that moves something.
func (v *Traffic) Table(units Units) Table {
	t := Table{
		Title: fmt.Sprintf("%s: bytes moved, batch %s", v.Title, plain.Count(v.Account.Batch)),
		Columns: []Column{
			left("name", "name"), left("layer", "layer"),
			right("read", "read"), right("weights", "weights"), right("written", "written"),
			right("macs", "MACs"), right("intensity", "MACs/byte"), left("bound", "bound by"), right("time", "time, at least"),
			right("columns", "columns"), right("inflation", "inflation"), right("scratch", "scratch"),
		},
		Notes: v.notes(units),
		Minor: []string{"inflation", "columns", "scratch", "layer", "weights", "written", "read", "macs"},
	}
	total := v.Account.Total
	totals := []Cell{Str("total"), {}, units.size(total.Read), units.size(total.Weights), units.size(total.Written),
		Int(total.MACs), decimal(total.Intensity(), 2), {}, seconds(v.Account.LeastTime(v.Machine)), {}, {}, {}}
	if v.More {
		t.Columns, totals = append(t.Columns, left("origin", "origin")), append(totals, Cell{})
	}
	t.Footer = [][]Cell{totals}
	for i := range v.Network.Nodes {
		if v.Account.Layers[i].Bytes() > 0 {
			t.Rows = append(t.Rows, v.row(i, units))
		}
	}
	return t
}

func (v *Traffic) row(i int, units Units) []Cell {
	node, l, unrolled := &v.Network.Nodes[i], v.Account.Layers[i], v.Account.Im2col[i]
	columns, inflation, scratch := dash(), dash(), dash()
	if unrolled.Columns > 0 {
		columns, inflation = units.size(unrolled.Columns), decimal(unrolled.Inflation(), 1)
	}
	if v.Scratch[i] > 0 {
		scratch = units.size(v.Scratch[i])
	}
	cells := []Cell{Str(node.Name), Str(op.Short(node.Op)), units.size(l.Read), units.size(l.Weights),
		units.size(l.Written), Int(l.MACs),
		decimal(l.Intensity(), 2), Str(v.bound(l)), seconds(v.Machine.LeastTime(l)), columns, inflation, scratch}
	if v.More {
		cells = append(cells, Str(originOf(node)))
	}
	return cells
}

// notes say what bounds the network, what was assumed, and what was counted.
func (v *Traffic) notes(units Units) []string {
	m := v.Machine
	lines := []string{
		fmt.Sprintf("The machine: %s%s, %s%s. Below %.2f MACs per byte, memory takes longer than arithmetic.",
			FLOPS(m.FLOPS), v.ifAssumed("peak"), Bandwidth(m.Bandwidth), v.ifAssumed("bandwidth"), m.Ridge()),
		v.boundLine(units),
		fmt.Sprintf("At least %s for the batch: an estimate, with all MACs and bytes at these rates, one layer after "+
			"another.",
			secondsText(v.Account.LeastTime(m))),
		"Each layer's inputs, weights and output are counted once, in float32, without fusing layers.",
	}
	if i := v.largestColumns(); i > 0 {
		unrolled := v.Account.Im2col[i]
		lines = append(lines,
			fmt.Sprintf("im2col: the columns of %s take %s, %.1f times its input, for one picture. cnncalc run takes %s "+
				"there (batch %s, --threads %d).",
				v.Network.Nodes[i].Name, Bytes(unrolled.Columns, units), unrolled.Inflation(), Bytes(v.Scratch[i],
					units), plain.Count(v.Account.Batch), v.Threads))
	}
	return lines
}

// boundLine says how many layers memory bounds, and how much of the bytes they move.
func (v *Traffic) boundLine(units Units) string {
	layers, bound, boundBytes := 0, 0, int64(0)
	for _, l := range v.Account.Layers {
		if l.Bytes() == 0 {
			continue
		}
		layers++
		if v.Machine.IsMemoryBound(l) {
			bound, boundBytes = bound+1, boundBytes+l.Bytes()
		}
	}
	return fmt.Sprintf("Bound by memory: %d of %d layers, with %s of %s.",
		bound, layers, Bytes(boundBytes, units), Bytes(v.Account.Total.Bytes(), units))
}

// ifAssumed says so where a rate is not given.
func (v *Traffic) ifAssumed(rate string) string {
	if slices.Contains(v.Assumed, rate) {
		return " (assumed: --" + rate + ")"
	}
	return ""
}

// largestColumns returns the node with the largest matrix of columns, 0 where there is none.
func (v *Traffic) largestColumns() int {
	largest := 0
	for i, u := range v.Account.Im2col {
		if u.Columns > v.Account.Im2col[largest].Columns {
			largest = i
		}
	}
	return largest
}
