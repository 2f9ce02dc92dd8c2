//go:build !js

package figure

import (
	"cnncalc/internal/exec"
	"cnncalc/internal/shape"
)

func runFootprint(n *shape.Network, batch int64, threads int) (*footprint, error) {
	program, err := exec.Plan(n, batch, threads)
	if err != nil {
		return nil, err
	}
	f := program.Footprint()
	return &footprint{batch, f.Arena, f.Total}, nil
}
