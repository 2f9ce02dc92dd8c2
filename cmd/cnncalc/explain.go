package main

import (
	"io"

	"github.com/spf13/cobra"

	"cnncalc/internal/diag"
	"cnncalc/internal/report"
	"cnncalc/internal/shape"
)

func newExplain(a *app) *cobra.Command {
	var f specFlags
	var layer, output string
	cmd := &cobra.Command{
		Use:   "explain [SPEC]",
		Short: "write the arithmetic of a layer out, as a teacher would",
		Long: `explain shows a layer's shape formula with its numbers, its parameters with and without sharing, its
im2col matrices, MACs, memory and receptive field, and what the backward pass does there. Without
--layer it takes all layers in turn. Names are those that cnncalc memory --all prints.

The receptive field is what one value sees of the picture: so many pixels, the next value's field the
jump further on, the first value's from the start on. Padding counts as pixels, and borders are left
out of account, as is usual. Of several paths it holds what any of them sees.`,
		Example: "  cnncalc explain alexnet --layer conv1",
		Args:    atMostOneSpec,
		RunE:    func(_ *cobra.Command, args []string) error { return a.explain(args, layer, output, &f) },
	}
	f.register(cmd.Flags())
	cmd.Flags().StringVar(&layer, "layer", "", "name of the layer, as conv1")
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to this file, whole or not at all")
	return cmd
}

func (a *app) explain(args []string, layer, output string, f *specFlags) error {
	l, err := a.loadSound(args, f)
	if err != nil {
		return err
	}
	n, fields := l.network, shape.Fields(l.network)
	names := make([]string, len(n.Nodes))
	for i := range n.Nodes {
		names[i] = n.Nodes[i].Name
	}
	if layer == "" {
		return a.write(output, func(w io.Writer) error {
			for i := range names {
				if i > 0 {
					if _, err := io.WriteString(w, "\n"); err != nil {
						return err
					}
				}
				if err := report.Explain(w, n, fields, i); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for i, name := range names {
		if name == layer {
			return a.write(output, func(w io.Writer) error { return report.Explain(w, n, fields, i) })
		}
	}
	if hint := diag.DidYouMean(layer, names); hint != "" {
		return usageError("%s has no layer %s; %s", l.title(), layer, hint)
	}
	return usageError("%s has no layer %s; cnncalc memory --all lists them", l.title(), layer)
}
