package main

import (
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/spf13/cobra"

	"cnncalc/internal/choice"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/numeral"
	"cnncalc/internal/plain"
	"cnncalc/internal/pytorchcode"
	"cnncalc/internal/report"
)

const checkpointLong = `checkpoint finds how much memory torch.utils.checkpoint saves in training, and what that costs.
A checkpointed segment of layers keeps only its input. When the backward pass reaches the segment, it runs forward
again. The table lists the plans that no other plan beats in both the peak and the MACs that run again.

--memory chooses the plan that runs the fewest MACs again, among those whose peak by PyTorch's account (cnncalc help
memory) is at most this. --overhead chooses the plan with the least peak, among those that run at most this share of a
forward pass again. If there is no such plan, the exit code is 1.

A network can be cut where a single volume joins its layers, before its first output. Segments do not overlap and are
not nested; of all such plans, dynamic programming finds the best (after Beaumont et al., Optimal checkpointing for
heterogeneous chains, 2019). cnncalc convert --checkpoint writes a plan as PyTorch code.

BN updates its running statistics in both runs of a segment, so they follow new batches faster. DROPOUT
draws the same numbers in both.`

type checkpointFlags struct {
	specFlags
	outputFlags
	accountFlags
	batch    int64
	memory   quantity[int64]
	overhead string
}

func newCheckpoint(a *app) *cobra.Command {
	var f checkpointFlags
	cmd := &cobra.Command{
		Use:  "checkpoint [SPEC]",
		Long: checkpointLong,
		Example: "  cnncalc checkpoint torchvision/resnet50 --batch 64 --memory 4GiB\n" +
			"  cnncalc checkpoint torchvision/resnet50 --batch 64 --overhead 20%\n" +
			"  cnncalc checkpoint mynet.yaml --batch 32 -o curve.svg",
		Args: atMostOneSpec,
		RunE: func(_ *cobra.Command, args []string) error { return a.checkpoint(args, &f) },
	}
	flags := cmd.Flags()
	f.register(flags)
	f.registerFreeze(flags)
	f.registerFormat(flags, append(report.TableFormats(), report.SVG)...)
	f.registerPath(flags)
	f.registerUnits(flags)
	f.registerColumns(flags, "peak", "saved", "extra_macs", "overhead", "segments", "chosen")
	registerBatch(flags, &f.batch, "pictures in a batch")
	sizeVar(flags, &f.memory, "memory", "choose the plan with the least recomputation whose peak is at most this: 4GiB")
	flags.StringVar(&f.overhead, "overhead", "",
		"choose the plan with the least peak that runs at most this share of a forward pass's MACs again: 20%")
	wordVar(flags, &f.optimizer, "optimizer", "", memory.Optimizers(),
		strings.Join(memory.Optimizers(), ", ")+" (default momentum)")
	f.trains = true
	wordVar(flags, &f.dtype, "dtype", "", memory.TrainingDTypes(), choice.List(memory.TrainingDTypes())+" (default fp32)")
	f.registerTorch(flags)
	return cmd
}

func (a *app) checkpoint(args []string, f *checkpointFlags) error {
	out, err := f.parse("checkpoint")
	if err != nil {
		return err
	}
	if err := f.check(out); err != nil {
		return err
	}
	share, err := parseOverhead(f.overhead)
	if err != nil {
		return err
	}
	f.account = string(memory.PyTorchAccount)
	_, options, err := f.accountOptions()
	if err != nil {
		return err
	}
	l, err := a.loadSound(args, &f.specFlags)
	if err != nil {
		return err
	}
	view, err := l.checkpoints(f, options, share)
	if err != nil {
		return problemError("%s: %w", l.title(), err)
	}
	if out.format == report.SVG {
		err = a.write(out.path, func(w io.Writer) error { return view.WriteSVG(w, out.units) })
	} else {
		err = a.print(out, view)
	}
	if err == nil && view.Asked != "" && view.Chosen == nil {
		return errAnsweredNo
	}
	return err
}

// check refuses flags that no network would suit.
func (f *checkpointFlags) check(out output) error {
	switch {
	case f.memory.text != "" && f.overhead != "":
		return usageError("--memory and --overhead both choose a plan: use one of them")
	case out.format == report.SVG && f.columns != nil:
		return usageError("--columns is for tables")
	}
	return checkBatch(f.batch)
}

