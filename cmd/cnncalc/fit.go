package main

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"cnncalc/internal/choice"
	"cnncalc/internal/fit"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/network"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
	"cnncalc/internal/shape"
	"cnncalc/internal/sweep"
)

const fitLong = `fit finds the largest batch that fits in a device's memory, for inference and for training, by type
and optimizer, and shows what uses the memory. A batch fits if its peak by PyTorch's account (cnncalc help memory) is
at most the device's memory less a reserve. --account notes takes the notes' account instead.

The reserve covers what no account includes: the CUDA context, cuDNN's workspaces, fragmentation, a desktop. It is an
assumption. --reserve sets it as a size, a share of the memory, or the sum of both: 512MiB+5%.

--batch adds the memory of this batch. If any row does not fit it, the exit code is 1, and fit shows what uses the most
memory, and which changes would reduce it, with the figures of the network after each change. fit shows the same if not
even one picture fits.

--gpus adds rows for training on several devices, for each --strategy (cnncalc help memory). The column largest batch is
for one device and one pass; global batch is the number of pictures in an update, over all devices and all passes of
--accumulate.

With a --device whose rates are known, images/s is an upper bound on the pictures that it processes in a second, by the
roofline model (cnncalc help traffic); with --gpus, on those of all devices together.

--batches shows the memory of each of several batches. --inputs shows, for each of several input sizes, the largest
batch and the memory of --batch pictures; it leaves out sizes that the network does not accept, and says why on
standard error. --inputs auto finds the largest square input with which --batch pictures fit.`

type fitFlags struct {
	specFlags
	outputFlags
	accountFlags // mode "" for both
	deviceFlags
	parallelFlags
	listDevices bool
	optimizers  []string
	dtypes      []string
	batch       int64
	batches     []int64
	inputs      []string
	batchGiven  bool
	explain     bool
}

func newFit(a *app) *cobra.Command {
	var f fitFlags
	cmd := &cobra.Command{
		Use:  "fit [SPEC]",
		Long: fitLong,
		Example: "  cnncalc fit vgg16 --device rtx3060\n" +
			"  cnncalc fit mynet.yaml --device-memory 12GiB --mode training --optimizer adam --batches 16,32,64\n" +
			"  cnncalc fit torchvision/resnet50 --device t4 --batch 32 --inputs 224,256,384",
		Args: atMostOneSpec,
		RunE: func(cmd *cobra.Command, args []string) error {
			f.batchGiven = cmd.Flags().Changed("batch")
			if f.listDevices {
				return a.listDevices(args, &f, cmd.Flags())
			}
			return a.fit(cmd.Context(), args, &f)
		},
	}
	flags := cmd.Flags()
	f.register(flags)
	f.registerFreeze(flags)
	f.registerTable(flags)
	f.registerPath(flags)
	f.registerUnits(flags)
	f.registerColumns(flags, "mode", "dtype", "optimizer", "largest_batch", "memory", "images_per_second_at_most",
		"parameters", "gradients", "optimizer_state", "volumes", "volume_gradients", "rest")
	registerBatch(flags, &f.batch, "the batch that you want to fit; if it does not, fit lists what would need less memory")
	f.registerDevice(flags)
	flags.BoolVar(&f.listDevices, "list-devices", false, "list the known devices and their memory, with sources")
	f.registerAccount(flags, memory.PyTorchAccount, fitAccounts(), "")
	f.registerMode(flags, "inference or training (default both)")
	wordsVar(flags, &f.optimizers, "optimizer", memory.Optimizers(),
		"for training, separated by commas (default sgd,momentum,adam; momentum for --batches and --inputs): "+
			strings.Join(memory.Optimizers(), ", "))
	wordsVar(flags, &f.dtypes, "dtype", memory.DTypes(),
		"separated by commas (default fp32,amp,fp16,int8; fp32 for --batches and --inputs): "+
			strings.Join(memory.DTypes(), ", "))
	f.registerTorch(flags)
	f.registerParallel(flags, allStrategies)
	flags.Var(numbersFlag{&f.batches}, "batches", "show the memory for these batches: 1,2,4,8")
	flags.BoolVar(&f.explain, "explain", false,
		"say what the columns hold, how much of the device is usable, and how far to trust the figures")
	flags.StringSliceVar(&f.inputs, "inputs", nil,
		"show the largest batch for these input sizes, and the memory for --batch: 224,256,640x480, 200:260:20; auto for "+
			"the largest size")
	return cmd
}

