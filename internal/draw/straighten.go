package draw

import (
	"math"
	"slices"
)

// The least space between two vertices of a rank, in pixels, and beside an edge that runs through the rank.
const (
	partGap = 28.0
	laneGap = 14.0
)

// straighten chooses the x of every vertex so that long edges are straight and parts are near the middle of their
// neighbours: the mean of the middle two of four layouts, each of which aligns vertices with a median neighbour above
// or below, from the left or from the right (Brandes and Köpf, "Fast and Simple Horizontal Coordinate Assignment",
// 2001). The order within the ranks must be final.
func (g *ranked) straighten() {
	conflicts := g.conflicts()
	var layouts [4][]float64
	for k := range layouts {
		a := aligner{ranked: g, conflicts: conflicts, fromBelow: k&1 != 0, fromRight: k&2 != 0}
		layouts[k] = a.layout()
	}
	g.toNarrowest(layouts[:])
	for v := range g.vertices {
		x := []float64{layouts[0][v], layouts[1][v], layouts[2][v], layouts[3][v]}
		slices.Sort(x)
		g.vertices[v].x = (x[1] + x[2]) / 2
	}
	g.alignLone()
}

// slightBend is a way to the side that looks like a mistake, in pixels.
const slightBend = 40.0

// alignLone removes slight bends between vertices that are alone in their ranks, which nothing keeps from moving.
func (g *ranked) alignLone() {
	last := math.NaN()
	for _, rank := range g.ranks {
		if len(rank) > 1 {
			continue
		}
		v := &g.vertices[rank[0]]
		if math.Abs(v.x-last) <= slightBend {
			v.x = last
		}
		last = v.x
	}
}

// separation returns how far apart the middles of two neighbours in a rank must be.
func (g *ranked) separation(u, v int) float64 {
	gap := partGap
	if g.vertices[u].isLane || g.vertices[v].isLane {
		gap = laneGap
	}
	return (g.vertices[u].width+g.vertices[v].width)/2 + gap
}

// conflicts returns the edges that cross one between two lanes. Those would bend a long edge.
func (g *ranked) conflicts() map[[2]int]bool {
	found := map[[2]int]bool{}
	for r := 1; r < len(g.ranks); r++ {
		upper, lower := g.ranks[r-1], g.ranks[r]
		first, scanned := 0, 0
		for l, v := range lower {
			inner := g.innerAbove(v)
			if inner < 0 && l < len(lower)-1 {
				continue
			}
			last := len(upper) - 1
			if inner >= 0 {
				last = g.vertices[inner].pos
			}
			for ; scanned <= l; scanned++ {
				for _, e := range g.up[lower[scanned]] {
					at := g.vertices[e.to].pos
					isInner := g.vertices[e.to].isLane && g.vertices[lower[scanned]].isLane
					if (at < first || at > last) && !isInner {
						found[[2]int{e.to, lower[scanned]}] = true
					}
				}
			}
			first = last
		}
	}
	return found
}

// innerAbove returns the lane above a lane, or -1.
func (g *ranked) innerAbove(v int) int {
	if g.vertices[v].isLane && len(g.up[v]) == 1 && g.vertices[g.up[v][0].to].isLane {
		return g.up[v][0].to
	}
	return -1
}

// toNarrowest shifts the layouts so that those from the left have the left edge of the narrowest, and the others its
// right edge.
func (g *ranked) toNarrowest(layouts [][]float64) {
	left, right := make([]float64, len(layouts)), make([]float64, len(layouts))
	narrowest := 0
	for k, xs := range layouts {
		left[k], right[k] = math.Inf(1), math.Inf(-1)
		for v, x := range xs {
			left[k] = min(left[k], x-g.vertices[v].width/2)
			right[k] = max(right[k], x+g.vertices[v].width/2)
		}
		if right[k]-left[k] < right[narrowest]-left[narrowest] {
			narrowest = k
		}
	}
	for k, xs := range layouts {
		shift := left[narrowest] - left[k]
		if k&2 != 0 {
			shift = right[narrowest] - right[k]
		}
		for v := range xs {
			xs[v] += shift
		}
	}
}

// aligner makes one of the four layouts.
type aligner struct {
	*ranked
	conflicts            map[[2]int]bool
	fromBelow, fromRight bool
	root, next           []int // of the block of vertices with one x: its first vertex, and the one after each, in a ring
}

