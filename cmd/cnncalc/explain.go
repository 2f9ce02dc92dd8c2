package main

import (
	"io"

	"github.com/spf13/cobra"

	"cnncalc/internal/diag"
	"cnncalc/internal/report"
)

type explainFlags struct {
	specFlags
	outputFlags
	layer string
}

func newExplain(a *app) *cobra.Command {
	var f explainFlags
	cmd := &cobra.Command{
		Use:   "explain [SPEC]",
		Short: "write out the arithmetic of a layer, as a teacher would",
		Long: `explain shows a layer's shape formula with its numbers, its parameters with and without sharing, its
im2col matrices, MACs, memory and receptive field, and what the backward pass does there. Without
--layer it takes all layers in turn. cnncalc memory --all prints their names.

The receptive field is what one value sees of the picture: its size in pixels, the jump to the next
value's field, and the pixel at which the first value's field starts. Padding counts as pixels, and
borders are ignored, as is usual. With several paths it covers what any of them sees.`,
		Example: "  cnncalc explain alexnet --layer conv1",
		Args:    atMostOneSpec,
		RunE:    func(_ *cobra.Command, args []string) error { return a.explain(args, &f) },
	}
	flags := cmd.Flags()
	f.register(flags)
	f.registerPath(flags)
	flags.StringVar(&f.layer, "layer", "", "name of the layer, such as conv1")
	return cmd
}

func (a *app) explain(args []string, f *explainFlags) error {
	l, err := a.loadSound(args, &f.specFlags)
	if err != nil {
		return err
	}
	nodes, err := l.nodesNamed(f.layer)
	if err != nil {
		return err
	}
	return a.write(f.path, func(w io.Writer) error { return report.Explain(w, l.network, nodes) })
}

// nodesNamed returns the node of a name, or all nodes for "".
func (l *loaded) nodesNamed(layer string) ([]int, error) {
	nodes := l.network.Nodes
	all, names := make([]int, len(nodes)), make([]string, len(nodes))
	for i := range nodes {
		if layer != "" && nodes[i].Name == layer {
			return []int{i}, nil
		}
		all[i], names[i] = i, nodes[i].Name
	}
	if layer == "" {
		return all, nil
	}
	if hint := diag.DidYouMean(layer, names); hint != "" {
		return nil, usageError("%s has no layer %s; %s", l.title(), layer, hint)
	}
	return nil, usageError("%s has no layer %s; cnncalc memory --all lists them", l.title(), layer)
}
