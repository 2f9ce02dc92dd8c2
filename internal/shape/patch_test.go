package shape_test

import (
	"fmt"
	"strings"
	"testing"

	"cnncalc/internal/shape"
)

func TestPatches(t *testing.T) {
	for _, c := range []struct {
		name, input, layers string
		x, y                int64
		want                string // of all nodes with a part
	}{
		// From the notes: "a stack of three 3x3 CONV layers ... each neuron has a 7x7 view of the input volume".
		{"three 3x3", "15x15x1", "CONV3-1 s1 p1 -> RELU -> CONV3-1 s1 p1 -> RELU -> CONV3-1 s1 p1", 7, 7,
			"input 7x7@4,4; conv1 5x5@5,5; relu1 5x5@5,5; conv2 3x3@6,6; relu2 3x3@6,6; conv3 1x1@7,7"},
		// By hand: at the corner, 3 of 7 columns are padding.
		{"in a corner", "15x15x1", "CONV3-1 s1 p1 -> CONV3-1 s1 p1 -> CONV3-1 s1 p1", 0, 14,
			"input 4x4@0,11; conv1 3x3@0,12; conv2 2x2@0,13; conv3 1x1@0,14"},
		// By hand: pooling takes 2..3, the window 2*2-1..2*3-1+2.
		{"strides", "20x12x1", "CONV3-1 s2 p1 floor -> POOL2 s2", 1, 1,
			"input 5x5@3,3; conv1 2x2@2,2; pool1 1x1@1,1"},
		{"dilation", "20x20x1", "CONV3-1 s1 p3 d3", 10, 5, "input 7x7@7,2; conv1 1x1@10,5"},
		// The 5x5 path sees most, and the shortcut of 1x1 is within it.
		{"paths", "9x9x1", "CONCAT(CONV1-1 | CONV5-1 s1 p2 | POOL3 s1 p1)", 4, 4,
			"input 5x5@2,2; conv1 1x1@4,4; conv2 1x1@4,4; pool1 1x1@4,4; concat1 1x1@4,4"},
		{"all of it", "9x9x1", "CONV3-1 s1 p1 -> GAP -> FC-2", 0, 0,
			"input 9x9@0,0; conv1 9x9@0,0; gap1 1x1@0,0; fc1 1x1@0,0"},
		// The window reads columns 4..6 and rows 3..5 of the enlarged plane, which are 2..3 and 1..2 of the input.
		{"enlarged", "8x8x1", "UPSAMPLE2 -> CONV3-1 s1 p1", 5, 4, "input 2x2@2,1; upsample1 3x3@4,3; conv1 1x1@5,4"},
	} {
		n := fits(t, c.input, "INPUT -> "+c.layers)
		patches, err := shape.Patches(n, len(n.Nodes)-1, c.x, c.y)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i, p := range patches {
			if !p.IsEmpty() {
				got = append(got, fmt.Sprintf("%s %dx%d@%d,%d", n.Nodes[i].Name, p.W, p.H, p.X, p.Y))
			}
		}
		if strings.Join(got, "; ") != c.want {
			t.Errorf("%s: %s; want %s", c.name, strings.Join(got, "; "), c.want)
		}
	}
}

func TestPatchesOutside(t *testing.T) {
	n := fits(t, "8x6x1", "INPUT -> CONV3-1 s1 p1")
	for _, at := range [][2]int64{{8, 0}, {0, 6}, {-1, 0}} {
		if _, err := shape.Patches(n, 1, at[0], at[1]); err == nil {
			t.Errorf("%v: no error", at)
		}
	}
}

// At any place, the patch of the picture is the receptive field without what is outside of the picture.
func TestPatchesAreFields(t *testing.T) {
	for _, name := range []string{"lenet5", "vgg16", "googlenet", "resnet50"} {
		n := builtIn(t, name)
		for i, f := range shape.Fields(n) {
			out := n.Layers[i].Out
			if f.W.Unknown != "" || f.W.Jump.Den > 1 {
				continue
			}
			for _, x := range []int64{0, out.W / 3, out.W - 1} {
				patches, err := shape.Patches(n, i, x, 0)
				if err != nil {
					t.Fatal(err)
				}
				first, last := f.W.Start+x*f.W.Jump.Num, f.W.Start+x*f.W.Jump.Num+f.W.Size-1
				first, last = max(first, 0), min(last, n.InputShape().W-1)
				if p := patches[0]; p.X != first || p.X+p.W-1 != last {
					t.Errorf("%s: %s at %d reads columns %d..%d of the picture, not %d..%d", name, n.Nodes[i].Name, x, p.X,
						p.X+p.W-1, first, last)
				}
			}
		}
	}
}
