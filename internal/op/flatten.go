package op

import "cnncalc/internal/graph"

// Flatten is FLATTEN, a volume read as 1x1xN: depth, height and width in this order. Nothing is copied. Its taps are
// the whole plane, since its values no longer have a place in it.
type Flatten struct {
	elementwise
	view
	wholePlane
}

func flattenKind() Kind {
	return Kind{
		Name:     "FLATTEN",
		Summary:  "reads the volume as 1x1xN, depth first; a view, so nothing is copied",
		Backward: "The gradient is the output's, in the input's shape; nothing is kept.",
		New:      func() Layer { return &Flatten{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*Flatten) Counterparts() Counterparts {
	return Counterparts{Module: "Flatten", Traced: []string{"flatten"}, MatConvNet: "vl_nnflatten"}
}

// IsPermutable returns false: in another order, the values would not be where the next layer expects them.
func (*Flatten) IsPermutable() bool { return false }

// Kind returns "FLATTEN".
func (*Flatten) Kind() string { return "FLATTEN" }

// Output returns 1x1xN.
func (*Flatten) Output(in []graph.Shape) (graph.Shape, error) {
	flat := graph.Shape{W: 1, H: 1}
	if !one(in).IsKnown() {
		return flat, nil
	}
	n, err := one(in).Values()
	flat.D = n
	return flat, err
}

// Slide returns no layer: whatever reads the values in order reads the volume in the same order.
func (*Flatten) Slide(graph.Shape) (graph.Op, error) { return nil, nil }

// Autograd reports that the layer saves nothing: the output is a view, or a copy of values that are not in order.
func (*Flatten) Autograd(p Pass, in []graph.Shape, _ graph.Shape) Autograd {
	return Autograd{Shares: p.readsRow(one(in)), Gradient: SharedGradient, Order: PlanesOrder}
}
