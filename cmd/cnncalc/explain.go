package main

import (
	"io"
	"slices"

	"github.com/spf13/cobra"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
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
		Use: "explain [SPEC]",
		Long: `explain shows the arithmetic of each layer: its shape formula with the numbers, its parameters with and
without sharing, its im2col matrices, MACs, memory and receptive field, and what its backward pass computes. --layer
chooses one layer by its name, which cnncalc memory --all prints, or by its name in an ONNX model.

The receptive field is the part of the picture that a value depends on: its size in pixels, the jump to the next
value's field, and the pixel at which the first value's field starts. As is usual, padding counts as pixels, and the
borders are ignored. With several paths, the field covers those of all paths.`,
		Example: "  cnncalc explain alexnet --layer conv1",
		Args:    atMostOneSpec,
		RunE:    func(_ *cobra.Command, args []string) error { return a.explain(args, &f) },
	}
	flags := cmd.Flags()
	f.register(flags)
	f.registerPath(flags)
	flags.StringVar(&f.layer, "layer", "", "only the layer of this name, such as conv1")
	return cmd
}

func (a *app) explain(args []string, f *explainFlags) error {
	out, err := f.parse("explain")
	if err != nil {
		return err
	}
	l, err := a.loadSound(args, &f.specFlags)
	if err != nil {
		return err
	}
	nodes, err := l.nodesNamed(f.layer)
	if err != nil {
		return err
	}
	tensor := func(string) string { return "" }
	if w := l.file.Weights(); w != nil {
		tensor = w.Tensor
	}
	return a.write(out.path, func(w io.Writer) error { return report.Explain(w, l.network, nodes, tensor) })
}

// nodesNamed returns the node of a name, or of a name in the model; all nodes for "".
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
	isCalled := func(n graph.Node) bool { return n.Origin == layer }
	if i := slices.IndexFunc(nodes, isCalled); i >= 0 {
		return []int{i}, nil
	}
	if hint := diag.DidYouMean(layer, names); hint != "" {
		return nil, usageError("%s has no layer %s; %s", l.title(), layer, hint)
	}
	return nil, usageError("%s has no layer %s; cnncalc memory --all lists them", l.title(), layer)
}