// parseOverhead reads a share, "20%".
func parseOverhead(text string) (float64, error) {
	if text == "" {
		return 0, nil
	}
	number, isShare := strings.CutSuffix(text, "%")
	share, err := numeral.Float(number)
	if err != nil || !isShare || share < 0 || math.IsInf(share, 0) {
		return 0, usageError("--overhead takes a share of a forward pass, such as 20%%, not %s", plain.Quote(text))
	}
	return share / 100, nil
}

// checkpoints finds the plans.
func (l *loaded) checkpoints(f *checkpointFlags, o memory.Options, share float64) (*report.Checkpoints, error) {
	model, err := memory.NewPyTorch(l.network, o)
	if err != nil {
		return nil, err
	}
	planner, err := memory.NewPlanner(model, f.batch)
	if err != nil {
		return nil, err
	}
	view := &report.Checkpoints{Title: l.title(), Network: l.network, Batch: f.batch, Options: o, Places: planner.Places(),
		Plain: planner.Plain().Peak, Curve: planner.Curve(), Command: l.command(&f.specFlags)}
	switch {
	case f.memory.text != "":
		view.Asked = "--memory " + f.memory.text
		view.Chosen, err = planner.Within(f.memory.value)
	case f.overhead != "":
		view.Asked = "--overhead " + f.overhead
		view.Chosen, err = planner.Least(shareOf(l.network.Total.MACs, share))
	}
	view.Exact = planner.Exact
	return view, err
}

// shareOf returns a share of MACs, at most the largest number.
func shareOf(macs int64, share float64) int64 {
	if product := float64(macs) * share; product < math.MaxInt64 {
		return int64(product)
	}
	return math.MaxInt64
}

// checkpointsOf returns the segments that --checkpoint names.
func (l *loaded) checkpointsOf(names []string) (pytorchcode.Checkpoints, error) {
	if names == nil {
		return pytorchcode.Checkpoints{}, nil
	}
	segments, err := l.segments(names)
	if err != nil {
		return pytorchcode.Checkpoints{}, err
	}
	model, err := memory.NewPyTorch(l.network, codeOptions())
	if err != nil {
		return pytorchcode.Checkpoints{}, problemError("%s: %w", l.title(), err)
	}
	if _, err := model.Checkpointed(segments); err != nil {
		return pytorchcode.Checkpoints{}, usageError("--checkpoint: %w", err)
	}
	return pytorchcode.Checkpoints{Segments: segments, Cuts: model.CutNodes()}, nil
}

// codeOptions returns the options of an account that says where PyTorch code can have checkpoints.
func codeOptions() memory.Options {
	return memory.Options{Torch: memory.Torch2CUDA, Mode: memory.Training, DType: memory.FP32}
}

// segments returns the segments that are named by their first and last layers, "conv1:pool1", in the order of the
// network.
func (l *loaded) segments(names []string) ([]graph.Segment, error) {
	var segments []graph.Segment
	for _, name := range names {
		s, err := l.segment(strings.TrimSpace(name))
		if err != nil {
			return nil, err
		}
		segments = append(segments, s)
	}
	return segments, nil
}

func (l *loaded) segment(name string) (graph.Segment, error) {
	at := -1
	for k := range name {
		if name[k] != ':' {
			continue
		}
		at = k // names of models have colons too
		first, last := l.nodeOf(name[:k]), l.nodeOf(name[k+1:])
		if first > 0 && last >= first {
			return graph.Segment{From: first - 1, To: last}, nil
		}
		if first > 0 && last > 0 {
			return graph.Segment{}, usageError("--checkpoint %s: %s comes before %s", plain.Cut(name), name[k+1:], name[:k])
		}
	}
	if at < 0 {
		return graph.Segment{}, usageError("--checkpoint takes the first and the last layer of each segment, such as "+
			"conv1:pool1, not %s", plain.Quote(name))
	}
	for _, layer := range []string{name[:at], name[at+1:]} {
		if _, err := l.nodesNamed(layer); err != nil || layer == "" {
			return graph.Segment{}, fmt.Errorf("--checkpoint: %w", err)
		}
	}
	return graph.Segment{}, usageError("--checkpoint %s: a segment does not begin with an INPUT", plain.Cut(name))
}

// nodeOf returns the node of a name, -1 for none.
func (l *loaded) nodeOf(name string) int {
	for i := range l.network.Nodes {
		if l.network.Nodes[i].Name == name {
			return i
		}
	}
	return -1
}
