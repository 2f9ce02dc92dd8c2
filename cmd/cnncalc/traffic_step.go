package main

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"cnncalc/internal/choice"
	"cnncalc/internal/fit"
	"cnncalc/internal/memory"
	"cnncalc/internal/numeral"
	"cnncalc/internal/report"
	"cnncalc/internal/traffic"
)

// stepFlags ask for a step in PyTorch on a device.
type stepFlags struct {
	accountFlags
	device       string
	devices      int64
	strategy     string
	interconnect quantity[float64]
}

func (f *stepFlags) registerStep(flags *pflag.FlagSet) {
	f.account = string(memory.PyTorchAccount)
	flags.StringVar(&f.device, "device", "", "a step on a known device, such as t4 or a100-80gb")
	f.registerMode(flags, "a step of inference or training (default inference)")
	f.registerTypes(flags)
	numberVar(flags, &f.devices, "gpus", 1, "devices to train on, each with a batch of its own")
	wordVar(flags, &f.strategy, "strategy", "", memory.Strategies(),
		"with --gpus (default ddp): "+strings.Join(memory.Strategies(), ", "))
	rateVar(flags, &f.interconnect, "interconnect", numeral.Bandwidth,
		"with --gpus: bandwidth to other devices, both directions together: 600GB/s")
}

// isGiven reports whether a step is asked for.
func (f *stepFlags) isGiven() bool {
	return f.device != "" || f.mode != "" || f.dtype != "" || f.optimizer != "" || f.devices != 1 || f.strategy != "" ||
		f.interconnect.text != ""
}

// forDevices returns the name of a given flag that is for several devices, or "".
func (f *stepFlags) forDevices() string {
	switch {
	case f.strategy != "":
		return "strategy"
	case f.interconnect.text != "":
		return "interconnect"
	}
	return ""
}

// options reads the options of the step.
func (f *stepFlags) options() (memory.Options, error) {
	if f.mode == "" {
		f.mode = string(memory.Inference)
	}
	_, o, err := f.accountOptions()
	if err != nil {
		return o, err
	}
	if o.Mode == memory.Inference {
		o.Optimizer = ""
	}
	strategy := memory.DDP
	if err := parseFlag("strategy", f.strategy, &strategy, func(word string) (memory.Strategy, error) {
		return choice.Parse[memory.Strategy](word, "a strategy", memory.Strategies())
	}); err != nil {
		return o, err
	}
	if err := checkDevices(f.devices, f.forDevices()); err != nil {
		return o, err
	}
	switch {
	case f.devices > 1 && o.Mode != memory.Training:
		return o, usageError("--gpus is for training: add --mode training")
	case f.devices > 1:
		o.Parallel = memory.Parallel{Devices: f.devices, Strategy: strategy, Accumulate: 1}
	}
	return o, nil
}

// rates returns those of the device, with the ones that are given by hand in their place.
func (f *trafficFlags) rates() (*fit.Device, traffic.Rates, error) {
	var device *fit.Device
	var rates traffic.Rates
	isGiven := func(rate string) bool { return !slices.Contains(f.assumed, rate) }
	if f.step.device != "" {
		d, err := fit.FindDevice(f.step.device, "--peak and --bandwidth take any rates")
		if err != nil {
			return nil, rates, usageError("--device: %w", err)
		}
		device, rates = &d, d.Rates
	} else if !isGiven("peak") || !isGiven("bandwidth") {
		return nil, rates, usageError("a step needs the rates of a device: give --device a100-80gb (cnncalc fit " +
			"--list-devices has the known ones), or --peak and --bandwidth")
	}
	if isGiven("peak") {
		link := rates
		rates = traffic.Machine{FLOPS: f.peak.value, Bandwidth: link.Bandwidth}.Uniform()
		rates.Interconnect = link.Interconnect
	}
	if isGiven("bandwidth") {
		rates.Bandwidth = f.bandwidth.value
	}
	if f.step.interconnect.text != "" {
		rates.Interconnect = f.step.interconnect.value
	}
	return device, rates, nil
}

// trafficOfStep prints a step in PyTorch.
func (a *app) trafficOfStep(args []string, f *trafficFlags) error {
	out, err := f.parse("traffic")
	if err != nil {
		return err
	}
	if err := checkBatch(f.batch); err != nil {
		return err
	}
	if f.calibrate {
		return usageError("--calibrate is for cnncalc run on this machine: leave out --device, --dtype and --mode")
	}
	options, err := f.step.options()
	if err != nil {
		return err
	}
	device, rates, err := f.rates()
	if err != nil {
		return err
	}
	if !rates.AreKnown(options.DType) {
		return usageError("no source states how fast %s is in %s: give --peak, such as 50TFLOP/s", f.step.device,
			options.DType)
	}
	l, err := a.loadSound(args, &f.specFlags)
	if err != nil {
		return err
	}
	model, err := memory.NewPyTorch(l.network, options)
	if err != nil {
		return problemError("%s: %w", l.title(), err)
	}
	step, err := traffic.NewStep(l.network, model, f.batch)
	if err != nil {
		return problemError("%s: %w", l.title(), err)
	}
	view := &report.Step{Title: l.title(), Network: l.network, Step: step, Rates: rates, More: f.columns != nil}
	if device != nil {
		view.Device, view.RatesBy = device.Model, device.RatesBy
	}
	return a.print(out, view)
}
