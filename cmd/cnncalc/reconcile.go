package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"cnncalc/internal/count"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
)

const reconcileLong = `reconcile counts a network as two programs do and lists what lies between their figures, item by item:
the first figure and the items add up to the second, exactly. Quantities that only one of them counts are left
out. cnncalc help counting lists the programs.`

type reconcileFlags struct {
	specFlags
	batch  int64
	format string
	output string
}

func newReconcile(a *app) *cobra.Command {
	var f reconcileFlags
	cmd := &cobra.Command{
		Use:     "reconcile A B [SPEC]",
		Short:   "list what lies between the figures of two programs that count",
		Long:    reconcileLong,
		Example: "  cnncalc reconcile fvcore thop torchvision/resnet50\n  cnncalc reconcile torchinfo torchsummary mynet.yaml --format csv",
		RunE:    func(_ *cobra.Command, args []string) error { return a.reconcile(args, &f) },
	}
	f.register(cmd.Flags())
	flags := cmd.Flags()
	flags.Int64Var(&f.batch, "batch", 1, "pictures in a batch")
	flags.StringVar(&f.format, "format", "text", "text, markdown, csv or json")
	flags.StringVarP(&f.output, "output", "o", "", "write to this file, whole or not at all")
	return cmd
}

func (a *app) reconcile(args []string, f *reconcileFlags) error {
	format, err := report.ParseFormat(f.format)
	if err != nil {
		return usageError("--format: %w", err)
	}
	if f.batch < 1 {
		return usageError("--batch must be 1 or more, not %d", f.batch)
	}
	if len(args) < 2 || len(args) > 3 {
		return usageError("reconcile takes two conventions and at most one SPEC: choose from %s", strings.Join(count.Names(), ", "))
	}
	from, err := count.Find(args[0])
	if err != nil {
		return usageError("%w", err)
	}
	to, err := count.Find(args[1])
	if err != nil {
		return usageError("%w", err)
	}
	l, err := a.loadSound(args[2:], &f.specFlags)
	if err != nil {
		return err
	}
	r, err := count.Reconcile(from, to, l.network, f.batch)
	if err != nil {
		return problemError("%s: %w", l.title(), err)
	}
	if format == report.JSON {
		return a.write(f.output, func(w io.Writer) error { return report.WriteJSON(w, newReconcileDocument(l.title(), r)) })
	}
	return a.write(f.output, func(w io.Writer) error { return reconcileTable(l.title(), r, f.batch).Write(w, format) })
}

// reconcileTable has, for each quantity, the first figure, the items, and the second figure.
func reconcileTable(title string, r *count.Reconciliation, batch int64) report.Table {
	t := report.Table{
		Title: fmt.Sprintf("%s, batch %s: from %s to %s", title, plain.Count(r.Batch), r.From.Title(), r.To.Title()),
		Columns: []report.Column{
			{Key: "quantity", Header: "quantity"},
			{Key: "of", Header: "of"},
			{Key: "what", Header: "what"},
			{Key: "places", Header: "places", Align: report.Right},
			{Key: "amount", Header: "amount", Align: report.Right},
		},
	}
	for _, d := range r.Differences {
		quantity := report.Str(d.Quantity.String())
		figure := func(c *count.Convention, amount int64) {
			t.Rows = append(t.Rows, []report.Cell{quantity, report.Str(c.Name), report.Str(figureWord(c, d.Quantity)), {}, report.Int(amount)})
		}
		figure(r.From, d.From)
		for _, item := range d.Items {
			amount := report.Int(item.Amount)
			if item.Amount > 0 {
				amount.Text = "+" + amount.Text
			}
			t.Rows = append(t.Rows, []report.Cell{quantity, report.Str(item.Of), report.Str(item.What), report.Int(int64(item.Places)), amount})
		}
		figure(r.To, d.To)
	}
	t.Notes = reconcileNotes(r, batch)
	return t
}

