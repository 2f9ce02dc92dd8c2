package exec

import (
	"strings"
	"testing"
)

// What a program says of a layer is what it is bound to. Which of two algorithms that fit is faster depends on the
// processor, so only what fits is fixed here.
func TestAlgorithm(t *testing.T) {
	const layers = "CONV3-16 -> CONV1-16 -> CONV3-16 s2 p1 floor -> DWCONV3 -> CONV3-16 groups=16 -> RELU"
	for algo, want := range map[Algo]string{
		Auto:     "winograd or im2col, im2col, im2col, depthwise, depthwise, ",
		Im2col:   "im2col, im2col, im2col, depthwise, im2col, ",
		Winograd: "winograd, im2col, im2col, depthwise, im2col, ",
		Direct:   "direct, direct, direct, direct, direct, ",
	} {
		p := compile(t, line("16x16x16", layers), Options{Batch: 1, Threads: 1, Algo: algo})
		var got []string
		for i := 1; i < len(p.steps); i++ {
			a := p.Algorithm(i)
			if (a.Name == "") != (a.Why == "") {
				t.Errorf("%s: layer %d: %+v", algo, i, a)
			}
			got = append(got, a.Name)
		}
		if algo == Auto && (got[0] == "winograd" || got[0] == "im2col") {
			got[0] = "winograd or im2col"
		}
		if text := strings.Join(got, ", "); text != want {
			t.Errorf("%s: %s, want %s", algo, text, want)
		}
	}
}

// The rates of any machine that can run the test: between a toy and the fastest server.
func TestCalibrate(t *testing.T) {
	rates := Calibrate(1)
	if rates.FLOPS < 1e7 || rates.FLOPS > 1e15 || rates.Bandwidth < 1e7 || rates.Bandwidth > 1e14 {
		t.Errorf("%+v", rates)
	}
}
