package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// Checkpoints is the view of what checkpoints save in a training, and of the MACs that they run again.
type Checkpoints struct {
	Title   string
	Network *shape.Network
	Batch   int64
	Options memory.Options
	Places  int           // where the network can be cut
	Plain   int64         // the peak without checkpoints
	Curve   []memory.Plan // from the largest peak to the least
	Exact   bool          // all plans were compared
	Asked   string        // what a plan was asked for, "--memory 4GiB"; "" for the curve alone
	Chosen  *memory.Plan  // the plan for that, nil for none
	Command string        // the SPEC and the flags that change it, for a command that writes the plan as code
}

// checkpointsDocument is the view in JSON.
type checkpointsDocument struct {
	Schema     string           `json:"schema"`
	Network    string           `json:"network"`
	Batch      int64            `json:"batch"`
	Torch      memory.Torch     `json:"torch"`
	DType      memory.DType     `json:"dtype"`
	Optimizer  memory.Optimizer `json:"optimizer"`
	Places     int              `json:"places" jsonschema:"where the network can be cut"`
	MACs       int64            `json:"macs" jsonschema:"of one picture forward"`
	PlainPeak  int64            `json:"plain_peak" jsonschema:"bytes without checkpoints"`
	Exact      bool             `json:"exact" jsonschema:"all plans were compared"`
	Curve      []planDocument   `json:"curve" jsonschema:"from the largest peak to the least"`
	AskedFor   string           `json:"asked_for,omitempty" jsonschema:"the flag that asks for a plan"`
	ChosenPlan *planDocument    `json:"plan,omitempty" jsonschema:"absent if none was asked for, or none fits"`
}

type planDocument struct {
	Peak      int64             `json:"peak" jsonschema:"bytes"`
	ExtraMACs int64             `json:"extra_macs" jsonschema:"of one picture, that run a second time"`
	Segments  []segmentDocument `json:"segments" jsonschema:"that are checkpointed"`
}

type segmentDocument struct {
	First string `json:"first" jsonschema:"its first layer"`
	Last  string `json:"last" jsonschema:"its last layer"`
}

// Document returns the view for programs.
func (v *Checkpoints) Document() any {
	d := checkpointsDocument{Schema: Schema, Network: v.Title, Batch: v.Batch, Torch: v.Options.Torch,
		DType: v.Options.DType, Optimizer: v.Options.Optimizer, Places: v.Places, MACs: v.Network.Total.MACs,
		PlainPeak: v.Plain, Exact: v.Exact, AskedFor: v.Asked}
	for i := range v.Curve {
		d.Curve = append(d.Curve, v.planDocument(&v.Curve[i]))
	}
	if v.Chosen != nil {
		chosen := v.planDocument(v.Chosen)
		d.ChosenPlan = &chosen
	}
	return d
}

func (v *Checkpoints) planDocument(p *memory.Plan) planDocument {
	d := planDocument{Peak: p.Peak, ExtraMACs: p.ExtraMACs, Segments: []segmentDocument{}}
	for _, s := range p.Segments {
		d.Segments = append(d.Segments, segmentDocument{v.Network.Nodes[s.From+1].Name, v.Network.Nodes[s.To].Name})
	}
	return d
}

