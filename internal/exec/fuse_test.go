package exec

import (
	"slices"
	"testing"
)

// TestFuse checks which node each node is fused into: 0 for a layer that is computed on its own.
func TestFuse(t *testing.T) {
	for _, c := range []struct {
		name, layers string
		want         []int
	}{
		{"conv, BN and activation", "CONV3-4 -> BN -> RELU -> POOL2", []int{0, 0, 1, 1, 0}},
		{"activation alone", "CONV3-4 -> SIGMOID -> DWCONV3 -> RELU6", []int{0, 0, 1, 0, 3}},
		{"FC", "FC-8 -> BN -> TANH -> FC-2", []int{0, 0, 1, 1, 0}},
		{"BN on its own takes an activation", "POOL2 -> BN -> RELU", []int{0, 0, 0, 2}},
		{"ADD takes an activation, not a BN", "ADD(CONV3-2 | IDENTITY) -> RELU -> ADD(IDENTITY | CONV3-2) -> BN", []int{0, 0, 0, 2, 0, 0, 0}},
		{"an output that another layer reads is kept", "CONV3-4 -> ADD(RELU | BN)", []int{0, 0, 0, 0, 0}},
		{"BN read elsewhere is folded, its activation not", "CONV3-4 -> BN -> ADD(RELU | IDENTITY)", []int{0, 0, 1, 0, 0}},
		{"a sum onto an operand that is computed before", "CONV3-2 -> ADD(POOL3 s1 p1 | CONV3-2 -> BN) -> RELU", []int{0, 0, 0, 0, 3, 3, 3}},
		{"no sum onto the convolution's input, or the network's", "ADD(CONV3-2 | IDENTITY) -> ADD(CONV3-2 | IDENTITY)", []int{0, 0, 0, 0, 0}},
		{"no sum onto an operand that is computed later", "CONV3-2 -> ADD(CONV3-2 | POOL3 s1 p1)", []int{0, 0, 0, 0, 0}},
		{"no sum onto an operand that is read later", "POOL3 s1 p1 @a -> ADD(BN -> CONV3-2 | IDENTITY) -> CONCAT(IDENTITY | @a)", []int{0, 0, 0, 0, 0, 0}},
		{"no sum of an operand with an activation", "POOL3 s1 p1 -> ADD(CONV3-2 -> CONV3-2 -> RELU | IDENTITY)", []int{0, 0, 0, 0, 3, 0}},
		{"a sum onto an operand that was read before", "POOL3 s1 p1 -> ADD(CONV3-2 -> CONV3-2 | IDENTITY) -> SIGMOID", []int{0, 0, 0, 0, 3, 3}},
		{"no fold into shared filters of UPCONV", "UPCONV2-2 -> BN -> RELU", []int{0, 0, 0, 2}},
		{"a learnt SCALE", "CONV3-4 -> SCALE -> RELU -> FC-3 -> SCALE bias", []int{0, 0, 1, 1, 0, 4}},
		{"a constant SCALE before a sum", "CONV3-2 -> ADD(POOL3 s1 p1 | CONV3-2 -> SCALE0.1) -> RELU", []int{0, 0, 0, 0, 3, 3, 3}},
		{"only one of BN and SCALE is folded", "CONV3-4 -> BN -> SCALE -> RELU", []int{0, 0, 1, 0, 3}},
		{"PRELU has weights of its own", "CONV3-4 -> PRELU", []int{0, 0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := compile(t, line("8x8x2", c.layers), Options{Batch: 1, Threads: 1, Fuse: true})
			got := make([]int, len(p.steps))
			for i := range p.steps {
				got[i] = p.steps[i].fusedInto
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: fused into %v, want %v", c.layers, got, c.want)
			}
		})
	}
}
