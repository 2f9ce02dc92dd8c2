package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"cnncalc/internal/budget"
	"cnncalc/internal/convert"
	"cnncalc/internal/diag"
	"cnncalc/internal/exec"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
	"cnncalc/internal/pytorchcode"
	"cnncalc/internal/report"
	"cnncalc/internal/shape"
)

const convertLong = `convert writes a network in another format, which the ending of the -o file chooses:

  .yaml or none   a file in cnncalc's language: that of an ONNX model, or SPEC's file with the values of --set and
                  --input-size, and what --fc-to-conv changes, written into it
  .onnx           an ONNX model, for ONNX Runtime and others
  .py             PyTorch code: a module for the network, and one for each block of its file

The weights of a model are those of --weights, those that come with the network, or random ones (--seed).
--save-weights writes the weights for a YAML file or PyTorch code, as safetensors. The code's load reads them: the
names in its state_dict are those of cnncalc.

With --checkpoint, torch.utils.checkpoint runs segments of the code, such as those that cnncalc checkpoint finds.

--fc-to-conv turns the FC layers into CONV layers, as in the CS231n notes: the first FC of vgg16, over 7x7x512,
becomes CONV7-4096 p0, the others CONV1. The new network computes the same. For a larger picture (--input-size 384),
it computes a map of scores in one pass: those that the old network gives for crops of the picture, 32 pixels apart.
GAP and ADAPTAVG before an FC become pools with a window; FLATTEN is left out. Layers keep their names. Without
padding, the scores of the map equal those of the crops. With padding they differ slightly: a crop has zeros around
it where the larger picture continues.`

type convertFlags struct {
	specFlags
	fcToConv    bool
	checkpoints []string
	weights     string
	seed        uint64
	save        string
	output      string
}

func newConvert(a *app) *cobra.Command {
	f := convertFlags{seed: defaultSeed}
	cmd := &cobra.Command{
		Use:  "convert [SPEC]",
		Long: convertLong,
		Example: "  cnncalc convert torchvision/resnet18 --weights resnet18.safetensors -o resnet18.onnx\n" +
			"  cnncalc convert model.onnx -o model.yaml --save-weights model.safetensors\n" +
			"  cnncalc convert torchvision/resnet18 -o resnet18.py\n" +
			"  cnncalc convert --fc-to-conv vgg16 -o vgg16-conv.yaml",
		Args: atMostOneSpec,
		RunE: func(_ *cobra.Command, args []string) error { return a.convert(args, &f) },
	}
	f.register(cmd.Flags())
	flags := cmd.Flags()
	flags.BoolVar(&f.fcToConv, "fc-to-conv", false, "turn FC layers into CONV layers")
	flags.StringSliceVar(&f.checkpoints, "checkpoint", nil,
		"first and last layers of the segments that torch.utils.checkpoint runs in PyTorch code: conv1:pool1,conv5:pool3")
	flags.StringVar(&f.weights, "weights", "", "file of the network's trained weights (safetensors, npz, npy), or random")
	flags.Var(seedFlag{&f.seed}, "seed", "seed of random weights")
	flags.StringVar(&f.save, "save-weights", "", "write the weights of the new network to this safetensors file")
	flags.StringVarP(&f.output, "output", "o", "", outputUsage)
	return cmd
}

// toModel reports whether an ONNX model is written.
func (f *convertFlags) toModel() bool { return report.Ending(f.output) == ".onnx" }

// toCode reports whether PyTorch code is written.
func (f *convertFlags) toCode() bool { return report.Ending(f.output) == ".py" }

// checkEndings refuses files with the ending of another format than theirs.
func (f *convertFlags) checkEndings() error {
	switch ending := report.Ending(f.output); ending {
	case "", ".yaml", ".yml", ".onnx", ".py":
	default:
		return usageError("--output %s: convert writes .yaml, .onnx or .py, not %s", plain.CutPath(f.output),
			plain.Cut(ending))
	}
	return checkWeightsEnding(f.save)
}

// check refuses flags that no network would suit.
func (f *convertFlags) check() error {
	if err := f.checkEndings(); err != nil {
		return err
	}
	switch {
	case f.checkpoints != nil && !f.toCode():
		return usageError("--checkpoint is for PyTorch code: write it with -o FILE.py")
	case f.checkpoints != nil && f.fcToConv:
		return usageError("--checkpoint cannot be combined with --fc-to-conv: write the new network to a file first")
	case f.toModel() && f.save != "":
		return usageError("--save-weights cannot be combined with -o FILE.onnx: an ONNX model contains its weights")
	case f.toModel():
		return nil
	case f.weights == randomWeights:
		return usageError("--weights random needs no conversion: cnncalc run gives any network random weights")
	case f.weights != "" && f.save == "":
		return usageError("--weights needs --save-weights, the file for the weights of the new network")
	}
	return nil
}

