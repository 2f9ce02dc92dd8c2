package main

import (
	"slices"
	"strings"

	"cnncalc/internal/memory"
)

// combinations returns the modes, types and optimizers that are asked for.
func (f *fitFlags) combinations(torch memory.Torch) ([]memory.Options, error) {
	modes := []memory.Mode{memory.Inference, memory.Training}
	if f.mode != "" {
		mode, err := memory.ParseMode(f.mode)
		if err != nil {
			return nil, usageError("--mode: %w", err)
		}
		modes = []memory.Mode{mode}
	}
	if f.optimizers != nil && !slices.Contains(modes, memory.Training) {
		return nil, usageError("--optimizer is for training: leave it out, or use --mode training")
	}
	dtypes, optimizers := f.defaultDTypes(), []memory.Optimizer{"sgd", memory.DefaultOptimizer, "adam"}
	if f.isCurve() {
		dtypes, optimizers = dtypes[:1], optimizers[1:2]
	}
	var err error
	if f.dtypes != nil {
		if dtypes, err = parseAll("--dtype", f.dtypes, memory.ParseDType); err != nil {
			return nil, err
		}
	}
	if f.optimizers != nil {
		if optimizers, err = parseAll("--optimizer", f.optimizers, memory.ParseOptimizer); err != nil {
			return nil, err
		}
	}
	return f.suitable(torch, modes, dtypes, optimizers)
}

// isCurve reports whether the table is over batches or input sizes.
func (f *fitFlags) isCurve() bool { return f.batches != nil || f.inputs != nil }

func (f *fitFlags) defaultDTypes() []memory.DType {
	switch {
	case f.account == string(memory.NotesAccount):
		return []memory.DType{memory.FP32, memory.FP16}
	case f.torch == string(memory.Torch113CPU):
		return []memory.DType{memory.FP32, memory.BF16, memory.INT8}
	}
	return []memory.DType{memory.FP32, memory.AMP, memory.FP16, memory.INT8}
}

func parseAll[T any](flag string, words []string, parse func(string) (T, error)) ([]T, error) {
	var all []T
	for _, w := range words {
		one, err := parse(strings.TrimSpace(w))
		if err != nil {
			return nil, usageError("%s: %w", flag, err)
		}
		all = append(all, one)
	}
	return all, nil
}

// suitable returns the options that can be combined. A type that suits no mode is an error.
func (f *fitFlags) suitable(torch memory.Torch, modes []memory.Mode, dtypes []memory.DType,
	optimizers []memory.Optimizer) ([]memory.Options, error) {
	var all []memory.Options
	used := map[memory.DType]bool{}
	var refused error
	for _, mode := range modes {
		for _, dtype := range dtypes {
			o := memory.Options{Torch: torch, Mode: mode, DType: dtype}
			if err := checkOptions(memory.AccountName(f.account), o); err != nil {
				refused = err
				continue
			}
			used[dtype] = true
			if mode == memory.Inference {
				all = append(all, o)
				continue
			}
			for _, o.Optimizer = range optimizers {
				all = append(all, o)
			}
		}
	}
	for _, dtype := range dtypes {
		if !used[dtype] && (f.dtypes != nil || len(all) == 0) {
			return nil, refused
		}
	}
	return all, nil
}

// spread adds the trainings on several devices after those on one.
func (f *fitFlags) spread(options []memory.Options) ([]memory.Options, error) {
	torch := memory.Torch2CUDA
	if len(options) > 0 {
		torch = options[0].Torch
	}
	parallel, err := f.parallel(torch, []string{allStrategies})
	if err != nil || !f.isGiven() {
		return options, err
	}
	isTraining := func(o memory.Options) bool { return o.Mode == memory.Training }
	if f.account != string(memory.PyTorchAccount) || !slices.ContainsFunc(options, isTraining) {
		return nil, usageError("--gpus and --accumulate are for training by --account pytorch")
	}
	if f.devices > 1 {
		parallel = slices.Insert(parallel, 0, memory.Parallel{Devices: 1, Accumulate: f.accumulate})
	}
	var all []memory.Options
	for _, o := range options {
		if !isTraining(o) {
			all = append(all, o)
			continue
		}
		for _, o.Parallel = range parallel {
			all = append(all, o)
		}
	}
	return all, nil
}
