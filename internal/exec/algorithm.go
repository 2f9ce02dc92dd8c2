package exec

import (
	"fmt"

	"cnncalc/internal/kernel"
)

// Algorithm says how a convolution is computed, or which inputs a CONCAT copies.
type Algorithm struct {
	// Name is "winograd", "im2col", "depthwise" or "direct", "no copy" or "copy" of some inputs, or "" for layers that
	// can be computed in one way only.
	Name string
	Why  string
}

// IsComputed reports whether node i takes time: it is no INPUT, no view, not fused into another, and no CONCAT whose
// inputs are at their places.
func (p *Program) IsComputed(i int) bool { return p.steps[i].run != nil }

// Algorithm returns how node i is computed.
func (p *Program) Algorithm(i int) Algorithm { return p.steps[i].algorithm }

const asAsked = "as --algo says"

// algorithm returns how a CONV with the given geometry is computed.
func (l *layer) algorithm(g kernel.Conv) Algorithm {
	switch {
	case l.algo == Direct:
		return Algorithm{"direct", asAsked}
	case l.algo == Auto && g.Groups > 1 && g.Groups == g.C:
		return Algorithm{"depthwise", "one channel in each group"}
	case l.algo == Im2col:
		return Algorithm{"im2col", asAsked}
	case !kernel.WinogradFits(g):
		return Algorithm{"im2col", "Winograd's takes 3x3 with stride 1 only"}
	case l.algo == Winograd:
		return Algorithm{"winograd", asAsked}
	case !kernel.WinogradIsFast():
		return Algorithm{"im2col", "no fast routines for Winograd's here"}
	}
	cost := fmt.Sprintf("Winograd's costs an estimated %.2f of im2col", kernel.WinogradCost(g))
	if kernel.WinogradPays(g) {
		return Algorithm{"winograd", cost}
	}
	return Algorithm{"im2col", cost}
}
