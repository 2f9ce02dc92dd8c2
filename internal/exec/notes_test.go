package exec

import (
	"slices"
	"testing"
)

// The worked examples of the CS231n course notes, "Convolutional Neural Networks (CNNs / ConvNets)", with numbers that
// can be added by hand. Each test names the section of its example.

// fixed returns a Source of tensors by name.
func fixed(tensors map[string][]float32) Source {
	return Given(func(name string, _ []int) ([]float32, error) { return tensors[name], nil })
}

// build returns [D, H, W] values of f.
func build(w, h, d int, f func(x, y, c int) float32) []float32 {
	values := make([]float32, 0, w*h*d)
	for c := range d {
		for y := range h {
			for x := range w {
				values = append(values, f(x, y, c))
			}
		}
	}
	return values
}

// TestNotesNumpyExample is "Numpy examples": X of 11x11x4, F=5, S=2, P=0, so V is 4x4. The notes index X[x, y, d]. They
// include:
//
//	V[0,0,0] = np.sum(X[:5,:5,:] * W0) + b0
//	V[3,0,0] = np.sum(X[6:11,:5,:] * W0) + b0
//	V[0,1,1] = np.sum(X[:5,2:7,:] * W1) + b1
//	V[2,3,1] = np.sum(X[4:9,6:11,:] * W1) + b1
func TestNotesNumpyExample(t *testing.T) {
	// With X[x,y,d] = x + 10y + 100d and W0 all ones, a sum over X[x0:x0+5, y0:y0+5, :] is 100 times the mean, (x0+2) +
	// 10(y0+2) + 150. W1 is 1 at one position that no flip maps to itself, and so picks X[x0+1, y0+3, 2] = x0+1 +
	// 10(y0+3) + 200. The biases are 7 and -1000.
	input := build(11, 11, 4, func(x, y, d int) float32 { return float32(x + 10*y + 100*d) })
	weight := slices.Concat(
		build(5, 5, 4, func(x, y, d int) float32 { return 1 }),
		build(5, 5, 4, func(x, y, d int) float32 {
			if x == 1 && y == 3 && d == 2 {
				return 1
			}
			return 0
		}))
	p := load(t, line("11x11x4", "CONV5-2 s2 p0"), testOptions(1),
		fixed(map[string][]float32{"conv1.weight": weight, "conv1.bias": {7, -1000}}))
	defer p.Close()
	out := run(t, p, input)
	tests := []struct {
		x, y, k int
		want    float32
	}{
		{0, 0, 0, 100*(2+20+150) + 7},
		{1, 0, 0, 100*(4+20+150) + 7},
		{2, 0, 0, 100*(6+20+150) + 7},
		{3, 0, 0, 100*(8+20+150) + 7},
		{0, 0, 1, 1 + 30 + 200 - 1000},
		{1, 0, 1, 3 + 30 + 200 - 1000},
		{2, 0, 1, 5 + 30 + 200 - 1000},
		{3, 0, 1, 7 + 30 + 200 - 1000},
		{0, 1, 1, 1 + 50 + 200 - 1000},
		{2, 3, 1, 5 + 90 + 200 - 1000},
	}
	if len(out) != 4*4*2 {
		t.Fatalf("%d values, want 4x4x2", len(out))
	}
	for _, tt := range tests {
		if got := out[(tt.k*4+tt.y)*4+tt.x]; got != tt.want {
			t.Errorf("V[%d,%d,%d] = %g, want %g", tt.x, tt.y, tt.k, got, tt.want)
		}
	}
}

// TestNotesDemo has the hyperparameters of "Convolution Demo": a 5x5x3 input, K=2, F=3, S=2, P=1, so the output is
// 3x3x2. The demo draws random numbers; these can be added by hand.
func TestNotesDemo(t *testing.T) {
	// Channel 0 is all ones, and W0 sums it: windows at corners hold 4 values of the input, at edges 6, in the middle
	// 9. Channel 1 is x + 10y, and W1 negates the value to the right of the window's centre.
	input := build(5, 5, 3, func(x, y, c int) float32 { return []float32{1, float32(x + 10*y), 1000}[c] })
	weight := slices.Concat(
		build(3, 3, 3, func(x, y, c int) float32 { return []float32{1, 0, 0}[c] }),
		build(3, 3, 3, func(x, y, c int) float32 {
			if x == 2 && y == 1 && c == 1 {
				return -1
			}
			return 0
		}))
	p := load(t, line("5x5x3", "CONV3-2 s2 p1"), testOptions(1),
		fixed(map[string][]float32{"conv1.weight": weight, "conv1.bias": {1, 0}}))
	defer p.Close()
	want := []float32{
		5, 7, 5,
		7, 10, 7,
		5, 7, 5,

		-1, -3, 0, // the last window's right column is padding
		-21, -23, 0,
		-41, -43, 0,
	}
	if got := run(t, p, input); !slices.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

// TestNotesMaxPool is the figure in "Pooling Layer": a 2x2 max pool with stride 2 over one slice.
func TestNotesMaxPool(t *testing.T) {
	input := []float32{
		1, 1, 2, 4,
		5, 6, 7, 8,
		3, 2, 1, 0,
		1, 2, 3, 4,
	}
	p := load(t, line("4x4x1", "POOL2"), testOptions(1), noisy())
	defer p.Close()
	if got, want := run(t, p, input), []float32{6, 8, 3, 4}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestNotesConvertedFC is "Converting FC layers to CONV layers": on a larger input, the weights of an FC over F x F x
// D, reshaped into filters, compute the FC's output at every offset.
func TestNotesConvertedFC(t *testing.T) {
	const f, depth, size, units, places = 4, 3, 6, 5, 3
	weight, bias := noise(units*depth*f*f, "weight"), noise(units, "bias")
	fc := load(t, line("4x4x3", "FC-5"), testOptions(1),
		fixed(map[string][]float32{"fc1.weight": weight, "fc1.bias": bias}))
	defer fc.Close()
	conv := load(t, line("6x6x3", "CONV4-5 p0"), testOptions(1),
		fixed(map[string][]float32{"conv1.weight": weight, "conv1.bias": bias}))
	defer conv.Close()
	image := noise(size*size*depth, "image")
	all := run(t, conv, image)
	for y := range places {
		for x := range places {
			crop := build(f, f, depth, func(cx, cy, c int) float32 { return image[(c*size+y+cy)*size+x+cx] })
			want := make([]float64, units)
			got := make([]float32, units)
			for k, v := range run(t, fc, crop) {
				want[k], got[k] = float64(v), all[(k*places+y)*places+x]
			}
			if d := far(got, want); d > 1e-6 {
				t.Errorf("at %d,%d: off by %.2g", x, y, d)
			}
		}
	}
}
