package draw

import (
	"slices"
)

// ranked is a layered graph: every edge leads from a rank to the next. It is what layout makes of a frame.
type ranked struct {
	vertices []vertex
	ranks    [][]int // the vertices of each rank, from left to right
	up, down [][]link
}

// vertex is a part, the place where a volume crosses a frame's border, or a place in a rank that an edge runs through.
type vertex struct {
	width, height float64
	rank, pos     int
	x             float64 // of the middle
	isLane        bool
}

// link is an edge as one of its ends sees it. Bias, above -1 and below 1, says where among the edges of the other end
// it is, from left to right.
type link struct {
	to   int
	bias float64
}

// maxSweeps bounds the passes over all ranks that look for fewer crossings.
const maxSweeps = 12

// order arranges the vertices of each rank so that few edges cross: by the barycentres of their neighbours, down and up
// in turns (Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of Hierarchical System Structures", 1981). It
// keeps the best arrangement that it sees, and the given one if none is better.
func (g *ranked) order() {
	g.number()
	best, fewest := g.arrangement(), g.crossings()
	for sweep := 0; sweep < maxSweeps && fewest > 0; sweep++ {
		if sweep%2 == 0 {
			for r := 1; r < len(g.ranks); r++ {
				g.sort(r, g.up)
			}
		} else {
			for r := len(g.ranks) - 2; r >= 0; r-- {
				g.sort(r, g.down)
			}
		}
		if crossings := g.crossings(); crossings < fewest {
			best, fewest = g.arrangement(), crossings
		}
	}
	g.ranks = best
	g.number()
}

// number notes every vertex's place in its rank.
func (g *ranked) number() {
	for _, rank := range g.ranks {
		for pos, v := range rank {
			g.vertices[v].pos = pos
		}
	}
}

func (g *ranked) arrangement() [][]int {
	ranks := make([][]int, len(g.ranks))
	for r := range g.ranks {
		ranks[r] = slices.Clone(g.ranks[r])
	}
	return ranks
}

// sort arranges rank r by the barycentres of the neighbours. Vertices without any stay near where they are.
func (g *ranked) sort(r int, neighbours [][]link) {
	rank := g.ranks[r]
	if len(rank) < 2 {
		return
	}
	keys := make(map[int]float64, len(rank))
	for _, v := range rank {
		keys[v] = float64(g.vertices[v].pos)
		if n := neighbours[v]; len(n) > 0 {
			sum := 0.0
			for _, l := range n {
				sum += float64(g.vertices[l.to].pos) + l.bias/2
			}
			keys[v] = sum / float64(len(n))
		}
	}
	slices.SortStableFunc(rank, func(a, b int) int {
		switch {
		case keys[a] < keys[b]:
			return -1
		case keys[a] > keys[b]:
			return 1
		}
		return 0
	})
	for pos, v := range rank {
		g.vertices[v].pos = pos
	}
}

// crossings returns how many pairs of edges between neighbouring ranks cross.
func (g *ranked) crossings() int {
	total := 0
	for r := 1; r < len(g.ranks); r++ {
		if len(g.ranks[r]) > 1 || len(g.ranks[r-1]) > 1 {
			total += g.crossingsAbove(r)
		}
	}
	return total
}

// crossingsAbove counts the inversions of the upper ends, in the order of the lower ends, with a Fenwick tree (Barth,
// Mutzel and Jünger, "Simple and Efficient Bilayer Cross Counting", 2004).
func (g *ranked) crossingsAbove(r int) int {
	tree := make([]int, len(g.ranks[r-1])+1)
	total, before := 0, 0
	for _, v := range g.ranks[r] {
		var ends []int
		for _, l := range g.up[v] {
			ends = append(ends, g.vertices[l.to].pos)
		}
		for _, end := range ends {
			notAbove := 0
			for i := end + 1; i > 0; i -= i & -i {
				notAbove += tree[i]
			}
			total += before - notAbove
		}
		for _, end := range ends { // after all of them: edges to one vertex do not cross
			for i := end + 1; i < len(tree); i += i & -i {
				tree[i]++
			}
		}
		before += len(ends)
	}
	return total
}