func (a *aligner) layout() []float64 {
	a.align()
	return a.compact()
}

// rankAt returns the r-th rank in the direction of the layout, and pos returns a vertex's place in its own.
func (a *aligner) rankAt(r int) []int {
	if a.fromBelow {
		r = len(a.ranks) - 1 - r
	}
	rank := a.ranks[r]
	if a.fromRight {
		rank = slices.Clone(rank)
		slices.Reverse(rank)
	}
	return rank
}

func (a *aligner) pos(v int) int {
	if a.fromRight {
		return -a.vertices[v].pos
	}
	return a.vertices[v].pos
}

// align joins vertices with a median neighbour to blocks, as long as no two such edges cross.
func (a *aligner) align() {
	a.root, a.next = make([]int, len(a.vertices)), make([]int, len(a.vertices))
	for v := range a.vertices {
		a.root[v], a.next[v] = v, v
	}
	for r := 1; r < len(a.ranks); r++ {
		taken := math.MinInt
		for _, v := range a.rankAt(r) {
			neighbours := a.neighbours(v)
			if len(neighbours) == 0 {
				continue
			}
			low, high := (len(neighbours)-1)/2, len(neighbours)/2
			for m := low; m <= high && a.next[v] == v; m++ {
				u := neighbours[m]
				if a.pos(u) > taken && !a.conflicts[[2]int{u, v}] && !a.conflicts[[2]int{v, u}] {
					a.next[u] = v
					a.root[v] = a.root[u]
					a.next[v] = a.root[v]
					taken = a.pos(u)
				}
			}
		}
	}
}

// neighbours returns those in the rank before, in order.
func (a *aligner) neighbours(v int) []int {
	links := a.up[v]
	if a.fromBelow {
		links = a.down[v]
	}
	all := make([]int, len(links))
	for i, l := range links {
		all[i] = l.to
	}
	slices.SortFunc(all, func(x, y int) int { return a.pos(x) - a.pos(y) })
	return all
}

// compact places the blocks as far to one side as their neighbours allow, then back towards the other as far as
// nothing else moves, and returns the x of every vertex.
func (a *aligner) compact() []float64 {
	after, before := a.blockEdges()
	order := topological(after, a.root)
	xs := make([]float64, len(a.vertices))
	for _, block := range order {
		for _, e := range before[block] {
			xs[block] = max(xs[block], xs[e.block]+e.apart)
		}
	}
	for _, block := range slices.Backward(order) {
		room := math.Inf(1)
		for _, e := range after[block] {
			room = min(room, xs[e.block]-e.apart)
		}
		if !math.IsInf(room, 1) {
			xs[block] = max(xs[block], room)
		}
	}
	for v := range xs {
		xs[v] = xs[a.root[v]]
	}
	if a.fromRight {
		for v := range xs {
			xs[v] = -xs[v]
		}
	}
	return xs
}

// blockEdge says how far a block must be from its neighbour in some rank.
type blockEdge struct {
	block int
	apart float64
}

// blockEdges returns, by block, the neighbours after and before it.
func (a *aligner) blockEdges() (after, before [][]blockEdge) {
	after, before = make([][]blockEdge, len(a.vertices)), make([][]blockEdge, len(a.vertices))
	for r := range a.ranks {
		rank := a.rankAt(r)
		for i := 1; i < len(rank); i++ {
			u, v := rank[i-1], rank[i]
			apart := a.separation(u, v)
			after[a.root[u]] = append(after[a.root[u]], blockEdge{a.root[v], apart})
			before[a.root[v]] = append(before[a.root[v]], blockEdge{a.root[u], apart})
		}
	}
	return after, before
}

// topological returns the blocks so that each comes after those before it.
func topological(after [][]blockEdge, root []int) []int {
	waiting := make([]int, len(after))
	for _, edges := range after {
		for _, e := range edges {
			waiting[e.block]++
		}
	}
	var order []int
	for v := range after {
		if root[v] == v && waiting[v] == 0 {
			order = append(order, v)
		}
	}
	for i := 0; i < len(order); i++ {
		for _, e := range after[order[i]] {
			if waiting[e.block]--; waiting[e.block] == 0 {
				order = append(order, e.block)
			}
		}
	}
	return order
}
