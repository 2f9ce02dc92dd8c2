package op

import "cnncalc/internal/graph"

// pooling is what the pools share: a window over each channel, no parameters, a new volume.
type pooling struct {
	window
	volume
}

// Fields binds the settings.
func (o *pooling) Fields() []Field {
	return []Field{
		o.sizeField(),
		o.strideField("stride S; 2 for F=2, not needed where the window is the whole input, else it must be written"),
		padField(&o.pad, "round the input, at most half the window; 0 unless written"),
		o.roundingField(),
	}
}

// Geometry resolves the window against the input.
func (o *pooling) Geometry(in graph.Shape) (Geometry, error) {
	return o.resolve(in, poolRules("POOL2 or AVGPOOL7"))
}

// Output keeps the depth.
func (o *pooling) Output(in []graph.Shape) (graph.Shape, error) {
	known := graph.Shape{D: one(in).D}
	g, err := o.Geometry(one(in))
	if err != nil {
		return known, err
	}
	return g.plane(one(in).D), nil
}

// Explain shows the formula.
func (o *pooling) Explain(in []graph.Shape, _ graph.Shape) []Line {
	g, err := o.Geometry(one(in))
	if err != nil {
		return nil
	}
	return explainAxes(g)
}

// slide writes the stride down where a window over the whole input needs none.
func (o pooling) slide(in graph.Shape) pooling {
	if !o.stride.isSet() && o.size == (extent{in.W, in.H}) && o.size != (extent{2, 2}) {
		o.stride = extent{1, 1}
	}
	return o
}
