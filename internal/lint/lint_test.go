package lint_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/graph"
	"cnncalc/internal/lint"
	"cnncalc/internal/network"
)

// The advice comes from the CS231n notes, sections "Layer Patterns" and "Layer Sizing Patterns".
func TestAdvice(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"the notes' own pattern", "input: 32x32x3\nlayers: INPUT -> [[CONV3-8 -> RELU]*3 -> POOL2]*2 -> [FC-16 -> RELU]*2 -> FC-10", nil},
		{"inputs that halve often", "input: 96x64x3\nlayers: INPUT -> CONV3-8 -> RELU -> FC-10", nil},
		{"an odd input", "input: 227x227x3\nlayers: INPUT -> CONV3-8 -> RELU -> FC-10",
			[]string{"the input's width 227 can be halved 0 times"}},
		{"both sides where they differ", "input: 48x36x3\nlayers: INPUT -> CONV3-8 -> RELU -> FC-10",
			[]string{"the input's width 48 can be halved 4 times", "the input's height 36 can be halved 2 times"}},
		{"a convolution that shrinks", "input: 32x32x3\nlayers: INPUT -> CONV5-8 p0 -> RELU -> FC-10",
			[]string{"CONV5-8 changes 32x32 to 28x28"}},
		{"a convolution after a PAD", "input: 32x32x3\nlayers: INPUT -> PAD1 reflect -> CONV3-8 p0 -> RELU -> FC-10", nil},
		{"a large first window is usual, a later one is not", "input: 64x64x3\nlayers: INPUT -> CONV7-8 -> RELU -> CONV7-8 -> RELU -> FC-10",
			[]string{"CONV7-8 has a large window after the first layer"}},
		{"an FC written as CONV", "input: 32x32x3\nlayers: INPUT -> CONV3-8 -> RELU -> POOL2 s2 -> POOL2 -> CONV8-16 p0 -> RELU -> CONV1-10", nil},
		{"pools of 2/2 and 3/2", "input: 64x64x3\nlayers: INPUT -> CONV3-8 -> RELU -> POOL2 -> POOL3 s2 floor -> FC-10", nil},
		{"a large pool", "input: 64x64x3\nlayers: INPUT -> CONV3-8 -> RELU -> POOL4 s4 -> FC-10",
			[]string{"POOL4 with stride 4 is an unusual pool"}},
		{"a pool over the whole input", "input: 32x32x3\nlayers: INPUT -> CONV3-8 -> RELU -> POOL32 -> FC-10", nil},
		{"N = 4", "input: 32x32x3\nlayers: INPUT -> [CONV3-8 -> RELU]*4 -> POOL2 -> FC-10",
			[]string{"conv4 is the 4th convolution without a pool between them"}},
		{"K = 3", "input: 32x32x3\nlayers: INPUT -> CONV3-8 -> RELU -> [FC-16 -> RELU]*3 -> FC-10 -> SOFTMAX",
			[]string{"fc3 is the 3rd hidden FC"}},
		{"no pattern in a network with branches", "input: 32x32x3\nlayers: INPUT -> CONV3-3 -> [ADD(CONV3-3 -> RELU | IDENTITY)]*6 -> FC-10", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, err := network.Sound("test.yaml", []byte(c.text), graph.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range lint.Advice(n) {
				got = append(got, p.Msg)
				if !slices.Contains(lint.Codes(), p.Code) {
					t.Errorf("%q has the code %q, which is none of the lint's", p.Msg, p.Code)
				}
				if p.Hint == "" {
					t.Errorf("%q has no advice", p.Msg)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
