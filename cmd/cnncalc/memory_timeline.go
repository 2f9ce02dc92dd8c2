package main

import (
	"cmp"
	"io"

	"cnncalc/internal/memory"
	"cnncalc/internal/report"
	"cnncalc/internal/shape"
)

// timeline prints what is alive over the steps of a run, by PyTorch's account or cnncalc's.
func (a *app) timeline(args []string, f *memoryFlags) error {
	out, err := f.parse("memory")
	if err != nil {
		return err
	}
	if err := checkBatch(f.batch); err != nil {
		return err
	}
	if err := f.checkDepth(out.format); err != nil {
		return err
	}
	switch {
	case out.format == report.Snapshot || f.against != "":
		return usageError("--timeline prints steps: leave out --against and --format snapshot")
	case f.as != "":
		return usageError("--timeline shows what PyTorch or cnncalc run takes; leave out --as")
	case out.format == report.SVG && f.columns != nil:
		return usageError("--columns is for tables")
	case f.account == string(memory.NotesAccount):
		return usageError("--timeline: the notes' account has no steps; use --account pytorch or cnncalc")
	case f.account == string(memory.ArenaAccount):
		return usageError("--timeline: leave it out for --account arena, whose table is in the order of the steps")
	}
	account, options, err := f.accountOptions()
	if err != nil {
		return err
	}
	if options.Parallel, err = f.oneParallel(account, options); err != nil {
		return err
	}
	l, err := a.loadSound(args, &f.specFlags)
	if err != nil {
		return err
	}
	t, err := l.timelineView(account, f, options)
	if err != nil {
		return err
	}
	return a.printTimeline(out, t, f.all)
}

// timelineView makes the timeline of an account that has one.
func (l *loaded) timelineView(account memory.AccountName, f *memoryFlags, o memory.Options) (*report.Timeline, error) {
	t, layers, err := l.timelineOf(account, f.batch, o)
	if err == nil && f.columns != nil {
		t.Layers = layers
	}
	return t, err
}

// timelineOf returns a timeline, and the network whose layers its steps are.
func (l *loaded) timelineOf(account memory.AccountName, batch int64,
	o memory.Options) (*report.Timeline, *shape.Network, error) {
	if account == memory.RunAccount {
		program, err := l.planRun(batch, defaultThreads())
		if err != nil {
			return nil, nil, err
		}
		n, arena := program.Network(), program.Arena()
		return report.NewRunTimeline(l.title(), batch, arena.Bytes(), arena.Timeline(n)), n, nil
	}
	model, err := memory.NewPyTorch(l.network, o)
	if err != nil {
		return nil, nil, problemError("%s: %w", l.title(), err)
	}
	steps, err := model.Timeline(batch)
	if err != nil {
		return nil, nil, problemError("%s: %w", l.title(), err)
	}
	return report.NewPyTorchTimeline(l.title(), batch, o, steps), l.network, nil
}

// printTimeline draws a timeline, or prints it: for people as a chart, as wide as the terminal.
func (a *app) printTimeline(out output, t *report.Timeline, all bool) error {
	switch out.format {
	case report.SVG:
		return a.write(out.path, func(w io.Writer) error { return t.WriteSVG(w, out.units) })
	case report.JSON, report.CSV:
		return a.print(out, t)
	}
	width := 0
	if out.format == report.Text {
		width = a.screen(out.path).Width
	}
	return a.printTable(out, t.Chart(out.units, cmp.Or(width, report.DefaultWidth), all))
}
