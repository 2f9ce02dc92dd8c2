package exec

import (
	"fmt"

	"cnncalc/internal/kernel"
)

// Algorithm says how a convolution is computed.
type Algorithm struct {
	Name string // "winograd", "im2col", "depthwise" or "direct"; "" for layers that can be computed in one way only
	Why  string
}

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
