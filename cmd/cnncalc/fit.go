package main

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cnncalc/internal/fit"
	"cnncalc/internal/memory"
	"cnncalc/internal/report"
	"cnncalc/internal/shape"
)

const fitLong = `fit tells the largest batch that a device's memory holds, in inference and in training, by type and optimizer,
and of what its memory is made up. By PyTorch's account (cnncalc help memory) that is the largest batch whose peak is no
more than the device's memory less a reserve.

The reserve is for what no account has: the CUDA context, cuDNN's workspaces, fragmentation, a desktop. It is an
assumption; --reserve sets it, as a size, a share of the memory, or the sum of both: 512MiB+5%.

--batches tells what each of these batches takes, --inputs what each of these input sizes does, for a batch of --batch.
Where that batch does not fit, or one picture without --batch, fit says what is the most of it, and what would need
less: each remedy's figures are computed like all others, for the network as it would be then.`

// The reserve where none is given: about what a CUDA context with PyTorch's kernels takes, and some for fragmentation.
const defaultReserve = "512MiB+5%"

type fitFlags struct {
	specFlags
	account      string
	deviceMemory string
	device       string
	listDevices  bool
	reserve      string
	mode         string // "" for both
	optimizers   []string
	dtypes       []string
	torch        string
	batch        int64
	batches      []int64
	inputs       []string
	format       string
	output       string
	units        string
	batchGiven   bool
}

func newFit(a *app) *cobra.Command {
	var f fitFlags
	cmd := &cobra.Command{
		Use:   "fit [SPEC]",
		Short: "find the largest batch that fits a device, and what would make one fit",
		Long:  fitLong,
		Example: "  cnncalc fit vgg16 --device rtx3060\n" +
			"  cnncalc fit mynet.yaml --device-memory 12GiB --mode training --optimizer adam --batches 16,32,64\n" +
			"  cnncalc fit torchvision/resnet50 --device t4 --batch 32 --inputs 224,256,384",
		Args: atMostOneSpec,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.batchGiven = cmd.Flags().Changed("batch")
			if f.listDevices {
				return a.listDevices(args, &f, cmd.Flags())
			}
			return a.fit(args, &f)
		},
	}
	f.register(cmd.Flags())
	flags := cmd.Flags()
	flags.StringVar(&f.deviceMemory, "device-memory", "", "the device's memory: 12GiB, 12GB, 12288MiB")
	flags.StringVar(&f.device, "device", "", "a known device, such as rtx3060, t4, a100-40gb, in place of --device-memory")
	flags.BoolVar(&f.listDevices, "list-devices", false, "print the known devices, their memory, and where that is from")
	flags.StringVar(&f.reserve, "reserve", defaultReserve, "memory that is left to the context and fragmentation: an assumption")
	flags.StringVar(&f.account, "account", pytorchAccount, "pytorch or notes")
	flags.StringVar(&f.mode, "mode", "", "inference or training; both without it")
	flags.StringSliceVar(&f.optimizers, "optimizer", nil, "in training, several with commas (default sgd,momentum,adam; momentum for --batches and --inputs): "+
		strings.Join(memory.Optimizers(), ", "))
	flags.StringSliceVar(&f.dtypes, "dtype", nil, "several with commas (default fp32,amp,fp16,int8; fp32 for --batches and --inputs): "+strings.Join(memory.DTypes(), ", "))
	flags.StringVar(&f.torch, "torch", "", "the release whose rules --account pytorch follows: "+strings.Join(memory.Torches(), " or ")+" (default 2-cuda)")
	flags.Int64Var(&f.batch, "batch", 1, "the batch that is to fit")
	flags.Int64SliceVar(&f.batches, "batches", nil, "print what these batches take: 1,2,4,8")
	flags.StringSliceVar(&f.inputs, "inputs", nil, "print the largest batch of these input sizes, and what --batch takes: 224,256,640x480")
	flags.StringVar(&f.format, "format", "text", "text, markdown, csv or json")
	flags.StringVarP(&f.output, "output", "o", "", "write to this file, whole or not at all")
	flags.StringVar(&f.units, "units", string(report.IEC), "iec (1 GiB = 2^30 bytes) or si (1 GB = 10^9)")
	return cmd
}

// fitPlan is what the flags ask for.
type fitPlan struct {
	format  report.Format
	units   report.Units
	torch   memory.Torch
	budget  budget
	columns []memory.Options // a row or several for each
}

// budget is the memory that there is for a network.
type budget struct {
	Device  *fit.Device `json:"device,omitempty"`
	Memory  int64       `json:"memory"`
	Reserve int64       `json:"reserve"`
	For     int64       `json:"available"` // the rest, for the network
	Setting string      `json:"reserve_setting"`
}

