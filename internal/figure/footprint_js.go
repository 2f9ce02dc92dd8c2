package figure

import (
	"errors"

	"cnncalc/internal/shape"
)

// runFootprint fails: the static page shows no figure of cnncalc run, and is smaller without what plans a run.
func runFootprint(*shape.Network, int64, int) (*footprint, error) {
	return nil, errors.New("not computed in a browser")
}
