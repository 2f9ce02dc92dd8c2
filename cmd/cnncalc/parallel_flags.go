package main

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"cnncalc/internal/choice"
	"cnncalc/internal/figure"
	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
)

// maxDevices bounds --gpus, above what trainings have.
const maxDevices = 1 << 16

// allStrategies is the word of --strategy for each of them.
const allStrategies = "all"

// offloadOptimizer is what --offload takes.
const offloadOptimizer = "optimizer"

// parallelFlags spread a training over devices, and over several passes for each update.
type parallelFlags struct {
	devices, accumulate            int64
	strategies                     []string
	views                          bool
	unitSize, bucketSize, liveSize quantity[int64]
	offload                        string
}

func (f *parallelFlags) registerParallel(flags *pflag.FlagSet, byDefault string) {
	numberVar(flags, &f.devices, "gpus", 1, "devices to train on, each with a batch of its own")
	words := strategyWords()
	wordsVar(flags, &f.strategies, "strategy", words,
		"with --gpus, separated by commas (default "+byDefault+"): "+strings.Join(words, ", "))
	flags.BoolVar(&f.views, "bucket-views", false, "with --gpus: DDP's gradient_as_bucket_view=True")
	numberVar(flags, &f.accumulate, "accumulate", 1, "passes for each update in training; their gradients add up")
	countVar(flags, &f.unitSize, "unit-size",
		"for fsdp: the fewest parameters of a unit, such as 1M (default: a unit is a block of the file)")
	countVar(flags, &f.bucketSize, "bucket-size", "for zero2 and zero3: reduce_bucket_size, in parameters (default 500M)")
	countVar(flags, &f.liveSize, "live-parameters",
		"for zero3: stage3_max_live_parameters and stage3_max_reuse_distance (default 1G)")
	wordVar(flags, &f.offload, "offload", "", []string{offloadOptimizer},
		"for zero2, zero3 and fsdp: the CPU updates the parameters and keeps the state: optimizer")
}

// strategyWords returns what --strategy takes.
func strategyWords() []string { return append(memory.Strategies(), allStrategies) }

// countVar adds a flag for a number of parameters, such as 5M, which has no default.
func countVar(flags *pflag.FlagSet, to *quantity[int64], name, usage string) {
	flags.Var(quantityFlag[int64]{to, figure.Count.Parse, countType}, name, usage)
}

// isGiven reports whether a training is spread over anything.
func (f *parallelFlags) isGiven() bool { return f.devices > 1 || f.accumulate > 1 }

// parallel reads the flags: a training on a single device for one, and for several one for each strategy. byDefault are
// the strategies where none is named. A flag that suits only some strategies is for those.
func (f *parallelFlags) parallel(torch memory.Torch, byDefault []string) ([]memory.Parallel, error) {
	if err := checkWord("offload", f.offload, "something to offload", []string{offloadOptimizer}); err != nil {
		return nil, err
	}
	strategies, err := f.namedStrategies(torch, byDefault)
	switch {
	case err != nil:
		return nil, err
	case f.accumulate < 1:
		return nil, usageError("--accumulate must be 1 or more, not %s", plain.Count(f.accumulate))
	}
	if err := checkDevices(f.devices, f.forDevices()); err != nil {
		return nil, err
	}
	if f.devices == 1 {
		return []memory.Parallel{{Devices: 1, Accumulate: f.accumulate}}, nil
	}
	if err := f.checkSuits(strategies); err != nil {
		return nil, err
	}
	var all []memory.Parallel
	for _, s := range strategies {
		p := f.of(s)
		if err := p.Check(torch); err != nil {
			return nil, usageError("--strategy: %w", err)
		}
		all = append(all, p)
	}
	return all, nil
}

// checkDevices checks --gpus. forSeveral is the name of a given flag that is for several devices, or "".
func checkDevices(devices int64, forSeveral string) error {
	switch {
	case devices < 1 || devices > maxDevices:
		return usageError("--gpus must be from 1 to %s, not %s", plain.Count(maxDevices), plain.Count(devices))
	case devices == 1 && forSeveral != "":
		return usageError("--%s is for several devices: give --gpus 2 or more", forSeveral)
	}
	return nil
}

// strategyFlag is a flag for some strategies.
type strategyFlag struct {
	name  string
	given bool
	suits func(memory.Strategy) bool
	size  *quantity[int64] // of a flag that takes one
}

func (f *parallelFlags) strategyFlags() []strategyFlag {
	replicates := func(s memory.Strategy) bool { return !s.IsSharded() }
	isStage3 := func(s memory.Strategy) bool { return s == memory.ZeRO3 }
	isFSDP := func(s memory.Strategy) bool { return s == memory.FSDP }
	return []strategyFlag{
		{"bucket-views", f.views, replicates, nil},
		{"unit-size", f.unitSize.text != "", isFSDP, &f.unitSize},
		{"bucket-size", f.bucketSize.text != "", memory.Strategy.IsDeepSpeed, &f.bucketSize},
		{"live-parameters", f.liveSize.text != "", isStage3, &f.liveSize},
		{"offload", f.offload != "", memory.Strategy.IsSharded, nil},
	}
}

// forDevices returns the name of a flag that is given, and for several devices only.
func (f *parallelFlags) forDevices() string {
	if f.strategies != nil {
		return "strategy"
	}
	for _, flag := range f.strategyFlags() {
		if flag.given {
			return flag.name
		}
	}
	return ""
}

// namedStrategies returns the strategies that are asked for. "all" leaves out those that the release does not have.
func (f *parallelFlags) namedStrategies(torch memory.Torch, byDefault []string) ([]memory.Strategy, error) {
	words := f.strategies
	if words == nil {
		words = byDefault
	}
	var all []memory.Strategy
	for _, word := range words {
		word = strings.TrimSpace(word)
		if word != allStrategies {
			s, err := choice.Parse[memory.Strategy](word, "a strategy", strategyWords())
			if err != nil {
				return nil, usageError("--strategy: %w", err)
			}
			all = append(all, s)
			continue
		}
		for _, name := range memory.Strategies() {
			if s := memory.Strategy(name); (memory.Parallel{Devices: 2, Strategy: s}).Check(torch) == nil {
				all = append(all, s)
			}
		}
	}
	return slices.Compact(all), nil
}

// checkSuits returns an error for a flag that suits none of the strategies, or is too small.
func (f *parallelFlags) checkSuits(strategies []memory.Strategy) error {
	for _, flag := range f.strategyFlags() {
		switch {
		case !flag.given:
		case !slices.ContainsFunc(strategies, flag.suits):
			return usageError("--%s is not for --strategy %s", flag.name, choice.List(strategies))
		case flag.size != nil && flag.size.value < 1:
			return usageError("--%s must be 1 or more, not %s", flag.name, flag.size.text)
		}
	}
	return nil
}

// of returns how a strategy spreads a training, with the flags that suit it.
func (f *parallelFlags) of(s memory.Strategy) memory.Parallel {
	p := memory.Parallel{Devices: f.devices, Strategy: s, Accumulate: f.accumulate}
	p.Views = f.views && !s.IsSharded()
	p.Offload = f.offload != "" && s.IsSharded()
	if s == memory.FSDP {
		p.UnitSize = f.unitSize.value
	}
	if s.IsDeepSpeed() {
		p.BucketSize = f.bucketSize.value
	}
	if s == memory.ZeRO3 {
		p.LiveParameters = f.liveSize.value
	}
	return p
}
