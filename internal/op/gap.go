package op

import "cnncalc/internal/graph"

// GlobalAvgPool is GAP, the average of each channel.
type GlobalAvgPool struct {
	volume
	wholePlane
}

func gapKind() Kind {
	return Kind{
		Name:     "GAP",
		Summary:  "global average pooling: the mean of each channel, 1x1xD",
		Backward: "Every value of a channel gets an equal share of the channel's gradient; only shapes are needed.",
		New:      func() Layer { return &GlobalAvgPool{} },
	}
}

// Kind is "GAP".
func (*GlobalAvgPool) Kind() string { return "GAP" }

// Fields is empty.
func (*GlobalAvgPool) Fields() []Field { return nil }

// Output is 1x1xD.
func (*GlobalAvgPool) Output(in []graph.Shape) (graph.Shape, error) {
	return graph.Shape{W: 1, H: 1, D: one(in).D}, nil
}
