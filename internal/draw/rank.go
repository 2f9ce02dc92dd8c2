package draw

import (
	"cmp"
	"slices"
)

// level is the layered graph of one frame.
type level struct {
	ranked
	layouter *layouter
	parts    []*Part
	of       map[*Part]int // the vertex of a part; vertex i is that of part i
	in, out  map[*Part]int // the vertices on the upper and lower border, by volume
	joints   []joint
	lanes    [][]int // by joint: those that it runs through, from above
}

// rank makes the layered graph of the parts of a frame and of the edges in it. Each part is below all that it reads.
// Edges that skip ranks run through lanes, which those of one volume share.
func (l *layouter) rank(parts []*Part, joints []joint) (*level, error) {
	g := &level{layouter: l, parts: parts, joints: joints, of: map[*Part]int{}, in: map[*Part]int{}, out: map[*Part]int{}}
	for i, p := range parts {
		w, h := l.size(p)
		g.vertices = append(g.vertices, vertex{width: w, height: h})
		g.of[p] = i
	}
	for _, j := range joints {
		if j.from == nil {
			g.border(g.in, j.volume)
		}
		if j.to == nil {
			g.border(g.out, j.volume)
		}
	}
	g.assignRanks()
	if err := g.addLanes(); err != nil {
		return nil, err
	}
	return g, nil
}

// border adds the vertex of a volume that crosses the border.
func (g *level) border(side map[*Part]int, volume *Part) {
	if _, ok := side[volume]; !ok {
		side[volume] = len(g.vertices)
		g.vertices = append(g.vertices, vertex{width: laneWidth})
	}
}

// source and target return the vertices of a joint.
func (g *level) source(j joint) int {
	if j.from == nil {
		return g.in[j.volume]
	}
	return g.of[j.from]
}

func (g *level) target(j joint) int {
	if j.to == nil {
		return g.out[j.volume]
	}
	return g.of[j.to]
}

// assignRanks puts each vertex one rank below the lowest that it reads, the upper border above all, and the lower
// border below all. What reads nothing is one rank above the first that reads it.
func (g *level) assignRanks() {
	reads, readers := make([][]int, len(g.vertices)), make([][]int, len(g.vertices))
	for _, j := range g.joints {
		s, t := g.source(j), g.target(j)
		reads[t] = append(reads[t], s)
		readers[s] = append(readers[s], t)
	}
	first := min(len(g.in), 1)
	deepest := first - 1
	for v := range g.parts { // in the order of the layers, so what a part reads has its rank
		rank := first
		for _, s := range reads[v] {
			rank = max(rank, g.vertices[s].rank+1)
		}
		g.vertices[v].rank = rank
		deepest = max(deepest, rank)
	}
	for v := range g.parts {
		if len(reads[v]) > 0 || len(readers[v]) == 0 {
			continue
		}
		lowest := deepest
		for _, t := range readers[v] {
			if t < len(g.parts) {
				lowest = min(lowest, g.vertices[t].rank-1)
			}
		}
		g.vertices[v].rank = max(first, lowest)
	}
	for _, v := range g.out {
		g.vertices[v].rank = deepest + 1
	}
}

// run is where a volume comes from in a frame.
type run struct {
	source int
	volume *Part
}

// addLanes adds a vertex for each rank that an edge skips, and fills in ranks and links.
func (g *level) addLanes() error {
	lanes := map[run][]int{} // by rank below the source
	for _, j := range g.joints {
		from := run{g.source(j), j.volume}
		for rank := g.vertices[from.source].rank + 1 + len(lanes[from]); rank < g.vertices[g.target(j)].rank; rank++ {
			if g.layouter.lanes++; g.layouter.lanes > maxLanes {
				return errTooLong
			}
			lanes[from] = append(lanes[from], len(g.vertices))
			g.vertices = append(g.vertices, vertex{width: laneWidth, rank: rank, isLane: true})
		}
	}
	g.up, g.down = make([][]link, len(g.vertices)), make([][]link, len(g.vertices))
	linked := map[int]bool{}
	for _, j := range g.joints {
		source, target := g.source(j), g.target(j)
		run := lanes[run{source, j.volume}][:g.vertices[target].rank-g.vertices[source].rank-1]
		g.lanes = append(g.lanes, run)
		above := source
		for _, lane := range run {
			if !linked[lane] {
				linked[lane] = true
				g.link(above, lane)
			}
			above = lane
		}
		g.link(above, target)
	}
	g.setBias()
	g.fillRanks()
	return nil
}

func (g *level) link(above, below int) {
	g.up[below] = append(g.up[below], link{to: above})
	g.down[above] = append(g.down[above], link{to: below})
}

// setBias orders the links of each vertex as they were made: in the order of the layers, and of the paths that a layer
// joins.
func (g *level) setBias() {
	place := map[[2]int]float64{} // of an upper and a lower vertex
	for v, links := range g.down {
		for k := range links {
			place[[2]int{v, links[k].to}] = between(k, len(links))
		}
	}
	for v, links := range g.up {
		for k := range links {
			above := links[k].to
			links[k].bias = place[[2]int{above, v}]
			place[[2]int{above, v}] = between(k, len(links))
		}
	}
	for v, links := range g.down {
		for k := range links {
			links[k].bias = place[[2]int{v, links[k].to}]
		}
	}
}

// between returns a number above -1 and below 1 for the k-th of n.
func between(k, n int) float64 { return float64(2*k+1-n) / float64(n+1) }

// fillRanks lists the vertices of each rank, parts and borders before lanes.
func (g *level) fillRanks() {
	byRank := make([]int, len(g.vertices))
	for v := range byRank {
		byRank[v] = v
	}
	slices.SortStableFunc(byRank, func(a, b int) int { return cmp.Compare(g.vertices[a].rank, g.vertices[b].rank) })
	for _, v := range byRank {
		for len(g.ranks) <= g.vertices[v].rank {
			g.ranks = append(g.ranks, nil)
		}
		g.ranks[g.vertices[v].rank] = append(g.ranks[g.vertices[v].rank], v)
	}
}