// Table returns a row for each plan of the curve, after one without checkpoints.
func (v *Checkpoints) Table(units Units) Table {
	t := Table{
		Title: fmt.Sprintf("%s, batch of %s: checkpoints in %s", v.Title, plain.Count(v.Batch), describeOptions(v.Options)),
		Columns: []Column{right("peak", "peak"), right("saved", "saved"), right("extra_macs", "MACs run again"),
			right("overhead", "of a forward pass"), right("segments", "segments"), left("chosen", "")},
		Notes: v.notes(units), Minor: []string{"saved"},
	}
	isChosen := false
	rows := v.Curve
	if rows[0].Peak < v.Plain {
		rows = slices.Insert(slices.Clone(rows), 0, memory.Plan{Peak: v.Plain})
	}
	if v.Chosen != nil && !slices.ContainsFunc(rows, v.isChosen) {
		isWorse := func(row memory.Plan) bool { return row.ExtraMACs == v.Chosen.ExtraMACs && row.Peak > v.Chosen.Peak }
		rows = slices.DeleteFunc(slices.Clone(rows), isWorse)
		at, _ := slices.BinarySearchFunc(rows, v.Chosen, func(row memory.Plan, chosen *memory.Plan) int {
			return cmp.Compare(chosen.Peak, row.Peak)
		})
		rows = slices.Insert(rows, at, *v.Chosen)
	}
	for _, p := range rows {
		mark := ""
		if v.Chosen != nil && v.isChosen(p) && !isChosen {
			mark, isChosen = "<- "+v.Asked, true
		}
		overhead := Cell{Text: v.overhead(p.ExtraMACs), Value: percent(p.ExtraMACs, v.Network.Total.MACs)}
		t.Rows = append(t.Rows, []Cell{units.size(p.Peak), units.size(v.Plain - p.Peak), Int(p.ExtraMACs), overhead,
			Int(int64(len(p.Segments))), Str(mark)})
	}
	return t
}

func (v *Checkpoints) isChosen(p memory.Plan) bool {
	return p.Peak == v.Chosen.Peak && p.ExtraMACs == v.Chosen.ExtraMACs
}

// overhead writes MACs as a share of a forward pass.
func (v *Checkpoints) overhead(macs int64) string {
	return fmt.Sprintf("%.1f%%", percent(macs, v.Network.Total.MACs))
}

// notes say which plan was chosen, and what the figures are.
func (v *Checkpoints) notes(units Units) []string {
	lines := v.chosenLines(units)
	switch {
	case v.Places > 0:
	case len(v.Network.Inputs) > 1:
		lines = append(lines, "The network cannot be cut: it has several inputs.")
	default:
		lines = append(lines, "The network cannot be cut: no single volume joins its layers, or a later layer takes the "+
			"size of an earlier volume (like=).")
	}
	lines = append(lines,
		"A segment keeps only its input, and runs forward again before it runs backward (torch.utils.checkpoint).",
		"Layers without MACs, such as BN and RELU, run again without being counted.")
	if !v.Exact {
		lines = append(lines, "There are too many plans to compare all: another may be a little better.")
	}
	return append(lines, fmt.Sprintf("By PyTorch's account (PyTorch %s), without the state of the random numbers, some "+
		"kilobytes for each segment.", v.Options.Torch))
}

// chosenLines say which segments the plan has, and how it is written as code.
func (v *Checkpoints) chosenLines(units Units) []string {
	least := v.Curve[len(v.Curve)-1]
	switch {
	case v.Asked == "":
		return []string{"--memory or --overhead chooses a plan and lists its segments.", ""}
	case v.Chosen == nil:
		return []string{fmt.Sprintf("%s: no plan fits. The least peak is %s (%s bytes).", v.Asked, Bytes(least.Peak, units),
			plain.Count(least.Peak)), ""}
	case len(v.Chosen.Segments) == 0:
		return []string{v.Asked + ": no checkpoints are needed.", ""}
	}
	peak, macs := v.Chosen.Peak, v.Chosen.ExtraMACs
	lines := []string{fmt.Sprintf("%s: %s (%s bytes), %s MACs a picture run again, %s of a forward pass. The segments:",
		v.Asked, Bytes(peak, units), plain.Count(peak), plain.Count(macs), v.overhead(macs))}
	var names []string
	for _, s := range v.Chosen.Segments {
		name := SegmentName(v.Network.Graph, s)
		names = append(names, name)
		lines = append(lines, "  "+name)
	}
	return append(lines, fmt.Sprintf("As PyTorch code: cnncalc convert %s --checkpoint %s -o net.py", v.Command,
		strings.Join(names, ",")), "")
}

// SegmentName names a segment by its first and its last layer, "conv1:pool1".
func SegmentName(g *graph.Graph, s graph.Segment) string {
	return g.Nodes[s.From+1].Name + ":" + g.Nodes[s.To].Name
}
