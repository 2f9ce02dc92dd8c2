package report

import (
	"fmt"
	"strings"

	"cnncalc/internal/explain"
	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// NotesMemory is the view of the notes' account: their VGG table, and under it the totals, the account and the shares.
type NotesMemory struct {
	Title     string
	Network   *shape.Network
	Account   memory.Notes
	Mode      memory.Mode // "" for both
	DType     memory.DType
	Optimizer memory.Optimizer
	Rows      LayerRows
	More      bool // with the columns that --columns chooses from in addition
}

// Document returns the account for programs, with all layers.
func (v *NotesMemory) Document() any {
	return newNetworkDocument(v.Title, v.Network, v.Account.Batch, memoryDocument{Notes: &v.Account})
}

// Table returns the notes' table.
func (v *NotesMemory) Table(units Units) Table {
	var extra []layerColumn
	switch {
	case v.More:
		extra = moreColumns(v.Network)
	case v.Network.Total.FrozenCount > 0:
		extra = []layerColumn{frozenColumn(v.Network)}
	}
	t := networkTable(v.Network, v.Rows, extra)
	t.Title = v.Title
	t.Notes = append(t.Notes, v.totalLines(units)...)
	t.Notes = append(t.Notes, v.accountLines(units)...)
	t.Notes = append(t.Notes, shareLines(v.Network)...)
	if isNotesVGG(v.Network) {
		t.Notes = append(t.Notes, "",
			"The CS231n notes print 24M values, 93MB, under these same rows: an error there (cs231n.github.io issue 88).")
	}
	return t
}

// isNotesVGG recognises the network of the notes' table by its sums.
func isNotesVGG(n *shape.Network) bool {
	return n.Total.Activations == 15_237_608 && n.Total.WeightCount == 138_344_128
}

func (v *NotesMemory) totalLines(units Units) []string {
	total, m := v.Network.Total, v.Account
	perImage := total.Activations * m.BytesPerValue // fits: NewNotes has multiplied it by the batch
	return []string{
		fmt.Sprintf("TOTAL memory: %s values * %d bytes = %s / image (forward only, twice that with the backward pass)",
			plain.Count(total.Activations), m.BytesPerValue, Bytes(perImage, units)),
		fmt.Sprintf("TOTAL params: %s (%s weights + %s biases)%s", plain.Count(total.Parameters()),
			plain.Count(total.WeightCount), plain.Count(total.BiasCount), explain.Frozen(total)),
		"",
	}
}

// accountLines returns the notes' three parts, for training and inference or for the one that was asked for.
func (v *NotesMemory) accountLines(units Units) []string {
	m := v.Account
	if v.Mode == memory.Inference {
		return []string{
			v.accountHead(m.Inference, "run"),
			sizeLine("volumes", m.VolumesRunning, units, "forward"),
			sizeLine("parameters", m.Parameters, units, "weights"),
			v.imagesLine(units),
			v.inferenceLine(units),
		}
	}
	size := func(bytes int64) string { return Bytes(bytes, units) }
	parameters := fmt.Sprintf("weights %s + gradients %s", size(m.Parameters), size(m.Gradients))
	if keeps := v.Optimizer.Keeps(); keeps != "" {
		parameters += fmt.Sprintf(" + %s %s", keeps, size(m.OptimizerCache))
	}
	volumes := fmt.Sprintf("forward %s + their gradients %s", size(m.VolumesForward), size(m.VolumesBackward))
	lines := []string{
		v.accountHead(m.Training, "train"),
		sizeLine("volumes", m.VolumesForward+m.VolumesBackward, units, volumes),
		sizeLine("parameters", m.Parameters+m.Gradients+m.OptimizerCache, units, parameters),
		v.imagesLine(units),
		sizeLine("training", m.Training, units, "all of these"),
	}
	if v.Mode == "" {
		lines = append(lines, v.inferenceLine(units))
	}
	return lines
}

func (v *NotesMemory) accountHead(bytes int64, purpose string) string {
	types := map[memory.DType]string{memory.FP32: "float32", memory.FP16: "float16", memory.BF16: "bfloat16"}
	return fmt.Sprintf("By the notes' account, %s, batch of %s (%s bytes to %s):",
		types[v.DType], plain.Count(v.Account.Batch), plain.Count(bytes), purpose)
}

func (v *NotesMemory) imagesLine(units Units) string {
	m := v.Account
	values := m.ImageBatch / m.Batch / m.BytesPerValue
	return sizeLine("image batch", m.ImageBatch, units,
		fmt.Sprintf("%s * %s values * %d bytes", plain.Count(m.Batch), plain.Count(values), m.BytesPerValue))
}

func (v *NotesMemory) inferenceLine(units Units) string {
	return sizeLine("inference", v.Account.Inference, units, "all forward volumes, parameters and image batch")
}

// sizeLine returns a line under a table: what, how much, and a remark.
func sizeLine(what string, bytes int64, units Units, remark string) string {
	return strings.TrimRight(fmt.Sprintf("  %-12s %10s  %s", what, Bytes(bytes, units), remark), " ")
}

// shareLines say where most of the memory and of the weights is.
func shareLines(n *shape.Network) []string {
	describe := func(what string, figure func(shape.Layer) int64) string {
		node := largest(n, figure)
		most, total := figure(n.Layers[node]), figure(n.Total)
		return fmt.Sprintf("The largest %s: %s, %s of %s (%.0f%%).", what, n.Nodes[node].Name, plain.Count(most),
			plain.Count(total), percent(most, total))
	}
	lines := []string{"", describe("volume", func(l shape.Layer) int64 { return l.Activations })}
	if n.Total.WeightCount > 0 {
		lines = append(lines, describe("weights", func(l shape.Layer) int64 { return l.WeightCount }))
	}
	return lines
}

// largest returns the first node whose figure no other exceeds.
func largest(n *shape.Network, figure func(shape.Layer) int64) int {
	node := 0
	for i, l := range n.Layers {
		if figure(l) > figure(n.Layers[node]) {
			node = i
		}
	}
	return node
}
