package main

import (
	"fmt"

	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
	"cnncalc/internal/shape"
)

// notes is the VGG table, with the account and the shares under it.
func (l *loaded) notes(f *memoryFlags, o memory.Options, units report.Units) (accountResult, error) {
	n := l.network
	account, err := memory.NewNotes(n, f.batch, o.DType, o.Optimizer)
	if err != nil {
		return accountResult{}, problemError("%s: %w", l.title(), err)
	}
	t := report.NetworkTable(n, f.all)
	if f.columns != nil {
		t = report.WithFields(t, n, f.all)
	}
	t.Title = l.title()
	t.Notes = append(totalLines(n, account, units), accountLines(f, o, account, units)...)
	t.Notes = append(t.Notes, shareLines(n)...)
	if isNotesVGG(n) {
		t.Notes = append(t.Notes, "", "The CS231n notes print 24M values, 93MB, under these same rows: an error there (cs231n.github.io issue 88).")
	}
	return accountResult{t, report.MemoryDocument{Notes: &account}}, nil
}

// isNotesVGG recognises the network of the notes' table by its sums.
func isNotesVGG(n *shape.Network) bool {
	return n.Total.Activations == 15_237_608 && n.Total.WeightCount == 138_344_128
}

func totalLines(n *shape.Network, m memory.Notes, units report.Units) []string {
	perImage := n.Total.Activations * m.BytesPerValue // fits: NewNotes has multiplied it by the batch
	return []string{
		fmt.Sprintf("TOTAL memory: %s values * %d bytes = %s / image (forward only, twice that with the backward pass)",
			plain.Count(n.Total.Activations), m.BytesPerValue, report.Bytes(perImage, units)),
		fmt.Sprintf("TOTAL params: %s (%s weights + %s biases)", plain.Count(n.Total.Parameters()), plain.Count(n.Total.WeightCount),
			plain.Count(n.Total.BiasCount)),
		"",
	}
}

// accountLines are the notes' three parts, for training and inference or for the one that was asked for.
func accountLines(f *memoryFlags, o memory.Options, m memory.Notes, units report.Units) []string {
	count := plain.Count
	size := func(bytes int64) string { return report.Bytes(bytes, units) }
	line := func(what string, bytes int64, how string) string { return sizeLine(what, bytes, units, how) }
	types := map[memory.DType]string{memory.FP32: "float32", memory.FP16: "float16", memory.BF16: "bfloat16"}
	head := fmt.Sprintf("By the notes' account, %s, batch of %s", types[o.DType], count(m.Batch))
	images := line("image batch", m.ImageBatch, fmt.Sprintf("%s * %s values * %d bytes", count(m.Batch),
		count(m.ImageBatch/m.Batch/m.BytesPerValue), m.BytesPerValue))
	inference := line("inference", m.Inference, "forward volumes all kept, parameters, image batch")
	if f.mode == string(memory.Inference) {
		return []string{
			head + fmt.Sprintf(" (%s bytes to run):", count(m.Inference)),
			line("volumes", m.VolumesForward, "forward"),
			line("parameters", m.Parameters, "weights"),
			images,
			inference,
		}
	}
	parameters := fmt.Sprintf("weights %s + gradients %s", size(m.Parameters), size(m.Gradients))
	if keeps := o.Optimizer.Keeps(); keeps != "" {
		parameters += fmt.Sprintf(" + %s %s", keeps, size(m.OptimizerCache))
	}
	lines := []string{
		head + fmt.Sprintf(" (%s bytes to train):", count(m.Training)),
		line("volumes", m.VolumesForward+m.VolumesBackward, fmt.Sprintf("forward %s + their gradients %s", size(m.VolumesForward), size(m.VolumesBackward))),
		line("parameters", m.Parameters+m.Gradients+m.OptimizerCache, parameters),
		images,
		line("training", m.Training, "all of these"),
	}
	if f.mode == "" {
		lines = append(lines, inference)
	}
	return lines
}

// shareLines tell where most of the memory and of the weights is.
func shareLines(n *shape.Network) []string {
	describe := func(what string, figure func(shape.Layer) int64) string {
		node, percent := report.Largest(n, figure)
		return fmt.Sprintf("The largest %s: %s, %s of %s (%.0f%%).", what, n.Nodes[node].Name,
			plain.Count(figure(n.Layers[node])), plain.Count(figure(n.Total)), percent)
	}
	lines := []string{"", describe("volume", func(l shape.Layer) int64 { return l.Activations })}
	if n.Total.WeightCount > 0 {
		lines = append(lines, describe("weights", func(l shape.Layer) int64 { return l.WeightCount }))
	}
	return lines
}
