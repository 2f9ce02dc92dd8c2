package main

import (
	"strings"

	"github.com/spf13/pflag"

	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
)

// maxDevices bounds --gpus, above what trainings have.
const maxDevices = 1 << 16

// parallelFlags spread a training over devices, and over several passes for each update.
type parallelFlags struct {
	devices, accumulate int64
	strategies          []string
	views               bool
}

func (f *parallelFlags) registerParallel(flags *pflag.FlagSet, strategyUsage string) {
	numberVar(flags, &f.devices, "gpus", 1, "devices of a training, each with a batch of its own")
	flags.StringSliceVar(&f.strategies, "strategy", nil, strategyUsage)
	flags.BoolVar(&f.views, "bucket-views", false, "with --gpus: DDP's gradient_as_bucket_view=True")
	numberVar(flags, &f.accumulate, "accumulate", 1, "passes of a training for each update, whose gradients add up")
}

// isGiven reports whether a training is spread over anything.
func (f *parallelFlags) isGiven() bool { return f.devices > 1 || f.accumulate > 1 }

// parallel reads the flags: a training on a single device for one, and for several one for each strategy.
func (f *parallelFlags) parallel() ([]memory.Parallel, error) {
	switch {
	case f.devices < 1 || f.devices > maxDevices:
		return nil, usageError("--gpus must be from 1 to %s, not %s", plain.Count(maxDevices), plain.Count(f.devices))
	case f.accumulate < 1:
		return nil, usageError("--accumulate must be 1 or more, not %s", plain.Count(f.accumulate))
	case f.devices == 1 && f.strategies != nil:
		return nil, usageError("--strategy is for several devices: give --gpus 2 or more")
	case f.devices == 1 && f.views:
		return nil, usageError("--bucket-views is for several devices: give --gpus 2 or more")
	case f.devices == 1:
		return []memory.Parallel{{Devices: 1, Accumulate: f.accumulate}}, nil
	}
	words := f.strategies
	if words == nil {
		words = memory.Strategies()
	}
	var all []memory.Parallel
	for _, word := range words {
		strategy, err := memory.ParseStrategy(strings.TrimSpace(word))
		if err != nil {
			return nil, usageError("--strategy: %w", err)
		}
		all = append(all, memory.Parallel{Devices: f.devices, Strategy: strategy, Views: f.views, Accumulate: f.accumulate})
	}
	return all, nil
}
