package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"cnncalc/internal/count"
	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
	"cnncalc/internal/shape"
)

const memoryLong = `memory prints the notes' VGG table: every layer's volume, weights and MACs, then what a batch needs
by the notes' rules: the volumes (twice, for the backward pass), the parameters (three times, with
their gradients and the optimizer's cache), and the batch of pictures.

Activation functions work in place and make no volume of their own; --all lists them too.
A MAC is one multiply-accumulate of a convolution or FC, biases not counted; 1 MAC is 2 FLOPs.`

type memoryFlags struct {
	specFlags
	batch   int64
	all     bool
	arena   bool
	as      string
	columns []string
	format  string
	output  string
	units   string
}

func newMemory(a *app) *cobra.Command {
	var f memoryFlags
	cmd := &cobra.Command{
		Use:     "memory [SPEC]",
		Short:   "print activations, parameters and MACs of every layer, and the memory a batch needs",
		Long:    memoryLong,
		Example: "  cnncalc memory vgg16 --batch 64\n  cnncalc memory mynet.yaml --format csv -o table.csv",
		Args:    atMostOneSpec,
		RunE:    func(_ *cobra.Command, args []string) error { return a.memory(args, &f) },
	}
	f.register(cmd.Flags())
	flags := cmd.Flags()
	flags.Int64Var(&f.batch, "batch", 1, "pictures in a batch")
	flags.BoolVar(&f.all, "all", false, "list layers too that make no volume and have no parameters")
	flags.BoolVar(&f.arena, "arena", false, "print instead what cnncalc run takes here: where each volume lives, and the totals")
	flags.StringVar(&f.as, "as", "", "count as another program does: "+strings.Join(count.Names(), ", ")+" (cnncalc help counting)")
	flags.StringSliceVar(&f.columns, "columns", nil, "columns to print, in order: name,layer,output,memory,weights,biases,macs,field,jump,start")
	flags.StringVar(&f.format, "format", "text", "text, markdown, csv or json")
	flags.StringVarP(&f.output, "output", "o", "", "write to this file, whole or not at all")
	flags.StringVar(&f.units, "units", string(report.IEC), "iec (1 GiB = 2^30 bytes) or si (1 GB = 10^9)")
	return cmd
}

func (a *app) memory(args []string, f *memoryFlags) error {
	format, err := report.ParseFormat(f.format)
	if err != nil {
		return usageError("--format: %w", err)
	}
	units, err := report.ParseUnits(f.units)
	if err != nil {
		return usageError("--units: %w", err)
	}
	if f.batch < 1 {
		return usageError("--batch must be 1 or more, not %d", f.batch)
	}
	if f.as != "" {
		return a.memoryAs(args, f, format)
	}
	l, err := a.loadSound(args, &f.specFlags)
	if err != nil {
		return err
	}
	if f.arena {
		return a.memoryArena(l, f, format, units)
	}
	notes, err := memory.NewNotes(l.network, f.batch)
	if err != nil {
		return problemError("%s: %w", l.title(), err)
	}
	if format == report.JSON {
		if f.columns != nil {
			return usageError("--columns is for tables; JSON has all of them")
		}
		document := report.NewNetworkDocument(l.title(), l.network, f.batch, notes)
		return a.write(f.output, func(w io.Writer) error { return report.WriteJSON(w, document) })
	}
	return a.writeSelected(l.memoryTable(f, notes, units), f.columns, f.output, format)
}

// memoryArena prints the executor's account in place of the notes'.
func (a *app) memoryArena(l *loaded, f *memoryFlags, format report.Format, units report.Units) error {
	if format == report.JSON {
		return usageError("--arena writes text, markdown or csv, not json")
	}
	table, err := l.arenaTable(f.batch, units)
	if err != nil {
		return err
	}
	return a.writeSelected(table, f.columns, f.output, format)
}

// memoryTable is the VGG table, with the account and the shares under it.
func (l *loaded) memoryTable(f *memoryFlags, notes memory.Notes, units report.Units) report.Table {
	n := l.network
	t := report.NetworkTable(n, f.all)
	if f.columns != nil {
		t = report.WithFields(t, n, f.all)
	}
	t.Title = l.title()
	t.Notes = append(accountLines(n, notes, units), shareLines(n)...)
	if isNotesVGG(n) {
		t.Notes = append(t.Notes, "", "The CS231n notes print 24M values, 93MB, under these same rows: an error there (cs231n.github.io issue 88).")
	}
	return t
}

// isNotesVGG recognises the network of the notes' table by its sums.
func isNotesVGG(n *shape.Network) bool {
	return n.Total.Activations == 15_237_608 && n.Total.WeightCount == 138_344_128
}

func accountLines(n *shape.Network, m memory.Notes, units report.Units) []string {
	perImage := n.Total.Activations * memory.BytesPerValue // fits: NewNotes has multiplied it by the batch
	size := func(bytes int64) string { return report.Bytes(bytes, units) }
	line := func(what string, bytes int64, how string) string {
		return fmt.Sprintf("  %-12s %10s  %s", what, size(bytes), how)
	}
	count := plain.Count
	return []string{
		fmt.Sprintf("TOTAL memory: %s values * 4 bytes = %s / image (forward only, twice that with the backward pass)", count(n.Total.Activations), size(perImage)),
		fmt.Sprintf("TOTAL params: %s (%s weights + %s biases)", count(n.Total.Parameters()), count(n.Total.WeightCount), count(n.Total.BiasCount)),
		"",
		fmt.Sprintf("By the notes' account, float32, batch of %s (%s bytes to train):", count(m.Batch), count(m.Training)),
		line("volumes", m.VolumesForward+m.VolumesBackward, fmt.Sprintf("forward %s + their gradients %s", size(m.VolumesForward), size(m.VolumesBackward))),
		line("parameters", m.Parameters+m.Gradients+m.OptimizerCache, fmt.Sprintf("weights %s + gradients %s + momentum %s", size(m.Parameters), size(m.Gradients), size(m.OptimizerCache))),
		line("image batch", m.ImageBatch, fmt.Sprintf("%s * %s values * 4 bytes", count(m.Batch), count(m.ImageBatch/m.Batch/memory.BytesPerValue))),
		line("training", m.Training, "all of these"),
		line("inference", m.Inference, "forward volumes all kept, parameters, image batch"),
	}
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
