package shape_test

import (
	"strings"
	"testing"

	"cnncalc/internal/shape"
)

// An input that does not fit a layer further on gets sizes of the network's input.
func TestPropose(t *testing.T) {
	const unet = "INPUT -> CONV3-8 @a -> POOL2 floor -> CONV3-8 @b -> POOL2 floor -> UPSAMPLE2 -> CONCAT(@b | IDENTITY)" +
		" -> UPSAMPLE2 -> CONCAT(@a | IDENTITY)"
	for _, test := range []struct{ input, layers, fits, hint string }{
		{"30x18x3", unet, "network input 28x16 or 32x20 (multiples of 4)",
			"rounding on the way makes them differ; otherwise add `-> CROP14x8` to the first of the two, or"},
		{"20x20x3", "INPUT -> CONV3-8 p0 -> POOL2 -> CONV3-8 p0 -> POOL2",
			"network input 18x18 or 22x22 (every 4 pixels); ", ""},
		{"9x9x3", "INPUT -> POOL2", "input 8 (4 wide) or 10 (5 wide); ", ""}, // of its own input, which is the network's
		{"33x33x3", "INPUT -> CONV3-4 -> POOL2 -> CONV3-4 g3", "network input 32x32 or 34x34 (multiples of 2); ", ""},
		{"32x32x3", "INPUT -> RELU -> CROP40", "network input 40x40; size=32x32 at most", ""},
		{"8x8x3", "INPUT -> CONV3-8 p0 @a -> CONV3-8 p0 -> CONCAT(@a | IDENTITY)", "",
			"add `-> CROP4` to the first of the two, or"},
		{"4x4x3", "INPUT @a -> CONV3-3 s2 p1 floor -> ADD(@a | IDENTITY)", "",
			"add `-> CONV1-3 s2 floor` to the first of the two, or"},
	} {
		net, problems := infer(t, test.input, test.layers)
		proposed := shape.Propose(net, problems)
		if len(proposed) == 0 {
			t.Errorf("%s on %s has no problem", test.layers, test.input)
			continue
		}
		p := proposed[0]
		if !strings.HasPrefix(p.Fits, test.fits) || test.fits == "" && p.Fits != "" || !strings.HasPrefix(p.Hint, test.hint) {
			t.Errorf("%s on %s: fits %q, hint %q; want %q and %q", test.layers, test.input, p.Fits, p.Hint, test.fits, test.hint)
		}
	}
}

// The search is bounded, whatever the number of layers: this would take minutes.
func TestProposeIsBounded(t *testing.T) {
	net, problems := infer(t, "1021x1021x3", "INPUT -> POOL2 floor -> CONV1-4*40000 -> [POOL2 -> CONV1-4]*9")
	if len(problems) == 0 {
		t.Fatal("no problem")
	}
	shape.Propose(net, problems)
}
