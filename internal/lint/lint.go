// Package lint gives the advice of the CS231n notes (sections "Layer Patterns" and "Layer Sizing Patterns") on
// networks without problems. Its findings are notes, never errors.
package lint

import (
	"fmt"
	"slices"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// The notes' numbers.
const (
	usualHalvings = 5 // 32, 64, 96, 224, 384 and 512 are all divisible by 2 five times
	usualConvs    = 3 // N <= 3 of [CONV -> RELU]*N
	usualFCs      = 2 // K < 3 of [FC -> RELU]*K
)

// The codes of the findings.
const (
	Halvings         diag.Code = "lint/halvings"          // the input's size
	KeepsSize        diag.Code = "lint/keeps-size"        // a CONV of stride 1 changes the size
	LargeWindow      diag.Code = "lint/large-window"      // after the first layer
	UnusualPool      diag.Code = "lint/unusual-pool"      // neither 2/2 nor 3/2
	ManyConvolutions diag.Code = "lint/many-convolutions" // without a pool between them
	ManyHiddenFCs    diag.Code = "lint/many-hidden-fcs"
	// Of the warnings:
	ChannelsFirst diag.Code = "lint/channels-first"
	LargeFactor   diag.Code = "lint/large-factor" // of an UPSAMPLE
)

// Codes lists the codes of all findings.
func Codes() []diag.Code {
	return []diag.Code{Halvings, KeepsSize, LargeWindow, UnusualPool, ManyConvolutions, ManyHiddenFCs}
}

// Advice returns everything that the notes would say about a network without problems.
func Advice(n *shape.Network) diag.List {
	var notes diag.List
	adviseInput(n, &notes)
	firstConv := true
	for i := range n.Nodes {
		switch o := n.Nodes[i].Op.(type) {
		case *op.Conv:
			adviseConv(n, i, o, firstConv, &notes)
			firstConv = false
		case *op.MaxPool:
			advisePool(n, i, o, &notes)
		}
	}
	adviseRuns(n, &notes)
	return notes
}

// mostChannels is how deep pictures are at most: with four channels, transparency is one of them. leastSide is the side
// of a small picture.
const (
	mostChannels = 4
	leastSide    = 16
)

// largestFactor is the largest factor by which an UPSAMPLE is taken to enlarge on purpose: FCN-32s has 32.
const largestFactor = 32

// Warnings returns what is probably a mistake although the network is sound, to be shown by every command: an input
// whose size is written in the order of frameworks, channels first, and an UPSAMPLE whose factor looks like a size.
func Warnings(n *shape.Network) diag.List {
	var warnings diag.List
	for _, i := range n.Inputs {
		in := n.Layers[i].Out
		if in.W <= mostChannels && in.H >= leastSide && in.D >= leastSide {
			warnings.Add(n.Nodes[i].Pos, ChannelsFirst, "the input %s is %d wide and %d deep: sizes are width x height x depth",
				in, in.W, in.D).
				WithHint("channels come last: %dx%dx%d?", in.D, in.H, in.W)
		}
	}
	warnOfFactor(n, &warnings)
	return warnings
}

// warnOfFactor warns of the first UPSAMPLE whose factor looks like a size, unless its input is a single place, of which
// the factor is the size.
func warnOfFactor(n *shape.Network, warnings *diag.List) {
	for i := range n.Nodes {
		o, ok := n.Nodes[i].Op.(*op.Upsample)
		if !ok || o.IsLike() {
			continue
		}
		in, out := n.InputsOf(i)[0], n.Layers[i].Out
		if !in.HasPlane() || !out.HasPlane() || in.IsPlace() || max(out.W/in.W, out.H/in.H) <= largestFactor {
			continue
		}
		size := fmt.Sprintf("%dx%d", out.W/in.W, out.H/in.H)
		warnings.Add(n.Nodes[i].Pos, LargeFactor, "%s makes %dx%d out of %dx%d: %s is a factor, not a size", op.Short(o),
			out.W, out.H, in.W, in.H, size).WithHint("for an output of %s write RESIZE%s", size, size)
		return
	}
}

func adviseInput(n *shape.Network, notes *diag.List) {
	in := n.InputShape()
	for _, side := range []struct {
		name string
		size int64
	}{{"width", in.W}, {"height", in.H}} {
		halvings := 0
		for size := side.size; size%2 == 0; size /= 2 {
			halvings++
		}
		if halvings < usualHalvings {
			notes.Add(n.Nodes[n.Inputs[0]].Pos, Halvings, "the input's %s %d can be halved %d times", side.name, side.size,
				halvings).
				WithHint("inputs divisible by 2 many times are usual: 32, 64, 96, 224, 384, 512")
		}
		if in.W == in.H {
			return
		}
	}
}

func adviseConv(n *shape.Network, i int, o *op.Conv, first bool, notes *diag.List) {
	g, err := o.Geometry(n.InputsOf(i)[0])
	if err != nil {
		return
	}
	if g.W.Out == 1 && g.H.Out == 1 {
		return // the window is the whole input: an FC in another form
	}
	pos := n.Nodes[i].Pos
	keeps := func(a op.Axis) bool { return a.Stride > 1 || a.Out == a.In }
	_, padded := n.Nodes[n.Nodes[i].Inputs[0]].Op.(*op.Pad) // a PAD has added what the window takes
	if !padded && (!keeps(g.W) || !keeps(g.H)) {
		notes.Add(pos, KeepsSize, "%s changes %dx%d to %dx%d", op.Short(o), g.W.In, g.H.In, g.W.Out, g.H.Out).
			WithHint("with stride 1, P=(F-1)/2 keeps the size and leaves down-sampling to the pools")
	}
	if !first && max(g.W.Size, g.H.Size) > 5 {
		notes.Add(pos, LargeWindow, "%s has a large window after the first layer", op.Short(o)).
			WithHint("stacks of 3x3 see as much with fewer parameters: three of them see 7x7 with 27C^2 weights instead " +
				"of 49C^2")
	}
}

func advisePool(n *shape.Network, i int, o *op.MaxPool, notes *diag.List) {
	g, err := o.Geometry(n.InputsOf(i)[0])
	if err != nil {
		return
	}
	usual := func(a op.Axis) bool { return a.Size == a.In || a.Stride <= 2 && (a.Size == 2 || a.Size == 3) }
	if !usual(g.W) || !usual(g.H) {
		notes.Add(n.Nodes[i].Pos, UnusualPool, "%s with stride %d is an unusual pool", op.Short(o),
			max(g.W.Stride, g.H.Stride)).
			WithHint("2/2 and 3/2 are usual; larger windows lose too much")
	}
}

// adviseRuns counts CONV -> activation and FC -> activation pairs in a row, in chains without branches.
func adviseRuns(n *shape.Network, notes *diag.List) {
	if slices.ContainsFunc(n.Nodes, func(node graph.Node) bool { return node.JoinsPaths() }) {
		return // the notes' pattern is a single chain
	}
	convs, fcs := 0, 0
	for i, node := range n.Nodes {
		switch node.Op.(type) {
		case *op.Conv:
			if convs++; convs == usualConvs+1 {
				notes.Add(node.Pos, ManyConvolutions, "%s is the %dth convolution without a pool between them", node.Name, convs).
					WithHint("N <= %d is usual in [[CONV -> RELU]*N -> POOL?]*M", usualConvs)
			}
		case *op.FC:
			if !hasActivation(n.Graph, i) {
				continue
			}
			if fcs++; fcs == usualFCs+1 {
				notes.Add(node.Pos, ManyHiddenFCs, "%s is the %drd hidden FC", node.Name, fcs).
					WithHint("K < 3 is usual in [FC -> RELU]*K -> FC")
			}
		case *op.MaxPool, *op.AvgPool, *op.L2Pool, *op.GlobalAvgPool, *op.AdaptAvg, *op.GlobalMaxPool, *op.AdaptMax:
			convs = 0
		}
	}
}

// hasActivation reports whether node i is followed by a layer that works in place, other than SOFTMAX and LOGSOFTMAX.
func hasActivation(g *graph.Graph, i int) bool {
	if i+1 >= len(g.Nodes) {
		return false
	}
	next := g.Nodes[i+1].Op
	switch next.(type) {
	case *op.Softmax, *op.LogSoftmax:
		return false
	}
	return !next.MakesVolume()
}
