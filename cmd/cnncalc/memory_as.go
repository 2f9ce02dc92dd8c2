package main

import (
	"cnncalc/internal/count"
	"cnncalc/internal/memory"
	"cnncalc/internal/report"
)

// memoryAs prints what another program counts in place of the notes' table.
func (a *app) memoryAs(args []string, f *memoryFlags, out output) error {
	c, err := count.Find(f.as)
	if err != nil {
		return usageError("--as: %w", err)
	}
	switch {
	case f.account != string(memory.NotesAccount) || f.mode != "" || f.optimizer != "" || f.dtype != "" || f.torch != "":
		return usageError("--as counts by the rules of %s: leave out --account, --mode, --optimizer, --dtype and --torch",
			f.as)
	case out.units != report.IEC:
		return usageError("--units: with --as sizes are in the program's own units")
	}
	l, err := a.loadSound(args, &f.specFlags)
	if err != nil {
		return err
	}
	view, err := l.countView(c, f)
	if err != nil {
		return err
	}
	return a.print(out, view)
}

func (l *loaded) countView(c *count.Convention, f *memoryFlags) (report.View, error) {
	result, err := c.Count(l.network, f.batch)
	if err != nil {
		return nil, problemError("%s: as %s: %w", l.title(), c.Title(), err)
	}
	return &report.Count{Title: l.title(), Result: result, Batch: f.batch, All: f.all, More: f.columns != nil}, nil
}
