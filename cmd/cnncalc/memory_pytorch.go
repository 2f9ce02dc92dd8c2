package main

import (
	"fmt"
	"strings"

	"cnncalc/internal/memory"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
)

// pytorch is PyTorch's account: what every layer takes, and under it the parts, the peak, and how far to trust them.
func (l *loaded) pytorch(f *memoryFlags, o memory.Options, units report.Units) (accountResult, error) {
	model, err := memory.NewPyTorch(l.network, o)
	if err != nil {
		return accountResult{}, problemError("%s: %w", l.title(), err)
	}
	account, err := model.Account(f.batch)
	if err != nil {
		return accountResult{}, problemError("%s: %w", l.title(), err)
	}
	t := l.pytorchTable(account, f.all, units)
	t.Title = l.title()
	t.Notes = append(partLines(account, units), "")
	t.Notes = append(t.Notes, peakLines(account, units)...)
	t.Notes = append(t.Notes, "")
	t.Notes = append(t.Notes, trustLines(account)...)
	return accountResult{t, report.MemoryDocument{PyTorch: report.NewPyTorchDocument(l.network, account)}}, nil
}

// pytorchTable has a row for each layer that takes memory, or for each layer of all.
func (l *loaded) pytorchTable(a *memory.Account, all bool, units report.Units) report.Table {
	training := a.Options.Mode == memory.Training
	t := report.Table{Columns: []report.Column{
		{Key: "name", Header: "name"},
		{Key: "layer", Header: "layer"},
		{Key: "output", Header: "output"},
		{Key: "volume", Header: "volume", Align: report.Right},
		{Key: "parameters", Header: "parameters", Align: report.Right},
	}}
	if training {
		t.Columns = append(t.Columns, report.Column{Key: "saved", Header: "saved", Align: report.Right})
	}
	t.Columns = append(t.Columns, report.Column{Key: "forward", Header: "alive after it", Align: report.Right})
	if training {
		t.Columns = append(t.Columns, report.Column{Key: "backward", Header: "and backward", Align: report.Right})
	}
	var total memory.LayerBytes
	for i, b := range a.Layers {
		total.Output, total.Parameters, total.Saved = total.Output+b.Output, total.Parameters+b.Parameters, total.Saved+b.Saved
		if !all && b.Output == 0 && b.Parameters == 0 && b.Saved == 0 {
			continue
		}
		node := &l.network.Nodes[i]
		row := []report.Cell{report.Str(node.Name), report.Str(op.Short(node.Op)), report.Str("[" + l.network.Layers[i].Out.String() + "]"),
			sizeCell(b.Output, units), sizeCell(b.Parameters, units)}
		if training {
			row = append(row, sizeCell(b.Saved, units))
		}
		row = append(row, sizeCell(b.Forward, units))
		if training {
			row = append(row, sizeCell(b.Backward, units))
		}
		t.Rows = append(t.Rows, row)
	}
	footer := []report.Cell{report.Str("total"), {}, {}, sizeCell(total.Output, units), sizeCell(total.Parameters, units)}
	if training {
		footer = append(footer, sizeCell(total.Saved, units))
	}
	for len(footer) < len(t.Columns) {
		footer = append(footer, report.Cell{})
	}
	t.Footer = [][]report.Cell{footer}
	return t
}

// describeOptions is what an account is of, in words.
func describeOptions(o memory.Options) string {
	words := []string{"PyTorch " + string(o.Torch), string(o.Mode), string(o.DType)}
	if o.Mode == memory.Training && o.Optimizer == memory.NoOptimizer {
		words = append(words, "no optimizer")
	} else if o.Mode == memory.Training {
		words = append(words, string(o.Optimizer))
	}
	return strings.Join(words, ", ")
}

func exactly(exact bool) string {
	if exact {
		return "exact"
	}
	return "estimate"
}

// partLines are the parts of the account, and their sum at the peak.
func partLines(a *memory.Account, units report.Units) []string {
	line := func(part string, most, atPeak, exact string) string {
		return strings.TrimRight(fmt.Sprintf("  %-22s %12s %12s  %s", part, most, atPeak, exact), " ")
	}
	size := func(bytes int64) string { return report.Bytes(bytes, units) }
	lines := []string{
		fmt.Sprintf("By PyTorch's account (%s), batch of %s:", describeOptions(a.Options), plain.Count(a.Batch)),
		line("part", "at most", "at the peak", ""),
	}
	for _, p := range a.Parts {
		lines = append(lines, line(string(p.Part), size(p.Most), size(p.AtPeak), exactly(p.Exact)))
	}
	lines = append(lines, line("peak", "", size(a.Peak.Bytes), fmt.Sprintf("%s (%s bytes)", exactly(a.Peak.Exact), plain.Count(a.Peak.Bytes))))
	if a.Options.Mode == memory.Training {
		return append(lines, fmt.Sprintf("Autograd saves %s bytes for the backward pass, parameters, input and targets among them: %s.",
			plain.Count(a.Saved.Total), exactly(a.SavedExact)))
	}
	return append(lines, fmt.Sprintf("The largest sum of volumes is %s bytes in %s, or %s in %s where the input is let go: %s.",
		plain.Count(a.Volumes.Kept.Bytes), a.Volumes.Kept.Name, plain.Count(a.Volumes.Freed.Bytes), a.Volumes.Freed.Name, exactly(a.SavedExact)))
}

// peakLines say where the peak stands and what is alive there.
func peakLines(a *memory.Account, units report.Units) []string {
	where := map[memory.Phase]string{
		memory.Forward:  "while " + a.Peak.Name + " runs forward",
		memory.LossStep: "in the cross entropy",
		memory.Backward: "while " + a.Peak.Name + " runs backward",
		memory.Update:   "in the step of " + a.Peak.Name,
	}
	lines := []string{fmt.Sprintf("The peak stands %s. The largest tensors alive there:", where[a.Peak.Phase])}
	for _, t := range a.Peak.Alive {
		name := t.Name
		if name == string(t.Part) {
			lines = append(lines, fmt.Sprintf("  %12s  %s", report.Bytes(t.Bytes, units), name))
			continue
		}
		lines = append(lines, fmt.Sprintf("  %12s  %s (%s)", report.Bytes(t.Bytes, units), name, t.Part))
	}
	return lines
}

// trustLines say under which version the figures were checked, and what is not.
func trustLines(a *memory.Account) []string {
	lines := a.Checked()
	for _, e := range a.Estimates {
		lines = append(lines, "Estimate: "+e+".")
	}
	for _, w := range a.Warnings {
		lines = append(lines, "Warning: "+w+".")
	}
	return lines
}
