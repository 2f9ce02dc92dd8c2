package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"cnncalc/internal/convert"
	"cnncalc/internal/diag"
	"cnncalc/internal/exec"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
	"cnncalc/internal/spec"
)

const convertLong = `convert --fc-to-conv turns the FC layers of a network into CONV layers, as in the CS231n notes: the first
FC of vgg16, over 7x7x512, becomes CONV7-4096 p0, the others CONV1. The new network computes the same. For a
larger picture (--input-size 384) it computes a map of scores in one pass: those that the old network gives
for crops of the picture, 32 pixels apart. GAP and ADAPTAVG before an FC become pools with a window; FLATTEN
is left out. Layers keep their names.

In a network without padding, the scores of the map equal those of the crops. With padding they differ
slightly: a crop has zeros around it where the larger picture continues.

--save-weights writes the weights of the new network. They come from --weights, or with the network.`

type convertFlags struct {
	specFlags
	fcToConv bool
	weights  string
	save     string
	output   string
}

func newConvert(a *app) *cobra.Command {
	var f convertFlags
	cmd := &cobra.Command{
		Use:     "convert --fc-to-conv [SPEC]",
		Short:   "turn FC layers into CONV layers, which slide over larger pictures",
		Long:    convertLong,
		Example: "  cnncalc convert --fc-to-conv vgg16 -o vgg16-conv.yaml\n  cnncalc memory vgg16-conv.yaml --input-size 384",
		Args:    atMostOneSpec,
		RunE:    func(_ *cobra.Command, args []string) error { return a.convert(args, &f) },
	}
	f.register(cmd.Flags())
	flags := cmd.Flags()
	flags.BoolVar(&f.fcToConv, "fc-to-conv", false, "turn FC layers into CONV layers")
	flags.StringVar(&f.weights, "weights", "", "file of the network's trained weights (safetensors, npz, npy)")
	flags.StringVar(&f.save, "save-weights", "", "write the weights of the new network to this safetensors file")
	flags.StringVarP(&f.output, "output", "o", "", outputUsage)
	return cmd
}

// check refuses flags that no network would suit.
func (f *convertFlags) check() error {
	switch {
	case !f.fcToConv:
		return usageError("convert needs --fc-to-conv, the only conversion available")
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
	converted, changes, err := convert.FCToConv(l.network)
	if err != nil {
		return a.convertError(l, err)
	}
	if f.save != "" {
		n, problems := shape.Infer(converted)
		if len(problems) > 0 {
			return codedError{exitIO, &problems[0]}
		}
		if err := a.convertWeights(l, n, f); err != nil {
			return err
		}
	}
	err = a.write(f.output, func(w io.Writer) error {
		_, err := io.WriteString(w, spec.Print(converted))
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range changes {
		a.note("%s", describeChange(c))
	}
	return nil
}

// convertError prints what cannot be converted, at its place in the file.
func (a *app) convertError(l *loaded, err error) error {
	var problem *diag.Problem
	if !errors.As(err, &problem) {
		return codedError{exitIO, err}
	}
	if err := l.file.Source.Print(a.err, diag.List{*problem}); err != nil {
		return outputError(err)
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
	options := exec.Options{Batch: 1, Threads: 1}
	old, err := exec.Compile(l.network, options)
	if err != nil {
		return problemError("%s: %w", l.title(), err)
	}
	program, err := exec.Compile(converted, options)
	if err != nil {
		return problemError("%s: %w", l.title(), err)
	}
	trained, err := a.openWeights(&runFlags{weights: f.weights}, l, old)
	if err != nil {
		return err
	}
	defer trained.close()
	if trained.isRandom() {
		return usageError("--save-weights needs --weights: %s has no weights of its own", l.name)
	}
	return outputError(trained.save(a.outputs, f.save, program))
}
