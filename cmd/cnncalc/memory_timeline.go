package main

import (
	"fmt"
	"io"
	"strings"

	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
)

// svgFormat is a --format of timelines alone.
const svgFormat = "svg"

// timelineFormat reads --format for a timeline. A file called .svg is drawn where no format is given.
func (f *memoryFlags) timelineFormat() (format report.Format, draw bool, err error) {
	if f.format == svgFormat || !f.formatGiven && strings.HasSuffix(strings.ToLower(f.output), ".svg") {
		return report.Text, true, nil
	}
	format, err = report.ParseFormat(f.format)
	if err != nil {
		return "", false, usageError("--format: %w, and for timelines svg", err)
	}
	return format, false, nil
}

// timeline is what is alive over the steps of a run, by PyTorch's account or cnncalc's.
func (a *app) timeline(args []string, f *memoryFlags) error {
	format, draw, err := f.timelineFormat()
	if err != nil {
		return err
	}
	units, err := report.ParseUnits(f.units)
	if err != nil {
		return usageError("--units: %w", err)
	}
	switch {
	case f.batch < 1:
		return usageError("--batch must be 1 or more, not %d", f.batch)
	case f.as != "":
		return usageError("--timeline is what PyTorch or cnncalc run takes; leave out --as")
	case f.columns != nil && (draw || format == report.JSON):
		return usageError("--columns is for tables")
	case f.account == notesAccount:
		return usageError("--timeline: the notes' account has no steps; take --account pytorch or cnncalc")
	}
	options, err := f.options()
	if err != nil {
		return err
	}
	l, err := a.loadSound(args, &f.specFlags)
	if err != nil {
		return err
	}
	document := report.TimelineDocument{Schema: report.Schema, Network: l.title(), Account: f.account, Batch: f.batch}
	t := report.Timeline{Units: units}
	if f.account == cnncalcAccount {
		err = l.arenaTimeline(f, &t)
	} else {
		document.Torch, document.Mode, document.DType, document.Optimizer = options.Torch, options.Mode, options.DType, options.Optimizer
		if options.Mode == memory.Inference {
			document.Optimizer = ""
		}
		err = l.pytorchTimeline(f, options, &t)
	}
	if err != nil {
		return err
	}
	switch {
	case draw:
		return a.write(f.output, t.WriteSVG)
	case format == report.JSON:
		document.Steps, document.Peak, document.Notes = t.Steps, t.Steps[t.Peak()], t.Notes
		return a.write(f.output, func(w io.Writer) error { return report.WriteJSON(w, document) })
	case format == report.CSV:
		return a.writeSelected(t.Table(), f.columns, f.output, format)
	}
	t.Notes = append([]string{strings.ToUpper(t.PeakText()[:1]) + t.PeakText()[1:] + "."}, t.Notes...)
	width := report.DefaultWidth
	if format == report.Text && (f.output == "" || f.output == "-") {
		width = report.TerminalWidth(a.out)
	}
	return a.writeSelected(t.Chart(width, f.all), f.columns, f.output, format)
}

func (l *loaded) pytorchTimeline(f *memoryFlags, o memory.Options, t *report.Timeline) error {
	model, err := memory.NewPyTorch(l.network, o)
	if err != nil {
		return problemError("%s: %w", l.title(), err)
	}
	if t.Steps, err = model.Timeline(f.batch); err != nil {
		return problemError("%s: %w", l.title(), err)
	}
	t.Title = fmt.Sprintf("%s, batch of %s: %s", l.title(), plain.Count(f.batch), describeOptions(o))
	account := memory.Account{Options: o}
	t.Notes = account.Checked()
	return nil
}

func (l *loaded) arenaTimeline(f *memoryFlags, t *report.Timeline) error {
	program, err := l.planRun(f.batch, defaultThreads())
	if err != nil {
		return err
	}
	arena := program.Arena()
	t.Steps = arena.Timeline(l.network)
	t.Title = fmt.Sprintf("%s, batch of %s: the arena of cnncalc run", l.title(), plain.Count(f.batch))
	t.Notes = []string{
		fmt.Sprintf("Exact for this processor and this number of threads. The arena is %s bytes; weights and input are not in it.", plain.Count(arena.Bytes())),
	}
	return nil
}
