package op

import (
	"fmt"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// PixelShuffle is PIXELSHUFFLE, depth to space (Shi et al., 2016): with the factor r, channel c*r*r+i*r+j becomes the
// values of channel c in row i and column j of each square of r x r places.
type PixelShuffle struct {
	volume
	factor int64
}

func pixelshuffleKind() Kind {
	return Kind{
		Name:     "PIXELSHUFFLE",
		Summary:  "depth to space: PIXELSHUFFLE2 makes squares of 2x2 places out of every 4 channels",
		Backward: "The gradient is the output's, moved back; nothing is kept.",
		New:      func() Layer { return &PixelShuffle{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*PixelShuffle) Counterparts() Counterparts {
	return Counterparts{Module: "PixelShuffle", Function: "pixel_shuffle", Traced: []string{"pixel_shuffle"}}
}

// Kind returns "PIXELSHUFFLE".
func (*PixelShuffle) Kind() string { return "PIXELSHUFFLE" }

// Factor returns how many times wider and higher the output is.
func (o *PixelShuffle) Factor() int64 { return o.factor }

// Fields returns the settings.
func (o *PixelShuffle) Fields() []Field {
	return []Field{{Key: "factor", Place: Head, Doc: "how many times wider and higher; its square must divide the depth",
		Setting: count{&o.factor, "factor"}}}
}

// Output returns a plane larger by the factor, with as many channels fewer as it has more places.
func (o *PixelShuffle) Output(in []graph.Shape) (graph.Shape, error) {
	s := one(in)
	if o.factor == 0 {
		return graph.Shape{}, missing("the factor", "PIXELSHUFFLE2")
	}
	// All sides are at most graph.MaxExtent, so the products fit; the shape pass bounds the result.
	square := o.factor * o.factor
	out := graph.Shape{W: s.W * o.factor, H: s.H * o.factor, D: s.D / square}
	if s.D%square != 0 {
		return graph.Shape{W: out.W, H: out.H}, diag.Errorf("shape/pixels",
			"the input's depth %d is not a multiple of %d*%d = %d", s.D, o.factor, o.factor, square).
			WithFits("depth " + nearestMultiples(s.D, square))
	}
	return out, nil
}

// nearestMultiples returns the multiples of n below and above a number that is none.
func nearestMultiples(number, n int64) string {
	below := number / n * n
	if below == 0 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d or %d", below, below+n)
}

// Explain returns where a channel goes.
func (o *PixelShuffle) Explain(in []graph.Shape, out graph.Shape) []Line {
	return []Line{{"channels", fmt.Sprintf("%d/(%d*%d) = %d: channel c*%d+i*%d+j becomes row i, column j of each %dx%d "+
		"square in channel c", one(in).D, o.factor, o.factor, out.D, o.factor*o.factor, o.factor, o.factor, o.factor)}}
}

// Taps returns the place that becomes a square.
func (o *PixelShuffle) Taps(_, _ graph.Shape) (w, h Taps) {
	taps := enlarged(o.factor)
	return taps, taps
}

// Autograd reports that the layer saves nothing.
func (*PixelShuffle) Autograd(p Pass, in []graph.Shape, _ graph.Shape) Autograd {
	return Autograd{}.copyUnless(p.readsDense(one(in)), one(in))
}
