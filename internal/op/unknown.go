package op

import "cnncalc/internal/graph"

// Unknown stands for a layer that could not be read: its problem is already reported, and nothing is known of
// what it makes.
type Unknown struct{ volume }

// Kind is "?".
func (*Unknown) Kind() string { return "?" }

// Output is unknown.
func (*Unknown) Output([]graph.Shape) (graph.Shape, error) { return graph.Shape{}, nil }
