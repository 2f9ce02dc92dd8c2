package op

import "cnncalc/internal/graph"

// AvgPool is AVGPOOL, average pooling.
type AvgPool struct {
	pooling
	ExcludePad bool // divide by the number of real values, not by the window's size
}

func avgpoolKind() Kind {
	return Kind{
		Name:     "AVGPOOL",
		Summary:  "average pooling: AVGPOOL7; excludepad leaves the padding out of the average",
		Backward: "Each input of a window gets an equal share of the output's gradient; only shapes are needed.",
		New:      func() Layer { return &AvgPool{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*AvgPool) Counterparts() Counterparts {
	return Counterparts{
		Module:     "AvgPool2d",
		Function:   "avg_pool2d",
		Traced:     []string{"avg_pool2d"},
		MatConvNet: "vl_nnpool",
	}
}

// Kind returns "AVGPOOL".
func (*AvgPool) Kind() string { return "AVGPOOL" }

// Fields returns the settings.
func (o *AvgPool) Fields() []Field {
	return append(o.pooling.Fields(), flagField(&o.ExcludePad, "excludepad",
		"leave the padding out of the average; without it zeros count, as in PyTorch and Caffe"))
}

// Slide returns the pool with stride 1 if the window is the whole input.
func (o *AvgPool) Slide(in graph.Shape) (graph.Op, error) {
	return &AvgPool{o.slide(in), o.ExcludePad}, nil
}

// Autograd reports that the layer saves the input.
func (o *AvgPool) Autograd(p Pass, in []graph.Shape, _ graph.Shape) Autograd {
	g, _ := o.Geometry(one(in)) // the shape pass has resolved it
	a := keeps(savedInput(0)).copyUnless(p.readsDense(one(in)), one(in))
	return a.afterPad(p, g, one(in), hasUnevenPads(g))
}