func (a *app) fit(args []string, f *fitFlags) error {
	plan, err := f.plan()
	if err != nil {
		return err
	}
	l, err := a.loadSound(args, &f.specFlags)
	if err != nil {
		return err
	}
	networks, err := a.resized(l, f)
	if err != nil {
		return err
	}
	result := fitResult{flags: f, plan: plan, title: l.title()}
	for _, n := range networks {
		if err := result.ask(n); err != nil {
			return problemError("%s: %w", l.title(), err)
		}
	}
	if err := result.advise(func(width, height int64) *shape.Network { return l.resize(f, width, height) }); err != nil {
		return problemError("%s: %w", l.title(), err)
	}
	return a.write(f.output, func(w io.Writer) error {
		if plan.format == report.JSON {
			return report.WriteJSON(w, result.document())
		}
		return result.table().Write(w, plan.format)
	})
}

// plan reads the flags, and refuses those that do not go together.
func (f *fitFlags) plan() (fitPlan, error) {
	p := fitPlan{torch: memory.Torch2CUDA}
	var err error
	if p.format, err = report.ParseFormat(f.format); err != nil {
		return p, usageError("--format: %w", err)
	}
	if p.units, err = report.ParseUnits(f.units); err != nil {
		return p, usageError("--units: %w", err)
	}
	if p.budget, err = f.budget(); err != nil {
		return p, err
	}
	switch {
	case f.account == cnncalcAccount:
		return p, usageError("--account: cnncalc is of cnncalc run, which refuses what passes its --max-memory; choose pytorch or notes")
	case f.account != pytorchAccount && f.account != notesAccount:
		return p, usageError("--account: %q is not an account that fit has: choose pytorch or notes", f.account)
	case f.torch != "" && f.account != pytorchAccount:
		return p, usageError("--torch is for --account pytorch, not for %s", f.account)
	case f.batch < 1:
		return p, usageError("--batch must be 1 or more, not %d", f.batch)
	case f.batches != nil && (f.inputs != nil || f.batchGiven):
		return p, usageError("--batches goes with neither --inputs nor --batch: each is a table of its own")
	case f.inputs != nil && f.inputSize != "":
		return p, usageError("--inputs goes not with --input-size: list all sizes there")
	}
	for _, b := range f.batches {
		if b < 1 {
			return p, usageError("--batches must be 1 or more each, not %d", b)
		}
	}
	if f.torch != "" {
		if p.torch, err = memory.ParseTorch(f.torch); err != nil {
			return p, usageError("--torch: %w", err)
		}
	}
	p.columns, err = f.combinations(p.torch)
	return p, err
}

// budget reads the device's memory and the reserve.
func (f *fitFlags) budget() (budget, error) {
	b := budget{Setting: f.reserve}
	var err error
	switch {
	case f.device != "" && f.deviceMemory != "":
		return b, usageError("--device and --device-memory both give the memory: take one of them")
	case f.device != "":
		device, err := fit.FindDevice(f.device)
		if err != nil {
			return b, usageError("--device: %w", err)
		}
		b.Device, b.Memory = &device, device.Usable
	case f.deviceMemory != "":
		if b.Memory, err = report.ParseBytes(f.deviceMemory); err != nil {
			return b, usageError("--device-memory: %w", err)
		}
	default:
		return b, usageError("fit needs the device's memory: --device-memory 12GiB, or --device rtx3060 (--list-devices shows the known ones)")
	}
	if b.Reserve, err = parseReserve(f.reserve, b.Memory); err != nil {
		return b, usageError("--reserve: %w", err)
	}
	if b.For = b.Memory - b.Reserve; b.For <= 0 {
		return b, usageError("--reserve %s is %d bytes, which leaves nothing of the %d of the device", f.reserve, b.Reserve, b.Memory)
	}
	return b, nil
}

// parseReserve reads sizes and shares of the memory, with + between them. A share is rounded up.
func parseReserve(s string, memory int64) (int64, error) {
	total := int64(0)
	for _, term := range strings.Split(s, "+") {
		term = strings.TrimSpace(term)
		var bytes int64
		if percent, ok := strings.CutSuffix(term, "%"); ok {
			share, err := strconv.ParseInt(percent, 10, 64)
			if err != nil || share < 0 || share > 100 {
				return 0, fmt.Errorf("%q is not a share of the memory: write 5%%, from 0%% to 100%%", term)
			}
			bytes = memory/100*share + (memory%100*share+99)/100
		} else {
			var err error
			if bytes, err = report.ParseBytes(term); err != nil {
				return 0, err
			}
		}
		// Past the memory it does not matter by how much.
		if bytes > memory-total {
			return memory, nil
		}
		total += bytes
	}
	return total, nil
}

