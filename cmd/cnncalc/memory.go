package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"cnncalc/internal/count"
	"cnncalc/internal/diag"
	"cnncalc/internal/memory"
	"cnncalc/internal/report"
)

const memoryLong = `memory tells what a batch needs, by one of three accounts:

  notes    the notes' VGG table: every layer's volume, weights and MACs, then the volumes (twice, for the
           backward pass), the parameters (with their gradients and the optimizer's cache), and the batch
           of pictures. It is no measure of what a framework takes.
  pytorch  what PyTorch takes: the tensors that autograd saves for the backward pass, each storage counted
           once, with parameters, gradients and the optimizer's state, and the peak of an iteration, step by
           step. Files say which layers work in place: defaults: {relu: {inplace: true}}.
  cnncalc  what cnncalc run takes on this machine: where each volume lives, and the totals.

By the notes, activation functions make no volume of their own; --all lists them too. A MAC is one
multiply-accumulate of a convolution or FC, biases not counted; 1 MAC is 2 FLOPs.

Gradients are set to None before an iteration, and the optimizer's state is there already. fp16 and bf16
hold all of the network; amp is torch.autocast, with weights in float32; int8 is for inference.

--timeline shows what is alive after every step, forward and backward, and at most within it: as bars as wide as the
terminal, or 80 columns. In text and Markdown the steps of long networks are folded to some 60 rows ("conv3 +2" is
conv3, where the most is alive, and two more); --all prints each, as CSV and JSON do. --format svg, or -o with a name
that ends in .svg, draws it for a document.`

// The accounts.
const (
	notesAccount   = "notes"
	pytorchAccount = "pytorch"
	cnncalcAccount = "cnncalc"
)

type memoryFlags struct {
	specFlags
	account         string
	as              string
	batch           int64
	mode, optimizer string // "" where they were not given
	dtype, torch    string
	all             bool
	columns         []string
	timeline        bool
	format          string
	formatGiven     bool
	output          string
	units           string
}

func newMemory(a *app) *cobra.Command {
	var f memoryFlags
	cmd := &cobra.Command{
		Use:   "memory [SPEC]",
		Short: "print activations, parameters and MACs of every layer, and the memory a batch needs",
		Long:  memoryLong,
		Example: "  cnncalc memory vgg16 --batch 64\n" +
			"  cnncalc memory torchvision/resnet50 --account pytorch --batch 32 --optimizer adam\n" +
			"  cnncalc memory vgg16 --timeline --batch 64 -o vgg16.svg\n" +
			"  cnncalc memory mynet.yaml --format csv -o table.csv",
		Args: atMostOneSpec,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.timeline {
				f.formatGiven = cmd.Flags().Changed("format")
				if !cmd.Flags().Changed("account") {
					f.account = pytorchAccount
				}
				return a.timeline(args, &f)
			}
			return a.memory(args, &f)
		},
	}
	f.register(cmd.Flags())
	flags := cmd.Flags()
	flags.Int64Var(&f.batch, "batch", 1, "pictures in a batch")
	flags.StringVar(&f.account, "account", notesAccount, "notes, pytorch or cnncalc")
	flags.StringVar(&f.mode, "mode", "", "inference or training; without it notes prints both, and pytorch is of training")
	flags.StringVar(&f.optimizer, "optimizer", "", "in training: "+strings.Join(memory.Optimizers(), ", ")+" (default momentum)")
	flags.StringVar(&f.dtype, "dtype", "", strings.Join(memory.DTypes(), ", ")+" (default fp32)")
	flags.StringVar(&f.torch, "torch", "", "the release whose rules --account pytorch follows: "+strings.Join(memory.Torches(), " or ")+" (default 2-cuda)")
	flags.BoolVar(&f.all, "all", false, "list layers too that make no volume and have no parameters; with --timeline, every step in text")
	flags.StringVar(&f.as, "as", "", "count as another program does: "+strings.Join(count.Names(), ", ")+" (cnncalc help counting)")
	flags.BoolVar(&f.timeline, "timeline", false, "print or draw what is alive after every step, by --account pytorch (the default here) or cnncalc")
	flags.StringSliceVar(&f.columns, "columns", nil, "columns to print, in order; for notes: name,layer,output,memory,weights,biases,macs,field,jump,start")
	flags.StringVar(&f.format, "format", "text", "text, markdown, csv or json; with --timeline svg too")
	flags.StringVarP(&f.output, "output", "o", "", "write to this file, whole or not at all")
	flags.StringVar(&f.units, "units", string(report.IEC), "iec (1 GiB = 2^30 bytes) or si (1 GB = 10^9)")
	return cmd
}

