package main

import (
	"cnncalc/internal/exec"
	"cnncalc/internal/memory"
	"cnncalc/internal/report"
)

// arenaMemory prints the account of a small device.
func (a *app) arenaMemory(args []string, f *memoryFlags, out output) error {
	o := memory.Options{DType: memory.FP32}
	if err := f.parseOptions(&o); err != nil {
		return err
	}
	switch {
	case o.Mode == memory.Training || f.optimizer != "" || f.torch != "":
		return usageError("--account arena is for inference: leave out --mode training, --optimizer and --torch")
	case o.DType == memory.AMP:
		return usageError("--account arena: volumes have one type, such as int8, not amp")
	case f.depth > 0 || f.all || len(f.freeze) > 0:
		return usageError("--account arena has a row for each volume: leave out --depth, --all and --freeze")
	}
	l, err := a.loadSound(args, &f.specFlags)
	if err != nil {
		return err
	}
	order, err := exec.NewArenaOrder(l.network, f.batch, o.DType.ValueBytes())
	if err != nil {
		return problemError("%s: %w", l.title(), err)
	}
	return a.print(out, &report.ArenaMemory{Title: l.title(), Batch: f.batch, DType: o.DType, Order: order,
		More: f.columns != nil})
}
