package shape

import (
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/op"
)

// Bounds of the search for input sizes: the distance from the size given, and the layers inferred in all.
const (
	furthestInput = 128
	maxInferred   = 200_000
)

// unlike is the code of paths that differ.
const unlike = "shape/unlike"

// Propose looks at the problems that another size of the network's input could solve: windows that do not fit their
// input, and paths whose planes differ. It adds the nearest sizes with which nothing is wrong to them.
func Propose(n *Network, problems diag.List) diag.List {
	if !slices.ContainsFunc(problems, isOfSize) {
		return problems
	}
	sizes := newInputSearch(n, problems).sizes()
	if sizes == "" {
		return problems
	}
	proposed := slices.Clone(problems)
	for i := range proposed {
		if p := &proposed[i]; isOfSize(*p) {
			p.Fits = op.JoinFits("network input "+sizes, p.Fits)
			if p.Code == unlike {
				p.Hint = "rounding on the way makes them differ; otherwise " + p.Hint
			}
		}
	}
	return proposed
}

// isOfSize reports whether another size of the network's input could fit.
func isOfSize(p diag.Problem) bool {
	return p.Inputs != "" || p.Code == unlike || p.Code == "shape/crop" || p.Code == "shape/upsample"
}

// readsInput reports whether node i reads an input of the network as it is.
func (n *Network) readsInput(i int) bool {
	return len(n.Nodes[i].Inputs) == 1 && len(n.Nodes[n.Nodes[i].Inputs[0]].Inputs) == 0
}

// inputSearch looks for sizes of a network's only input with which no layer has a problem, except for those that have
// nothing to do with the size.
type inputSearch struct {
	graph graph.Graph
	given graph.Shape
	left  int // inferences that may still be made
	known map[graph.Shape]bool
	other map[string]bool // the messages of problems that have nothing to do with the size
}

func newInputSearch(n *Network, problems diag.List) *inputSearch {
	s := &inputSearch{graph: *n.Graph, given: n.InputShape(), known: map[graph.Shape]bool{}, other: map[string]bool{},
		left: maxInferred / len(n.Nodes)}
	for _, p := range problems {
		if !isOfSize(p) {
			s.other[p.Error()] = true
		}
	}
	s.graph.Nodes = slices.Clone(n.Nodes)
	if len(n.Inputs) != 1 || !s.given.IsKnown() {
		s.left = 0
	}
	return s
}

// fits reports whether no layer has a problem with an input of this plane.
func (s *inputSearch) fits(w, h int64) bool {
	shape := graph.Shape{W: w, H: h, D: s.given.D}
	fits, known := s.known[shape]
	if known || s.left == 0 || w < 1 || h < 1 {
		return fits
	}
	s.left--
	s.graph.Nodes[0].Op = &op.Input{Shape: shape}
	_, problems := Infer(&s.graph)
	isNew := func(p diag.Problem) bool { return !s.other[p.Error()] }
	fits = !slices.ContainsFunc(problems, isNew)
	s.known[shape] = fits
	return fits
}

// square reports whether a square input fits. Its side then fits on either axis, unless the layers treat the axes
// differently.
func (s *inputSearch) square(side int64) bool { return s.fits(side, side) }

// nearest returns the nearest side of a square that fits, from one and in steps of 1 or -1; 0 if none does.
func (s *inputSearch) nearest(from, step int64) int64 {
	for d := range int64(furthestInput + 1) {
		if side := from + d*step; side > 0 && s.square(side) {
			return side
		}
	}
	return 0
}

// sizes returns the nearest sizes that fit, below and above, with the distance of such sizes if it is always the same:
// "336x512 or 352x528 (multiples of 16)". It returns "" if no larger size fits: a smaller one alone fits by chance.
func (s *inputSearch) sizes() string {
	below := graph.Shape{W: s.nearest(s.given.W, -1), H: s.nearest(s.given.H, -1)}
	above := graph.Shape{W: s.nearest(s.given.W, 1), H: s.nearest(s.given.H, 1)}
	var found []string
	for _, size := range []graph.Shape{below, above} {
		if size.HasPlane() && s.fits(size.W, size.H) {
			found = append(found, fmt.Sprintf("%dx%d", size.W, size.H))
		}
	}
	if !above.HasPlane() || len(found) == 0 {
		return ""
	}
	return strings.Join(found, " or ") + s.pattern(above.W)
}

// pattern says how the sides that fit are spaced around one of them; "" if they are all sides or not evenly spaced.
func (s *inputSearch) pattern(side int64) string {
	next := s.nearest(side+1, 1)
	step := next - side
	if next == 0 || step == 1 || s.nearest(next+1, 1) != next+step {
		return ""
	}
	if side%step == 0 {
		return fmt.Sprintf(" (multiples of %d)", step)
	}
	return fmt.Sprintf(" (every %d pixels)", step)
}