func (a *app) memory(args []string, f *memoryFlags) error {
	if f.format == svgFormat {
		return usageError("--format: svg draws a --timeline; choose from %s", strings.Join(report.Formats(), ", "))
	}
	format, err := report.ParseFormat(f.format)
	if err != nil {
		return usageError("--format: %w", err)
	}
	units, err := report.ParseUnits(f.units)
	if err != nil {
		return usageError("--units: %w", err)
	}
	if f.batch < 1 {
		return usageError("--batch must be 1 or more, not %d", f.batch)
	}
	if f.as != "" {
		return a.memoryAs(args, f, format)
	}
	if err := checkColumns(f.columns, format); err != nil {
		return err
	}
	options, err := f.options()
	if err != nil {
		return err
	}
	l, err := a.loadSound(args, &f.specFlags)
	if err != nil {
		return err
	}
	var result accountResult
	switch f.account {
	case pytorchAccount:
		result, err = l.pytorch(f, options, units)
	case cnncalcAccount:
		result, err = l.cnncalc(f, units)
	default:
		result, err = l.notes(f, options, units)
	}
	if err != nil {
		return err
	}
	if format == report.JSON {
		document := report.NewNetworkDocument(l.title(), l.network, f.batch, result.document)
		return a.write(f.output, func(w io.Writer) error { return report.WriteJSON(w, document) })
	}
	return a.writeSelected(result.table, f.columns, f.output, format)
}

// accountResult is an account as it is printed.
type accountResult struct {
	table    report.Table
	document report.MemoryDocument
}

// options reads the flags of the accounts, and refuses those that do not go together.
func (f *memoryFlags) options() (memory.Options, error) {
	o := memory.Options{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.FP32, Optimizer: memory.DefaultOptimizer}
	if accounts := []string{notesAccount, pytorchAccount, cnncalcAccount}; !slices.Contains(accounts, f.account) {
		hint := ""
		if near := diag.DidYouMean(f.account, accounts); near != "" {
			hint = "; " + near
		}
		return o, usageError("--account: %q is not an account: choose from %s%s", f.account, strings.Join(accounts, ", "), hint)
	}
	if err := f.parseOptions(&o); err != nil {
		return o, err
	}
	switch {
	case f.torch != "" && f.account != pytorchAccount:
		return o, usageError("--torch is for --account pytorch, not for %s", f.account)
	case f.account == cnncalcAccount && o.DType != memory.FP32:
		return o, usageError("--account cnncalc is of cnncalc run, which computes in fp32; --account pytorch has --dtype %s", o.DType)
	case f.account == cnncalcAccount && (f.mode == string(memory.Training) || f.optimizer != ""):
		return o, usageError("--account cnncalc is of cnncalc run, which trains nothing; --account pytorch has training")
	case f.optimizer != "" && o.Mode == memory.Inference:
		return o, usageError("--optimizer is for training: leave it out, or take --mode training")
	case f.account == notesAccount && (o.DType == memory.AMP || o.DType == memory.INT8):
		return o, usageError("--dtype: the notes count values of one size, and %s has two; --account pytorch has it", o.DType)
	}
	if err := o.Check(); err != nil && f.account == pytorchAccount {
		return o, usageError("--dtype: %w", err)
	}
	return o, nil
}

// parseOptions reads what was given.
func (f *memoryFlags) parseOptions(o *memory.Options) error {
	var err error
	for _, flag := range []struct {
		name, value string
		parse       func(string) error
	}{
		{"mode", f.mode, func(s string) error { o.Mode, err = memory.ParseMode(s); return err }},
		{"optimizer", f.optimizer, func(s string) error { o.Optimizer, err = memory.ParseOptimizer(s); return err }},
		{"dtype", f.dtype, func(s string) error { o.DType, err = memory.ParseDType(s); return err }},
		{"torch", f.torch, func(s string) error { o.Torch, err = memory.ParseTorch(s); return err }},
	} {
		if flag.value == "" {
			continue
		}
		if err := flag.parse(flag.value); err != nil {
			return usageError("--%s: %w", flag.name, err)
		}
	}
	return nil
}

// sizeCell is a size for people, and its bytes for machines.
func sizeCell(bytes int64, units report.Units) report.Cell {
	return report.Cell{Text: report.Bytes(bytes, units), Value: bytes}
}

// sizeLine is a line under a table: what, how much, and a remark.
func sizeLine(what string, bytes int64, units report.Units, remark string) string {
	return strings.TrimRight(fmt.Sprintf("  %-12s %10s  %s", what, report.Bytes(bytes, units), remark), " ")
}