// combinations are the modes, types and optimizers that are asked for.
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
		return nil, usageError("--optimizer is for training: leave it out, or take --mode training")
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

// isCurve tells whether the table is over batches or input sizes.
func (f *fitFlags) isCurve() bool { return f.batches != nil || f.inputs != nil }

func (f *fitFlags) defaultDTypes() []memory.DType {
	switch {
	case f.account == notesAccount:
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

// suitable are those that go together. A type that suits no mode is an error.
func (f *fitFlags) suitable(torch memory.Torch, modes []memory.Mode, dtypes []memory.DType, optimizers []memory.Optimizer) ([]memory.Options, error) {
	var all []memory.Options
	used := map[memory.DType]bool{}
	var refused error
	for _, mode := range modes {
		for _, dtype := range dtypes {
			o := memory.Options{Torch: torch, Mode: mode, DType: dtype}
			err := o.Check()
			if f.account == notesAccount {
				err = nil
				if dtype == memory.AMP || dtype == memory.INT8 {
					err = fmt.Errorf("the notes count values of one size, and %s has two; --account pytorch has it", dtype)
				}
			}
			if err != nil {
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
			return nil, usageError("--dtype: %w", refused)
		}
	}
	return all, nil
}

// resized are the network, or it with each of --inputs.
func (a *app) resized(l *loaded, f *fitFlags) ([]*shape.Network, error) {
	if f.inputs == nil {
		return []*shape.Network{l.network}, nil
	}
	var all []*shape.Network
	for _, size := range f.inputs {
		flags := f.specFlags
		flags.inputSize = strings.TrimSpace(size)
		options, err := flags.options()
		if err != nil {
			return nil, usageError("--inputs takes sizes such as 384 or 640x480, not %s", size)
		}
		n, problems := l.lower(options)
		if len(problems) > 0 {
			a.note("--inputs %s does not suit the network:", size)
			if err := l.source.Print(a.err, problems); err != nil {
				return nil, outputError(err)
			}
			return nil, errReported
		}
		all = append(all, n)
	}
	return all, nil
}

// resize is the network with another input size, nil where it has problems then.
func (l *loaded) resize(f *fitFlags, width, height int64) *shape.Network {
	options, err := f.options()
	if err != nil {
		return nil // not reached: they were read before
	}
	options.InputWidth, options.InputHeight = width, height
	n, problems := l.lower(options)
	if len(problems) > 0 {
		return nil
	}
	return n
}

// listDevices prints the known devices.
func (a *app) listDevices(args []string, f *fitFlags, flags *pflag.FlagSet) error {
	format, err := report.ParseFormat(f.format)
	if err != nil {
		return usageError("--format: %w", err)
	}
	units, err := report.ParseUnits(f.units)
	if err != nil {
		return usageError("--units: %w", err)
	}
	others := slices.Clone(args)
	flags.Visit(func(flag *pflag.Flag) {
		if !slices.Contains([]string{"list-devices", "format", "output", "units"}, flag.Name) {
			others = append(others, "--"+flag.Name)
		}
	})
	if len(others) > 0 {
		return usageError("--list-devices prints the known devices, and goes not with %s", strings.Join(others, ", "))
	}
	devices, err := fit.Devices()
	if err != nil {
		return outputError(err)
	}
	return a.write(f.output, func(w io.Writer) error {
		if format == report.JSON {
			return report.WriteJSON(w, struct {
				Schema  string       `json:"schema"`
				Devices []fit.Device `json:"devices"`
			}{report.Schema, devices})
		}
		return deviceTable(devices, units).Write(w, format)
	})
}

func deviceTable(devices []fit.Device, units report.Units) report.Table {
	t := report.Table{
		Columns: []report.Column{
			{Key: "name", Header: "name"},
			{Key: "model", Header: "model"},
			{Key: "stated", Header: "stated", Align: report.Right},
			{Key: "usable", Header: "usable", Align: report.Right},
			{Key: "stated_by", Header: "stated by"},
			{Key: "usable_by", Header: "usable by"},
		},
		Notes: []string{
			"stated is the vendor's figure, whose GB are of 2^30 bytes; usable is what the driver reports, where it is known, else the same.",
			"Error correction and the driver itself take what is between the two. Other drivers report other figures.",
		},
	}
	for _, d := range devices {
		t.Rows = append(t.Rows, []report.Cell{report.Str(d.Name), report.Str(d.Model), sizeCell(d.Stated, units), sizeCell(d.Usable, units),
			report.Str(d.StatedBy), report.Str(d.UsableBy)})
	}
	return t
}
