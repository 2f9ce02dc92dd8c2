package main

import (
	"slices"

	"cnncalc/internal/memory"
	"cnncalc/internal/report"
)

// strategies prints what a device holds with each of several strategies, beside a single device.
func (a *app) strategies(l *loaded, f *memoryFlags, o memory.Options, parallel []memory.Parallel, out output) error {
	single := memory.Parallel{Devices: 1, Accumulate: f.accumulate}
	view := &report.Strategies{Title: l.title(), Batch: f.batch, Options: o}
	for _, o.Parallel = range slices.Insert(parallel, 0, single) {
		model, err := memory.NewPyTorch(l.network, o)
		if err != nil {
			return problemError("%s: %w", l.title(), err)
		}
		peak, parts, err := model.AtPeak(f.batch)
		if err != nil {
			return problemError("%s: %w", l.title(), err)
		}
		view.Rows = append(view.Rows, report.StrategyRow{Parallel: o.Parallel, Peak: peak, Parts: parts})
		for _, line := range o.Basis() {
			if !slices.Contains(view.Basis, line) {
				view.Basis = append(view.Basis, line)
			}
		}
	}
	return a.print(out, view)
}
