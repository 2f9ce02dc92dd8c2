package draw

import "cnncalc/internal/shape"

// shortcuts finds the edges that lead past planes smaller than those at both of their ends, as from the contracting
// path of U-Net to its expanding path.
type shortcuts struct {
	network   *shape.Network
	consumers [][]int
	// least[k][i] is the smallest of the planes of nodes i to i+2^k-1, in places.
	least [][]int64
}

func newShortcuts(n *shape.Network) *shortcuts {
	planes := make([]int64, len(n.Nodes))
	for i, l := range n.Layers {
		planes[i] = l.Out.W * l.Out.H
	}
	s := &shortcuts{n, n.Consumers(), [][]int64{planes}}
	for span := 1; 2*span <= len(planes); span *= 2 {
		half := s.least[len(s.least)-1]
		whole := make([]int64, len(planes)-2*span+1)
		for i := range whole {
			whole[i] = min(half[i], half[i+span])
		}
		s.least = append(s.least, whole)
	}
	return s
}

// has reports whether the edge between two nodes is a shortcut. It ends at a layer that joins paths, or at one
// without a window or MACs that leads there.
func (s *shortcuts) has(from, to int) bool {
	if to-from < 2 || !s.leadsToJoin(to) {
		return false
	}
	planes := s.least[0]
	least := s.between(from+1, to-1)
	return least > 1 && least < min(planes[from], planes[to])
}

func (s *shortcuts) leadsToJoin(i int) bool {
	for !s.network.Nodes[i].JoinsPaths() {
		switch classOf(s.network, i) {
		case Conv, Linear, Pool:
			return false
		}
		if len(s.consumers[i]) != 1 {
			return false
		}
		i = s.consumers[i][0]
	}
	return true
}

// between returns the smallest plane of the nodes first to last.
func (s *shortcuts) between(first, last int) int64 {
	k := 0
	for 2<<k <= last-first+1 {
		k++
	}
	return min(s.least[k][first], s.least[k][last-(1<<k)+1])
}
