package main

import (
	"io"
	"strings"

	"github.com/spf13/cobra"

	"cnncalc/internal/htmlreport"
	"cnncalc/internal/memory"
	"cnncalc/internal/numeral"
	"cnncalc/internal/report"
	"cnncalc/internal/study"
	"cnncalc/internal/traffic"
)

const reportLong = `report writes all that cnncalc knows about a network into one HTML file: totals, notes, the graph,
the table of layers, the arithmetic of each layer, the memory over the steps of an iteration, the batches that fit
devices, and the roofline. Several networks have their figures side by side, with the ratios to the first.

The file opens from a disk in any browser, sends no request to any host, prints on paper, and works without JavaScript
too. With it, the graph zooms, the table sorts, searches and copies as CSV, and a click chooses a layer.

--set, --input-size and --freeze change all networks; 2:384 changes the second.`

type reportFlags struct {
	specFlags
	outputFlags
	accountFlags
	batch           int64
	device          string
	peak, bandwidth quantity[float64]
}

func newReport(a *app) *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:  "report [SPEC...]",
		Long: reportLong,
		Example: "  cnncalc report torchvision/resnet50 --batch 32 -o resnet50.html\n" +
			"  cnncalc report vgg16 googlenet --device t4 -o compared.html",
		RunE: func(_ *cobra.Command, args []string) error { return a.report(args, &f) },
	}
	flags := cmd.Flags()
	f.register(flags)
	f.registerFreeze(flags)
	f.formats = []report.Format{report.HTML}
	f.registerPath(flags)
	flags.Lookup("output").Usage = "write to this file, completely or not at all"
	registerBatch(flags, &f.batch, "pictures in a batch")
	f.registerMode(flags, "inference or training (default training)")
	f.registerTypes(flags)
	f.registerTorch(flags)
	flags.Lookup("torch").Usage = strings.Replace(flags.Lookup("torch").Usage, "--account pytorch follows",
		"the memory follows", 1)
	flags.StringVar(&f.device, "device", "", "a GPU, such as rtx3060, or its memory: 12GiB")
	rateVarDefault(flags, &f.peak, "peak", traffic.AssumedPeak, numeral.FLOPS,
		"arithmetic rate of the machine, for the roofline")
	rateVarDefault(flags, &f.bandwidth, "bandwidth", traffic.AssumedBandwidth, numeral.Bandwidth,
		"memory bandwidth of the machine, for the roofline")
	return cmd
}

// maxReported bounds the networks of a report, which is read by people.
const maxReported = 12

func (a *app) report(args []string, f *reportFlags) error {
	out, err := f.parse("report")
	if err != nil {
		return err
	}
	if args, err = expandAll(args); err != nil {
		return err
	}
	if err := f.checkReport(args); err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{a.specOf(args)}
	}
	given, err := newNetworkChanges(&f.specFlags, len(args))
	if err != nil {
		return err
	}
	networks, err := a.loadCompared(args, given)
	if err != nil {
		return err
	}
	var documents []*study.Document
	for _, l := range networks {
		d, err := study.Make(l.file, f.settings().With(l.options))
		if err != nil {
			return usageError("%s: %w", l.title(), err)
		}
		d.Name = l.title()
		documents = append(documents, d)
	}
	text, err := htmlreport.Write(documents)
	if err != nil {
		return codedError{exitIO, err}
	}
	return a.write(out.path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// checkReport refuses what no network would suit.
func (f *reportFlags) checkReport(args []string) error {
	if len(args) > maxReported {
		return usageError("report takes at most %d networks, not %d", maxReported, len(args))
	}
	if err := checkStandardInput(args); err != nil {
		return err
	}
	if err := checkBatch(f.batch); err != nil {
		return err
	}
	f.account = string(memory.PyTorchAccount)
	if _, _, err := f.accountOptions(); err != nil {
		return err
	}
	if err := f.settings().Check(); err != nil {
		return usageError("--%w", err) // names the setting, which the flag is named after
	}
	return nil
}

// settings returns what the flags say of the study.
func (f *reportFlags) settings() study.Settings {
	return study.Settings{Batch: f.batch, Mode: f.mode, DType: f.dtype, Optimizer: f.optimizer, Torch: f.torch,
		Device: f.device, Peak: f.peak.text, Bandwidth: f.bandwidth.text, DrawsFolded: true}
}
