package op

import (
	"cnncalc/internal/checked"
	"cnncalc/internal/graph"
)

// AdaptAvg is ADAPTAVG, average pooling to a given size: output i covers floor(i*W1/W2) up to ceil((i+1)*W1/W2), as
// in PyTorch's AdaptiveAvgPool2d.
type AdaptAvg struct {
	volume
	size extent
}

func adaptavgKind() Kind {
	return Kind{
		Name:     "ADAPTAVG",
		Summary:  "average pooling to a given size from any input size: ADAPTAVG7",
		Backward: "Each input gets an equal share of the gradient of each window it is in; only shapes are needed.",
		New:      func() Layer { return &AdaptAvg{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*AdaptAvg) Counterparts() Counterparts {
	return Counterparts{
		Module:     "AdaptiveAvgPool2d",
		Function:   "adaptive_avg_pool2d",
		Traced:     []string{"adaptive_avg_pool2d"},
		MatConvNet: "vl_nnpool",
	}
}

// Kind returns "ADAPTAVG".
func (*AdaptAvg) Kind() string { return "ADAPTAVG" }

// Fields returns the settings.
func (o *AdaptAvg) Fields() []Field {
	return []Field{{Key: "size", Place: Head, Doc: "width and height of the output", Setting: pair{&o.size, "size", 1}}}
}

// Output returns the size written and the input's depth.
func (o *AdaptAvg) Output(in []graph.Shape) (graph.Shape, error) {
	if !o.size.isSet() {
		return graph.Shape{D: one(in).D}, missing("the output's size", "ADAPTAVG7")
	}
	return graph.Shape{W: o.size.W, H: o.size.H, D: one(in).D}, nil
}

// Taps returns floor(o*W1/W2) up to ceil((o+1)*W1/W2).
func (o *AdaptAvg) Taps(in, out graph.Shape) (w, h Taps) {
	return adaptiveTaps(in.W, out.W), adaptiveTaps(in.H, out.H)
}

func adaptiveTaps(in, out int64) Taps {
	if out == 1 {
		return whole(in)
	}
	common := checked.GCD(in, out)
	return Taps{In: in / common, Out: out / common, At: func(o int64) (first, last, step int64) {
		return o * in / out, ((o+1)*in - 1) / out, 1
	}}
}

// Slide returns the average over the windows of this input if they are even, or no layer if each is a single value.
func (o *AdaptAvg) Slide(in graph.Shape) (graph.Op, error) {
	if (o.size == extent{1, 1}) {
		return slidingAverage(in)
	}
	if o.size == (extent{in.W, in.H}) {
		return nil, nil
	}
	window, err := evenWindow(in, o.size)
	if err != nil {
		return nil, err
	}
	pool := &AvgPool{}
	pool.size, pool.stride = window, window
	return pool, nil
}

// Autograd reports that the layer saves the input, or what a mean saves if the output is 1x1.
func (o *AdaptAvg) Autograd(p Pass, in []graph.Shape, _ graph.Shape) Autograd {
	if (o.size == extent{1, 1}) {
		return meanAutograd(p)
	}
	return keeps(savedInput(0)).copyUnless(p.readsDense(one(in)), one(in))
}