func (a *app) fit(ctx context.Context, args []string, f *fitFlags) error {
	out, err := f.parse("fit")
	if err != nil {
		return err
	}
	query, err := f.query()
	if err != nil {
		return err
	}
	l, err := a.loadSound(args, &f.specFlags)
	if err != nil {
		return err
	}
	a.noteFolded(l)
	file, title := l.file, l.title() // but not l, whose network is not needed with --inputs
	command := l.frozenCommand(&f.specFlags)
	query.Resize = func(width, height int64) *shape.Network { return resize(file, f, width, height) }
	var answer *fit.Answer
	if f.isAuto() {
		answer, err = a.fitLargestInputs(ctx, l, f, query)
	} else if query.Networks, err = a.networks(l, f); err == nil {
		answer, err = fit.Ask(query)
	}
	if coded := (codedError{}); errors.As(err, &coded) || errors.Is(err, context.Canceled) {
		return err
	}
	if err != nil {
		return problemError("%s: %w", title, err)
	}
	if len(answer.Rows) == 0 {
		return errReported // no size of --inputs suits the network
	}
	if err := a.print(out, &report.Fit{Title: title, Answer: answer, Explain: f.explain, Command: command}); err != nil {
		return err
	}
	if isMissing := f.isAuto() && len(answer.Rows) < len(query.Options); isMissing || !answer.NamedFits() {
		return errAnsweredNo
	}
	return nil
}

// query reads the flags, and refuses those that cannot be combined. It has no networks yet.
func (f *fitFlags) query() (*fit.Query, error) {
	q := &fit.Query{Account: memory.AccountName(f.account), Torch: memory.Torch2CUDA, Batch: f.batch, Batches: f.batches,
		IsNamed: f.batchGiven, BySize: f.inputs != nil}
	budget, err := f.budget()
	if err != nil {
		return nil, err
	}
	if budget == nil {
		return nil, usageError("fit needs the device's memory: --device-memory 12GiB, or --device rtx3060 " +
			"(--list-devices shows the known ones)")
	}
	q.Budget = *budget
	if err := f.check(); err != nil {
		return nil, err
	}
	if f.torch != "" {
		if q.Torch, err = memory.ParseTorch(f.torch); err != nil {
			return nil, usageError("--torch: %w", err)
		}
	}
	if q.Options, err = f.combinations(q.Torch); err != nil {
		return nil, err
	}
	q.Options, err = f.spread(q.Options)
	return q, err
}

// fitAccounts returns the names of the accounts that fit has.
func fitAccounts() []string {
	return []string{string(memory.PyTorchAccount), string(memory.NotesAccount)}
}

// check refuses what no network would suit.
func (f *fitFlags) check() error {
	if f.account == string(memory.RunAccount) {
		return usageError("--account: cnncalc describes `cnncalc run`, which already rejects anything above "+
			"--max-memory; choose %s", choice.List(fitAccounts()))
	}
	account, err := choice.Parse[memory.AccountName](f.account, "an account that fit has", fitAccounts())
	switch {
	case err != nil:
		return usageError("--account: %w", err)
	case f.torch != "" && account != memory.PyTorchAccount:
		return usageError("--torch is for --account pytorch, not for %s", f.account)
	}
	if err := checkBatch(f.batch); err != nil {
		return err
	}
	switch {
	case f.batches != nil && (f.inputs != nil || f.batchGiven):
		return usageError("--batches cannot be combined with --inputs or --batch: each makes its own table")
	case f.inputs != nil && f.inputSize != nil:
		return usageError("--inputs cannot be combined with --input-size: list all sizes in --inputs")
	}
	for _, b := range f.batches {
		if b < 1 {
			return usageError("each of --batches must be 1 or more, not %d", b)
		}
	}
	return nil
}

