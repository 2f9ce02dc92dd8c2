package main

import (
	"github.com/spf13/pflag"

	"cnncalc/internal/figure"
	"cnncalc/internal/fit"
	"cnncalc/internal/memory"
	"cnncalc/internal/numeral"
	"cnncalc/internal/traffic"
)

// deviceFlags name the memory of a device.
type deviceFlags struct {
	deviceMemory quantity[int64]
	device       string
	reserve      quantity[int64]
}

func (f *deviceFlags) registerDevice(flags *pflag.FlagSet) {
	sizeVar(flags, &f.deviceMemory, "device-memory",
		"the device's memory: 12GiB (2^30 bytes each), 12GB (10^9) or 12288MiB")
	flags.StringVar(&f.device, "device", "",
		"a known device, such as rtx3060, t4 or a100-40gb (instead of --device-memory)")
	reserveVar(flags, &f.reserve, "reserve", fit.DefaultReserve,
		"memory set aside for the CUDA context and fragmentation (an assumption)")
}

// budget reads the device's memory and the reserve. It returns nil if no device is named.
func (f *deviceFlags) budget() (*fit.Budget, error) {
	switch {
	case f.device != "" || f.deviceMemory.text != "":
	case f.reserve.text != fit.DefaultReserve:
		return nil, usageError("--reserve is a part of a device's memory: give --device or --device-memory too")
	default:
		return nil, nil
	}
	device, bytes, err := f.deviceOrMemory()
	if err != nil {
		return nil, err
	}
	reserve, err := fit.ParseReserve(f.reserve.text, bytes)
	if err != nil {
		return nil, usageError("--reserve: %w", err)
	}
	b, err := fit.NewBudget(device, bytes, reserve, f.reserve.text)
	if err != nil {
		return nil, usageError("--reserve %w", err)
	}
	return &b, nil
}

// deviceOrMemory returns the device, nil where only its memory is given, and the memory.
func (f *deviceFlags) deviceOrMemory() (*fit.Device, int64, error) {
	switch {
	case f.device == "":
		return nil, f.deviceMemory.value, nil
	case f.deviceMemory.text != "":
		return nil, 0, usageError("--device and --device-memory both give the memory: use one of them")
	}
	device, err := fit.FindDevice(f.device, "--device-memory takes any size")
	if err != nil {
		return nil, 0, usageError("--device: %w", err)
	}
	return &device, device.Usable, nil
}

// rateFlags give the rates of a machine, which have no default.
type rateFlags struct{ peak, bandwidth quantity[float64] }

func (f *rateFlags) registerRates(flags *pflag.FlagSet) {
	rateVar(flags, &f.peak, "peak", numeral.FLOPS, "arithmetic rate of the machine, for the figure time: 13TFLOP/s")
	rateVar(flags, &f.bandwidth, "bandwidth", numeral.Bandwidth,
		"memory bandwidth of the machine, for the figure time: 360GB/s")
}

// machine returns nil if no rate is given.
func (f *rateFlags) machine() (*traffic.Machine, error) {
	switch {
	case f.peak.text == "" && f.bandwidth.text == "":
		return nil, nil
	case f.peak.text == "" || f.bandwidth.text == "":
		return nil, usageError("--peak and --bandwidth are given together: the figure time depends on both")
	}
	return &traffic.Machine{FLOPS: f.peak.value, Bandwidth: f.bandwidth.value}, nil
}

// useFlags say what a network is used for: all that its figures depend on, other than the batch.
type useFlags struct {
	accountFlags
	deviceFlags
	rateFlags
}

// use reads the flags.
func (f *useFlags) use() (*figure.Use, error) {
	u := &figure.Use{Threads: defaultThreads()}
	var err error
	if u.Account, u.Options, err = f.accountOptions(); err != nil {
		return nil, err
	}
	return u, f.addMachine(u)
}

// addMachine reads the flags of the device and of the rates.
func (f *useFlags) addMachine(u *figure.Use) error {
	var err error
	if u.Budget, err = f.budget(); err != nil {
		return err
	}
	if u.Budget != nil && u.Budget.Device != nil {
		u.Options.ComputeMajor = u.Budget.Device.ComputeMajor()
	}
	u.Machine, err = f.machine()
	return err
}

// registerUse adds the flags, but for --dtype and --optimizer, of which a command may take several.
func (f *useFlags) registerUse(flags *pflag.FlagSet) {
	f.registerAccount(flags, memory.PyTorchAccount, memory.AccountNames(), "account of peak and largest_batch: ")
	f.registerMode(flags, "mode of peak and largest_batch: inference or training (default training)")
	f.registerTorch(flags)
	f.registerDevice(flags)
	f.registerRates(flags)
}
