package op

import "cnncalc/internal/graph"

// Unknown is in the place of a layer that could not be read: its problem is already reported, and nothing is known of
// what it makes. That layer may be one that joins paths.
type Unknown struct {
	volume
	join
}

// Kind is "?".
func (*Unknown) Kind() string { return "?" }

// Output is unknown.
func (*Unknown) Output([]graph.Shape) (graph.Shape, error) { return graph.Shape{}, nil }
