package shape_test

import (
	"testing"

	"cnncalc/internal/graph"
	"cnncalc/internal/shape"
)

// The setting like=@label follows the size of the input, also when a graph gets another one after shapes were inferred.
func TestLikeFollowsTheInput(t *testing.T) {
	net := fits(t, "16x12x3", "INPUT @in -> POOL2 @half -> CONV3-4 p0 @small -> CROP like=@small -> "+
		"CONCAT(@half -> CROP like=@small | IDENTITY) -> GAP -> CONCAT(IDENTITY | GAP) -> UPSAMPLE like=@in bilinear")
	if got, want := volumes(net), "16x12x3 8x6x3 6x4x4 6x4x4 6x4x3 6x4x7 1x1x7 1x1x7 1x1x14 16x12x14"; got != want {
		t.Errorf("volumes %s, want %s", got, want)
	}
	// The copy has the sizes of the first inference, which count no longer.
	larger := *net.Graph
	larger.Nodes = append([]graph.Node(nil), net.Nodes...)
	larger.Nodes[0].Op = fits(t, "20x10x3", "INPUT -> FC-1").Nodes[0].Op
	again, problems := shape.Infer(&larger)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if got, want := volumes(again), "20x10x3 10x5x3 8x3x4 8x3x4 8x3x3 8x3x7 1x1x7 1x1x7 1x1x14 20x10x14"; got != want {
		t.Errorf("volumes %s, want %s", got, want)
	}
}

// Inference changes nothing in the graph that it is given.
func TestInferLeavesTheGraph(t *testing.T) {
	net := fits(t, "16x12x3", "INPUT -> POOL2 @half -> POOL2 -> UPSAMPLE like=@half")
	before := *net.Graph
	before.Nodes = append([]graph.Node(nil), net.Nodes...)
	again, _ := shape.Infer(&before)
	if before.Nodes[3].Op != net.Nodes[3].Op || again.Nodes[3].Op == net.Nodes[3].Op {
		t.Error("the layer that like sizes is not a copy")
	}
}

// Where the size of the label is not known, only the depth is.
func TestLikeOfWhatIsUnknown(t *testing.T) {
	net, problems := infer(t, "16x12x3", "INPUT @in -> CONV5-8 s2 p0 @bad -> @in -> CROP like=@bad -> CONV3-4")
	if len(problems) != 1 || net.Layers[2].Out != (graph.Shape{D: 3}) || net.Layers[3].Out != (graph.Shape{D: 4}) {
		t.Errorf("%v, shapes %v and %v", problems, net.Layers[2].Out, net.Layers[3].Out)
	}
}