// networks yields the network, or the network with each of --inputs.
func (a *app) networks(l *loaded, f *fitFlags) (iter.Seq2[*shape.Network, error], error) {
	if f.inputs == nil {
		return func(yield func(*shape.Network, error) bool) { yield(l.network, nil) }, nil
	}
	words, err := inputWords(f.inputs)
	if err != nil {
		return nil, err
	}
	sizes, err := f.sizes(words, l.file)
	if err != nil {
		return nil, err
	}
	return func(yield func(*shape.Network, error) bool) {
		leftOut := 0
		for i, options := range sizes {
			n, problems := l.file.Network(options)
			if len(problems) == 0 {
				if !yield(n, nil) {
					return
				}
				continue
			}
			if leftOut++; leftOut <= namedInputs {
				a.note("--inputs %s is left out: %s", words[i], placed(l.file, problems))
			}
		}
		if more := leftOut - namedInputs; more > 0 {
			a.note("--inputs: %s more are left out, which the network does not accept either", plain.Count(int64(more)))
		}
	}, nil
}

// sizes returns the options for each size of --inputs.
func (f *fitFlags) sizes(words []string, file *network.File) ([]graph.Options, error) {
	var sizes []graph.Options
	for _, size := range words {
		flags := f.specFlags
		flags.inputSize = []string{size}
		options, err := flags.options()
		if err != nil || len(options.Inputs) > 0 {
			return nil, usageError("--inputs takes sizes such as 384 or 640x480, not %s", plain.Cut(size))
		}
		if err := file.UnknownInput(options); err != nil {
			return nil, usageError("--inputs changes all inputs, but %w; --input-size takes it", err)
		}
		sizes = append(sizes, options)
	}
	return sizes, nil
}

const (
	maxInputs   = 10_000 // sizes of --inputs with ranges: each is a row of a table in memory
	namedInputs = 5      // sizes that are left out and named with their problem
)

// inputWords returns the sizes of --inputs, with those of ranges one by one.
func inputWords(inputs []string) ([]string, error) {
	var words []string
	for _, size := range inputs {
		size = strings.TrimSpace(size)
		if !strings.Contains(size, ":") {
			words = append(words, size)
			continue
		}
		axis, err := sweep.ParseSizes("", size, nil)
		if err != nil {
			return nil, usageError("--inputs: %w", err)
		}
		if sum := axis.Len() + int64(len(words)); sum > maxInputs {
			return nil, usageError("--inputs: these are %s sizes up to %s; at most %s are tabulated, and cnncalc sweep takes "+
				"any number", plain.Count(sum), plain.Cut(size), plain.Count(maxInputs))
		}
		for i := range axis.Len() {
			words = append(words, strconv.FormatInt(axis.At(i).Size.W, 10))
		}
	}
	return words, nil
}

// resize returns the network with another input size, nil where it has problems then.
func resize(file *network.File, f *fitFlags, width, height int64) *shape.Network {
	options, err := f.options()
	if err != nil {
		return nil // not reached: they have been read before
	}
	options.InputWidth, options.InputHeight = width, height
	if len(options.Inputs) > 0 || file.UnknownInput(options) != nil {
		return nil // several inputs, of different sizes
	}
	n, problems := file.Network(options)
	if len(problems) > 0 {
		return nil
	}
	return n
}

// listDevices prints the known devices.
func (a *app) listDevices(args []string, f *fitFlags, flags *pflag.FlagSet) error {
	out, err := f.parse("fit")
	if err != nil {
		return err
	}
	others := slices.Clone(args)
	flags.Visit(func(flag *pflag.Flag) {
		if !slices.Contains([]string{"list-devices", "format", "output", "units", "columns", "width", "color"}, flag.Name) {
			others = append(others, "--"+flag.Name)
		}
	})
	if len(others) > 0 {
		return usageError("--list-devices prints the known devices, and cannot be combined with %s",
			strings.Join(others, ", "))
	}
	devices, err := fit.Devices()
	if err != nil {
		return outputError(err)
	}
	return a.print(out, report.Devices(devices))
}
