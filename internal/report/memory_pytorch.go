package report

import (
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// PyTorchMemory is the view of PyTorch's account: what each layer takes, and under it the parts, the peak, and how far
// to trust them.
type PyTorchMemory struct {
	Title   string
	Network *shape.Network
	Account *memory.Account
	Rows    LayerRows
	More    bool // with the columns that --columns chooses from in addition
}

// pytorchDocument is PyTorch's account in JSON.
type pytorchDocument struct {
	Torch      memory.Torch           `json:"torch"`
	Mode       memory.Mode            `json:"mode"`
	DType      memory.DType           `json:"dtype"`
	Optimizer  memory.Optimizer       `json:"optimizer,omitempty" jsonschema:"in training"`
	Parallel   *memory.Parallel       `json:"parallel,omitempty" jsonschema:"with --gpus or --accumulate"`
	Peak       memory.PeakBytes       `json:"peak"`
	Reserved   int64                  `json:"reserved,omitempty" jsonschema:"an estimate, in PyTorch 2 on CUDA"`
	Parts      []memory.PartBytes     `json:"parts"`
	Saved      *memory.SavedBytes     `json:"saved,omitempty" jsonschema:"in training"`
	Volumes    *memory.VolumePeaks    `json:"volumes,omitempty" jsonschema:"in inference"`
	SavedExact bool                   `json:"saved_exact" jsonschema:"of saved or volumes"`
	Layers     []pytorchLayerDocument `json:"layers"`
	Checked    []string               `json:"checked"`
	Estimates  []string               `json:"estimates"`
	Warnings   []string               `json:"warnings"`
}

// pytorchLayerDocument is what one layer takes.
type pytorchLayerDocument struct {
	Name string `json:"name"`
	memory.LayerBytes
}

// Document returns the account for programs, with all layers.
func (v *PyTorchMemory) Document() any {
	a := v.Account
	d := &pytorchDocument{
		Torch: a.Options.Torch, Mode: a.Options.Mode, DType: a.Options.DType,
		Peak: a.Peak, Reserved: a.Reserved, Parts: a.Parts, SavedExact: a.SavedExact,
		Checked: a.Options.Basis(), Estimates: append([]string{}, a.Estimates...), Warnings: append([]string{},
			a.Warnings...),
	}
	if a.Options.Mode == memory.Training {
		d.Optimizer, d.Saved = a.Options.Optimizer, &a.Saved
		if p := a.Options.Parallel; p != (memory.Parallel{}) {
			d.Parallel = &p
		}
	} else {
		d.Volumes = &a.Volumes
	}
	for i, l := range a.Layers {
		d.Layers = append(d.Layers, pytorchLayerDocument{v.Network.Nodes[i].Name, l})
	}
	return newNetworkDocument(v.Title, v.Network, a.Batch, memoryDocument{PyTorch: d})
}

// Table returns a row for each layer that takes memory.
func (v *PyTorchMemory) Table(units Units) Table {
	layers := v.Account.Layers
	rows := v.Rows.of(v.Network, len(layers), func(i int) bool {
		return layers[i].Output+layers[i].Parameters+layers[i].Saved > 0
	})
	t := layerTable(rows, v.columns(units), true)
	t.Title, t.Minor = v.Title, []string{"output", "layer", "parameters", "volume"}
	t.Notes = slices.Concat(v.partLines(units), []string{""}, v.peakLines(units), []string{""}, v.trustLines())
	return t
}

func (v *PyTorchMemory) columns(units Units) []layerColumn {
	columns, more := nameColumns(v.Network), []layerColumn{inputColumn(v.Network), originColumn(v.Network)}
	for _, f := range v.figures() {
		of := func(i int) int64 { return f.of(v.Account.Layers[i]) }
		column := layerColumn{Column: right(f.key, f.header)}
		switch {
		case f.isTotalled:
			total := int64(0)
			for i := range v.Account.Layers {
				total += of(i)
			}
			column.cell, column.total = func(r layerRow) Cell { return units.size(r.sum(of)) }, units.size(total)
			more = append(more, shareColumn(f.key, total, of))
		case f.isBackward: // a block has run backward when its first layer has
			column.cell = func(r layerRow) Cell { return units.size(of(r.first())) }
		default:
			column.cell = func(r layerRow) Cell { return units.size(of(r.last())) }
		}
		columns = append(columns, column)
	}
	if v.More {
		columns = append(columns, more...)
	}
	return columns
}

// layerFigure is one figure of each layer.
type layerFigure struct {
	key, header string
	of          func(memory.LayerBytes) int64
	isTotalled  bool // its sum over the layers means something
	isBackward  bool // it is of the backward pass, which runs in reverse
}

// figures returns the figures of layers in the mode of the account.
func (v *PyTorchMemory) figures() []layerFigure {
	volume := layerFigure{"volume", "volume", func(b memory.LayerBytes) int64 { return b.Output }, true, false}
	parameters := layerFigure{"parameters", "parameters", func(b memory.LayerBytes) int64 { return b.Parameters },
		true, false}
	saved := layerFigure{"saved", "saved", func(b memory.LayerBytes) int64 { return b.Saved }, true, false}
	forward := layerFigure{"forward", "alive after it", func(b memory.LayerBytes) int64 { return b.Forward }, false, false}
	backward := layerFigure{"backward", "and backward", func(b memory.LayerBytes) int64 { return b.Backward }, false, true}
	if v.Account.Options.Mode == memory.Training {
		return []layerFigure{volume, parameters, saved, forward, backward}
	}
	return []layerFigure{volume, parameters, forward}
}

// describeOptions says what an account is for.
func describeOptions(o memory.Options) string {
	return fmt.Sprintf("PyTorch %s, %s, %s", o.Torch, o.Mode, useText(o))
}

// useText describes a use of a mode: its type and, of a training, its optimizer and devices.
func useText(o memory.Options) string {
	words := []string{string(o.DType)}
	switch {
	case o.Mode != memory.Training:
	case o.Optimizer == memory.NoOptimizer:
		words = append(words, "no optimizer")
	default:
		words = append(words, string(o.Optimizer))
	}
	if p := o.Parallel; p.Devices > 1 {
		words = append(words, fmt.Sprintf("each of %s devices by %s", plain.Count(p.Devices), p.Strategy))
	}
	if p := o.Parallel; p.Accumulate > 1 {
		words = append(words, plain.Count(p.Accumulate)+" passes for an update")
	}
	return strings.Join(words, ", ")
}

func exactly(exact bool) string {
	if exact {
		return "exact"
	}
	return "estimate"
}

// partLines returns the parts of the account, and their sum at the peak.
func (v *PyTorchMemory) partLines(units Units) []string {
	a := v.Account
	size := func(bytes int64) string { return Bytes(bytes, units) }
	lines := []string{
		fmt.Sprintf("By PyTorch's account (%s), batch of %s:", describeOptions(a.Options), plain.Count(a.Batch)),
		partLine("part", "at most", "at the peak", ""),
	}
	for _, p := range a.Parts {
		lines = append(lines, partLine(string(p.Part), size(p.Most), size(p.AtPeak), exactly(p.Exact)))
	}
	exact := fmt.Sprintf("%s (%s bytes)", exactly(a.Peak.Exact), plain.Count(a.Peak.Bytes))
	lines = append(lines, partLine("peak", "", size(a.Peak.Bytes), exact))
	if a.Reserved > 0 {
		lines = append(lines, partLine("reserved", size(a.Reserved), "", fmt.Sprintf("estimate (%s bytes in the segments "+
			"of the allocator)", plain.Count(a.Reserved))))
	}
	lines = append(lines, v.sumLine())
	if total := v.Network.Total; total.FrozenCount > 0 {
		lines = append(lines, fmt.Sprintf("Parameters: %s trainable, %s frozen.", plain.Count(total.Trainable()),
			plain.Count(total.FrozenCount)))
	}
	return lines
}

func partLine(part, most, atPeak, exact string) string {
	return strings.TrimRight(fmt.Sprintf("  %-22s %12s %12s  %s", part, most, atPeak, exact), " ")
}

// sumLine returns what autograd saves, or in inference the largest sum of volumes.
func (v *PyTorchMemory) sumLine() string {
	a := v.Account
	if a.Options.Mode == memory.Training {
		return fmt.Sprintf("Autograd saves %s bytes for the backward pass, parameters, input and targets among them: %s.",
			plain.Count(a.Saved.Total), exactly(a.SavedExact))
	}
	return fmt.Sprintf("The largest sum of volumes is %s bytes in %s, or %s in %s if the input is released: %s.",
		plain.Count(a.Volumes.Kept.Bytes), a.Volumes.Kept.Name,
		plain.Count(a.Volumes.Freed.Bytes), a.Volumes.Freed.Name, exactly(a.SavedExact))
}

// peakLines say where the peak is and what is alive there.
func (v *PyTorchMemory) peakLines(units Units) []string {
	peak := v.Account.Peak
	where := map[memory.Phase]string{
		memory.Forward:  "while " + peak.Name + " runs forward",
		memory.LossStep: "in the cross entropy",
		memory.Backward: "while " + peak.Name + " runs backward",
		memory.Reduce:   "in " + peak.Name,
		memory.Update:   "in the step of " + peak.Name,
	}
	lines := []string{fmt.Sprintf("The peak occurs %s. The largest tensors alive then:", where[peak.Phase])}
	for _, t := range peak.Alive {
		line := fmt.Sprintf("  %12s  %s", Bytes(t.Bytes, units), t.Name)
		if t.Name != string(t.Part) {
			line += fmt.Sprintf(" (%s)", t.Part)
		}
		lines = append(lines, line)
	}
	return lines
}

// trustLines say under which version the figures were checked, and what is not.
func (v *PyTorchMemory) trustLines() []string {
	lines := v.Account.Options.Basis()
	if v.Account.Reserved > 0 {
		lines = append(lines, "Reserved replays two passes by the published algorithm of PyTorch's caching allocator; "+
			"it has not been measured on a device.")
	}
	for _, e := range v.Account.Estimates {
		lines = append(lines, "Estimate: "+e+".")
	}
	for _, w := range v.Account.Warnings {
		lines = append(lines, "Warning: "+w+".")
	}
	return lines
}