func (a *app) convert(args []string, f *convertFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	l, err := a.loadSound(args, &f.specFlags)
	if err != nil {
		return err
	}
	n, changes := l.network, []convert.Change(nil)
	if f.fcToConv {
		if n, changes, err = a.fcToConv(l); err != nil {
			return err
		}
	}
	if len(n.Budget) > 0 && (f.toModel() || f.toCode()) {
		a.note("%s cannot hold the budget: write it into %s", plain.CutPath(f.output), budget.FileName)
	}
	switch {
	case f.toModel():
		err = a.writeModel(l, n, f)
	case f.toCode():
		err = a.writeCode(l, n, f)
	default:
		err = a.writeNetwork(l, n, f)
	}
	if err != nil {
		return err
	}
	for _, c := range changes {
		a.note("%s", describeChange(c))
	}
	return nil
}

// fcToConv returns the network with CONV layers in place of FC layers, and what became of each.
func (a *app) fcToConv(l *loaded) (*shape.Network, []convert.Change, error) {
	converted, changes, err := convert.FCToConv(l.network)
	if err != nil {
		return nil, nil, a.convertError(l, err)
	}
	n, problems := shape.Infer(converted)
	if len(problems) > 0 {
		return nil, nil, codedError{exitIO, &problems[0]}
	}
	return n, changes, nil
}

// writeCode writes a network as PyTorch code, with its weights if asked to.
func (a *app) writeCode(l *loaded, n *shape.Network, f *convertFlags) error {
	checkpoints, err := l.checkpointsOf(f.checkpoints)
	if err != nil {
		return err
	}
	code, err := pytorchcode.CheckpointedCode(n, checkpoints)
	if err != nil {
		return problemError("%s: %w", l.title(), err)
	}
	if f.save != "" {
		if err := a.convertWeights(l, n, f); err != nil {
			return err
		}
	}
	return a.write(f.output, func(w io.Writer) error {
		_, err := w.Write(code)
		return err
	})
}

// writeNetwork writes a network as a file, with its weights if asked to.
func (a *app) writeNetwork(l *loaded, n *shape.Network, f *convertFlags) error {
	options, err := f.options()
	if err != nil {
		return err
	}
	text := l.file.Text(n.Graph, options)
	if f.save != "" {
		if err := a.convertWeights(l, n, f); err != nil {
			return err
		}
	}
	return a.write(f.output, func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	})
}

// convertError prints what cannot be converted, at its place in the file.
func (a *app) convertError(l *loaded, err error) error {
	var problem *diag.Problem
	if !errors.As(err, &problem) {
		return codedError{exitIO, err}
	}
	if err := a.printProblems(l.file.Source, diag.List{*problem}); err != nil {
		return err
	}
	return errReported
}

func describeChange(c convert.Change) string {
	if c.New == nil {
		return fmt.Sprintf("%s: %s is left out", c.Name, op.Notation(c.Old))
	}
	return fmt.Sprintf("%s: %s is now %s", c.Name, op.Notation(c.Old), op.Notation(c.New))
}

// convertWeights writes the old network's weights in the new one's shapes. Their order and values are the same.
func (a *app) convertWeights(l *loaded, converted *shape.Network, f *convertFlags) error {
	trained, tensors, err := a.openConverted(l, converted, f)
	if err != nil {
		return err
	}
	defer trained.close()
	if trained.isRandom() {
		return usageError("--save-weights needs --weights: %s has no weights of its own", l.name)
	}
	return outputError(trained.save(a.outputs, f.save, tensors))
}

// openConverted opens the weights of the network that is converted, and returns the tensors of the new network, which
// are as many and in the same order.
func (a *app) openConverted(l *loaded, converted *shape.Network, f *convertFlags) (*trained, []exec.Tensor, error) {
	old, err := l.tensors(l.network)
	if err != nil {
		return nil, nil, err
	}
	tensors := old
	if converted != l.network {
		if tensors, err = l.tensors(converted); err != nil {
			return nil, nil, err
		}
	}
	t, err := a.openWeights(&runFlags{weights: f.weights, seed: f.seed}, l, old)
	return t, tensors, err
}

// tensors returns the weights of a network made from l, as a run of it reads them.
func (l *loaded) tensors(n *shape.Network) ([]exec.Tensor, error) {
	program, err := exec.Compile(n, exec.Options{Batch: 1, Threads: 1})
	if err != nil {
		return nil, problemError("%s: %w", l.title(), err)
	}
	defer program.Close()
	return program.Tensors(), nil
}
