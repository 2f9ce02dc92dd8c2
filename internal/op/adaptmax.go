package op

import (
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// AdaptMax is ADAPTMAX, max pooling to a given size, over the windows of ADAPTAVG.
type AdaptMax struct {
	volume
	size extent
}

func adaptmaxKind() Kind {
	return Kind{
		Name:     "ADAPTMAX",
		Summary:  "max pooling to a given size, whatever the input's: ADAPTMAX7",
		Backward: "The gradient goes to the one value that was the largest in each window, so its index is kept.",
		New:      func() Layer { return &AdaptMax{} },
	}
}

// Counterparts returns the names elsewhere.
func (*AdaptMax) Counterparts() Counterparts { return adaptiveMaxCounterparts() }

func adaptiveMaxCounterparts() Counterparts {
	return Counterparts{Module: "AdaptiveMaxPool2d", Function: "adaptive_max_pool2d",
		Traced:     []string{"adaptive_max_pool2d"},
		MatConvNet: "vl_nnpool"}
}

// Kind is "ADAPTMAX".
func (*AdaptMax) Kind() string { return "ADAPTMAX" }

// Fields binds the settings.
func (o *AdaptMax) Fields() []Field {
	return []Field{{Key: "size", Place: Head, Doc: "width and height of the output", Setting: pair{&o.size, "size", 1}}}
}

// Output has the size written and the input's depth.
func (o *AdaptMax) Output(in []graph.Shape) (graph.Shape, error) {
	if !o.size.isSet() {
		return graph.Shape{D: one(in).D}, missing("the output's size", "ADAPTMAX7")
	}
	return graph.Shape{W: o.size.W, H: o.size.H, D: one(in).D}, nil
}

// Taps are those of ADAPTAVG.
func (o *AdaptMax) Taps(in, out graph.Shape) (w, h Taps) {
	return adaptiveTaps(in.W, out.W), adaptiveTaps(in.H, out.H)
}

// Slide is the maximum of the windows of this input, where they are even; no layer where each is one value.
func (o *AdaptMax) Slide(in graph.Shape) (graph.Op, error) {
	if (o.size == extent{1, 1}) {
		return slidingMax(in)
	}
	if o.size == (extent{in.W, in.H}) {
		return nil, nil
	}
	window, err := evenWindow(in, o.size)
	if err != nil {
		return nil, err
	}
	pool := &MaxPool{}
	pool.size, pool.stride = window, window
	return pool, nil
}

// evenWindow is the window that an adaptive pool has at every place of its output.
func evenWindow(in graph.Shape, out extent) (extent, error) {
	if in.W%out.W != 0 || in.H%out.H != 0 {
		return extent{}, diag.Errorf("convert/slide", "its windows over %dx%d are uneven, so they cannot slide", in.W, in.H).
			WithHint("choose an --input-size at which its input is %s, or a multiple of that", out.both())
	}
	return extent{in.W / out.W, in.H / out.H}, nil
}

// Autograd saves the input, and an int64 for each value of the output, whatever the size is.
func (*AdaptMax) Autograd(p Pass, in []graph.Shape, out graph.Shape) Autograd {
	return keepsLargest(p, one(in), out)
}
