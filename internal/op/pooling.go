package op

import "cnncalc/internal/graph"

// pooling is embedded in the pools: a window over each channel, no parameters, a new volume.
type pooling struct {
	window
	volume
}

// Fields returns the settings.
func (o *pooling) Fields() []Field {
	return []Field{
		o.sizeField(),
		o.strideField("stride S; 2 for F=2, not needed if the window is the whole input, otherwise required"),
		padField(&o.pad, "padding around the input, at most half the window; default 0"),
		o.roundingField(),
	}
}

// Geometry returns the window resolved against the input.
func (o *pooling) Geometry(in graph.Shape) (Geometry, error) {
	return o.resolve(in, poolRules("POOL2 or AVGPOOL7"))
}

// Output returns the window's plane with the input's depth.
func (o *pooling) Output(in []graph.Shape) (graph.Shape, error) {
	known := graph.Shape{D: one(in).D}
	g, err := o.Geometry(one(in))
	if err != nil {
		return known, err
	}
	return g.plane(one(in).D), nil
}

// Explain returns the formula.
func (o *pooling) Explain(in []graph.Shape, _ graph.Shape) []Line {
	g, err := o.Geometry(one(in))
	if err != nil {
		return nil
	}
	return explainAxes(g)
}

// slide sets the stride of a window over the whole input, which needs none there.
func (o pooling) slide(in graph.Shape) pooling {
	if !o.stride.isSet() && o.size == (extent{in.W, in.H}) && o.size != (extent{2, 2}) {
		o.stride = extent{1, 1}
	}
	return o
}
