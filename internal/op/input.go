package op

import "cnncalc/internal/graph"

// Input is the picture a network takes. It stands first and only there.
type Input struct {
	Shape graph.Shape
	volume
}

// Kind is "INPUT".
func (*Input) Kind() string { return "INPUT" }

// Output is the picture's shape.
func (o *Input) Output([]graph.Shape) (graph.Shape, error) { return o.Shape, nil }
