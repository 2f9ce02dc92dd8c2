package op

import "cnncalc/internal/graph"

// Input is INPUT, the volume that a network takes.
type Input struct {
	Shape graph.Shape
	volume
}

// Kind returns "INPUT".
func (*Input) Kind() string { return "INPUT" }

// Output returns the input volume's shape.
func (o *Input) Output([]graph.Shape) (graph.Shape, error) { return o.Shape, nil }