// reconcileNotes are what else makes the printed figures differ.
func reconcileNotes(r *count.Reconciliation, batch int64) []string {
	var notes []string
	if r.From.MB != r.To.MB && r.From.MB != "" && r.To.MB != "" {
		notes = append(notes, fmt.Sprintf("What %s prints as MB is %s bytes, and what %s prints %s.", r.From.Name, r.From.MB, r.To.Name, r.To.MB))
	}
	if r.Batch != batch {
		single := r.From
		if r.To.PerPicture {
			single = r.To
		}
		notes = append(notes, fmt.Sprintf("%s counts one picture whatever the batch, so both figures are of one.", single.Name))
	}
	return notes
}

// figureWord is what a convention calls a quantity.
func figureWord(c *count.Convention, q count.Quantity) string {
	if q == count.Bytes {
		return "input, outputs and parameters"
	}
	return quantityHeader(c, q)
}

// reconcileDocument is a reconciliation in JSON.
type reconcileDocument struct {
	Schema      string               `json:"schema"`
	Network     string               `json:"network"`
	Batch       int64                `json:"batch"`
	From        conventionDocument   `json:"from"`
	To          conventionDocument   `json:"to"`
	Differences []differenceDocument `json:"differences"`
}

type differenceDocument struct {
	Quantity string         `json:"quantity"`
	From     int64          `json:"from"`
	To       int64          `json:"to"`
	Items    []itemDocument `json:"items"`
}

type itemDocument struct {
	Of     string `json:"of"`
	What   string `json:"what"`
	Places int    `json:"places"` // layers and blocks
	Amount int64  `json:"amount"`
}

func newReconcileDocument(title string, r *count.Reconciliation) reconcileDocument {
	d := reconcileDocument{
		Schema: report.Schema, Network: title, Batch: r.Batch,
		From: conventionDocument{r.From.Name, r.From.Program, r.From.Version},
		To:   conventionDocument{r.To.Name, r.To.Program, r.To.Version},
	}
	for _, difference := range r.Differences {
		items := make([]itemDocument, 0, len(difference.Items))
		for _, item := range difference.Items {
			items = append(items, itemDocument{item.Of, item.What, item.Places, item.Amount})
		}
		d.Differences = append(d.Differences, differenceDocument{difference.Quantity.String(), difference.From, difference.To, items})
	}
	return d
}

// countingHelp describes the conventions.
func countingHelp() string {
	var b strings.Builder
	b.WriteString(countingIntro)
	for _, c := range count.Conventions() {
		fmt.Fprintf(&b, "\n  %s: %s\n", c.Name, c.Title())
		summary := c.Summary
		if c.MB != "" {
			summary += "; MB is " + c.MB + " bytes"
		}
		for _, line := range report.Fill(summary, countingWidth) {
			fmt.Fprintf(&b, "    %s\n", line)
		}
	}
	b.WriteString(countingModules)
	return b.String()
}

// Width of the paragraphs in countingHelp, in characters.
const countingWidth = 100

const countingIntro = `cnncalc memory --as NAME counts a network as another program does, in its units and under its labels, and
cnncalc reconcile A B lists what lies between two of them. The figures are held to what the programs print for
14 networks of torchvision (torchvision/NAME), those of convnet-burden to its published table. A kind of layer
that is in none of these is counted by the program's source, and the output says so.
`

const countingModules = `
What is a module decides what torchsummary, thop and ptflops see. Every layer is one, but for ADD, CONCAT, MUL and
CROP; so is a block with paths. A file may say otherwise, as torchvision's code does:

  pytorch:
    modules: [unit, inception]             # blocks that are modules, in place of those with paths
    functions: [relu, inception.pool]      # kinds, kinds in a block, or labels that are called as functions
    lists: [dense]                         # blocks whose input is a list of tensors: torchsummary fails there

convnet-burden's table has other networks under some names: its alexnet is without LRN, its resnet-50, 101 and
152 are Caffe's (the stride in the first 1x1), and its googlenet is Caffe's with auxiliary heads.
`
