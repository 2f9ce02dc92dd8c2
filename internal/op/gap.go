package op

import "cnncalc/internal/graph"

// GlobalAvgPool is GAP, the average of each channel.
type GlobalAvgPool struct {
	volume
	wholePlane
	asMean bool
}

func gapKind() Kind {
	return Kind{
		Name:     "GAP",
		Summary:  "global average pooling: the mean of each channel, 1x1xD",
		Backward: "Every value of a channel gets an equal share of the channel's gradient; only shapes are needed.",
		New:      func() Layer { return &GlobalAvgPool{} },
	}
}

// Counterparts returns the layer's names in other programs. MatConvNet's is a pool whose window is the whole input.
func (o *GlobalAvgPool) Counterparts() Counterparts {
	if o.asMean {
		return Counterparts{Traced: []string{"mean"}, MatConvNet: "vl_nnpool"}
	}
	return Counterparts{
		Module:     "AdaptiveAvgPool2d",
		Function:   "adaptive_avg_pool2d",
		Traced:     []string{"adaptive_avg_pool2d"},
		MatConvNet: "vl_nnpool",
	}
}

// Kind returns "GAP".
func (*GlobalAvgPool) Kind() string { return "GAP" }

// IsMean reports whether PyTorch's code calls x.mean([2, 3]) instead of a module.
func (o *GlobalAvgPool) IsMean() bool { return o.asMean }

// Fields returns the settings.
func (o *GlobalAvgPool) Fields() []Field {
	return []Field{flagField(&o.asMean, "mean",
		"in PyTorch code, call x.mean([2, 3]) instead of a module; the result is the same, but other programs count it "+
			"differently")}
}

// Output returns 1x1xD.
func (*GlobalAvgPool) Output(in []graph.Shape) (graph.Shape, error) {
	return graph.Shape{W: 1, H: 1, D: one(in).D}, nil
}

// Slide returns the average over a window of the input's size.
func (*GlobalAvgPool) Slide(in graph.Shape) (graph.Op, error) { return slidingAverage(in) }

func slidingAverage(in graph.Shape) (graph.Op, error) {
	if in.W == 1 && in.H == 1 {
		return nil, nil
	}
	pool := &AvgPool{}
	pool.size, pool.stride = extent{in.W, in.H}, extent{1, 1}
	return pool, nil
}

// Autograd describes a mean over both axes, which adaptive_avg_pool2d uses for an output of 1x1.
func (*GlobalAvgPool) Autograd(p Pass, _ []graph.Shape, _ graph.Shape) Autograd {
	return meanAutograd(p)
}

// meanAutograd describes a mean, which saves its input in PyTorch 1.13 and nothing in 2.x. Its gradient is divided by
// the number of values: on the CPU that is an int64, which is cast to float32.
func meanAutograd(p Pass) Autograd {
	if p.Torch != Torch113CPU {
		return Autograd{}
	}
	a := keeps(savedInput(0))
	a.Backward = []Size{{Fixed: 8 + 4, Bytes: 1}}
	return a
}
