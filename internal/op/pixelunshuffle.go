package op

import (
	"fmt"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// PixelUnshuffle is PIXELUNSHUFFLE, space to depth: the inverse of PIXELSHUFFLE.
type PixelUnshuffle struct {
	volume
	factor int64
}

func pixelunshuffleKind() Kind {
	return Kind{
		Name:     "PIXELUNSHUFFLE",
		Summary:  "space to depth: PIXELUNSHUFFLE2 makes 4 channels out of the squares of 2x2 places",
		Backward: "The gradient is the output's, moved back; nothing is kept.",
		New:      func() Layer { return &PixelUnshuffle{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*PixelUnshuffle) Counterparts() Counterparts {
	return Counterparts{Module: "PixelUnshuffle", Function: "pixel_unshuffle", Traced: []string{"pixel_unshuffle"}}
}

// Kind returns "PIXELUNSHUFFLE".
func (*PixelUnshuffle) Kind() string { return "PIXELUNSHUFFLE" }

// Factor returns how many times narrower and lower the output is.
func (o *PixelUnshuffle) Factor() int64 { return o.factor }

// Fields returns the settings.
func (o *PixelUnshuffle) Fields() []Field {
	return []Field{{Key: "factor", Place: Head, Doc: "how many times narrower and lower; it must divide width and height",
		Setting: count{&o.factor, "factor"}}}
}

// Output returns a plane smaller by the factor, with as many channels more as it has fewer places.
func (o *PixelUnshuffle) Output(in []graph.Shape) (graph.Shape, error) {
	s := one(in)
	if o.factor == 0 {
		return graph.Shape{}, missing("the factor", "PIXELUNSHUFFLE2")
	}
	depth := product(s.D, o.factor, o.factor) // the shape pass bounds it
	err := joinAxes(func(words side) error { return o.divides(s.W, words) },
		func(words side) error { return o.divides(s.H, words) })
	if err != nil {
		return graph.Shape{D: depth}, err
	}
	return graph.Shape{W: s.W / o.factor, H: s.H / o.factor, D: depth}, nil
}

// divides returns the problem of a side that is not a multiple of the factor, or nil.
func (o *PixelUnshuffle) divides(size int64, words side) error {
	if size%o.factor == 0 {
		return nil
	}
	return diag.Errorf("shape/pixels", "the input is %d %s, which is not a multiple of %d", size, words.adjective,
		o.factor).
		WithInputs(fmt.Sprintf("input %s %s", nearestMultiples(size, o.factor), words.adjective))
}

// Explain returns where a place goes.
func (o *PixelUnshuffle) Explain(in []graph.Shape, out graph.Shape) []Line {
	return []Line{{"channels", fmt.Sprintf("%d*(%d*%d) = %d: row i, column j of each %dx%d square in channel c becomes "+
		"channel c*%d+i*%d+j", one(in).D, o.factor, o.factor, out.D, o.factor, o.factor, o.factor*o.factor, o.factor)}}
}

// Taps returns the square that becomes a place.
func (o *PixelUnshuffle) Taps(_, _ graph.Shape) (w, h Taps) {
	taps := Axis{Size: o.factor, Stride: o.factor, Dilation: 1}.taps()
	return taps, taps
}

// Autograd reports that the layer saves nothing.
func (*PixelUnshuffle) Autograd(p Pass, in []graph.Shape, _ graph.Shape) Autograd {
	return Autograd{}.copyUnless(p.readsDense(one(in)), one(in))
}
