package draw

import (
	"cmp"
	"math"
	"slices"
)

// finish returns the laid-out frame: every rank has a height, and every edge its way.
func (g *level) finish(frame *Part) *laid {
	f := &laid{frame: frame, parts: g.parts, in: map[*Part]float64{}, out: map[*Part]float64{}}
	g.setEdges(f)
	tops, bottoms := g.stack(frame)
	f.height = bottoms[len(bottoms)-1]
	if frame != nil {
		f.height += frameFoot
	}
	for i, p := range g.parts {
		v := &g.vertices[i]
		w, h := v.width, v.height
		if !p.IsFrame() {
			w, h = boxWidth(p), boxHeight(p)
		}
		f.rects = append(f.rects, rect{v.x - w/2, tops[v.rank], w, h})
	}
	for volume, v := range g.in {
		f.in[volume] = g.vertices[v].x
	}
	for volume, v := range g.out {
		f.out[volume] = g.vertices[v].x
	}
	g.paths(f, tops, bottoms)
	return f
}

// setEdges moves all vertices so that the frame starts at 0, and sets its width. A frame that a single volume enters
// has it in its middle, so that it enters straight; no volume enters where the title is.
func (g *level) setEdges(f *laid) {
	left, right := math.Inf(1), math.Inf(-1)
	for _, v := range g.vertices {
		left, right = min(left, v.x-v.width/2), max(right, v.x+v.width/2)
	}
	if f.frame != nil {
		left, right = left-framePad, right+framePad
		title, _ := titleSize(f.frame)
		right = max(right, left+title)
		for _, v := range g.in {
			left = min(left, g.vertices[v].x-title)
		}
		if len(g.in) == 1 {
			for _, v := range g.in {
				half := max(g.vertices[v].x-left, right-g.vertices[v].x)
				left, right = g.vertices[v].x-half, g.vertices[v].x+half
			}
		}
	}
	for i := range g.vertices {
		g.vertices[i].x -= left
	}
	f.width = right - left
}

// stack returns the top and the bottom of each rank.
func (g *level) stack(frame *Part) (tops, bottoms []float64) {
	y := 0.0
	if frame != nil {
		_, y = titleSize(frame)
	}
	for r, rank := range g.ranks {
		if r > 0 {
			y += g.gapAbove(r)
		}
		height := 0.0
		for _, v := range rank {
			height = max(height, g.vertices[v].height)
		}
		tops, bottoms = append(tops, y), append(bottoms, y+height)
		y += height
	}
	return tops, bottoms
}

// gapAbove returns the space above a rank, in which its edges bend.
func (g *level) gapAbove(r int) float64 {
	widest := 0.0
	for _, v := range g.ranks[r] {
		for _, l := range g.up[v] {
			widest = max(widest, math.Abs(g.vertices[v].x-g.vertices[l.to].x))
		}
	}
	return min(rankGap+bendGap*widest, widestBendGap)
}

// paths adds the pieces of all edges: those between lanes once, and those that end at a box with an arrowhead.
func (g *level) paths(f *laid, tops, bottoms []float64) {
	entries := g.entries()
	drawn := map[[2]int]bool{}
	for k, j := range g.joints {
		above := g.source(j)
		for _, below := range append(slices.Clip(g.lanes[k]), g.target(j)) {
			isLast := below == g.target(j)
			if key := [2]int{above, below}; isLast || !drawn[key] {
				drawn[key] = true
				p := path{x1: g.exit(above, j.volume), from: g.foot(f, above, bottoms), y1: bottoms[g.vertices[above].rank],
					x2: g.vertices[below].x, y2: tops[g.vertices[below].rank], to: g.head(f, below, tops, bottoms)}
				if isLast {
					p.x2, p.isEnd = entries[k], j.to != nil && !j.to.IsFrame()
				}
				f.paths = append(f.paths, p)
			}
			above = below
		}
	}
}

// exit returns the x at which a volume leaves a vertex.
func (g *level) exit(v int, volume *Part) float64 {
	x := g.vertices[v].x
	if v < len(g.parts) && g.parts[v].IsFrame() {
		return x - g.vertices[v].width/2 + g.layouter.inside[g.parts[v]].laid.out[volume]
	}
	return x
}

// foot returns the y at which edges leave a vertex, and head that at which they enter it.
func (g *level) foot(f *laid, v int, bottoms []float64) float64 {
	switch {
	case v < len(g.parts):
		return f.rects[v].y + f.rects[v].h
	case g.vertices[v].isLane:
		return bottoms[g.vertices[v].rank]
	}
	return 0
}

func (g *level) head(f *laid, v int, tops, bottoms []float64) float64 {
	switch {
	case v < len(g.parts):
		return f.rects[v].y
	case g.vertices[v].isLane:
		return bottoms[g.vertices[v].rank]
	}
	return f.height
}

// entries returns the x at which each joint enters its target. The edges that a box reads are apart from each other,
// in the order in which they arrive; one that comes from straight above enters in the middle.
func (g *level) entries() []float64 {
	entries := make([]float64, len(g.joints))
	into := make([][]int, len(g.parts)) // the joints of each box
	for k, j := range g.joints {
		t := g.target(j)
		entries[k] = g.vertices[t].x
		switch {
		case j.to == nil:
		case j.to.IsFrame():
			entries[k] += g.layouter.inside[j.to].laid.in[j.volume] - g.vertices[t].width/2
		default:
			into[t] = append(into[t], k)
		}
	}
	for t, joints := range into {
		if len(joints) > 1 {
			g.spread(t, joints, entries)
		}
	}
	return entries
}

// spread sets the entries of the joints that enter the box of vertex t.
func (g *level) spread(t int, joints []int, entries []float64) {
	from := func(k int) float64 {
		if n := len(g.lanes[k]); n > 0 {
			return g.vertices[g.lanes[k][n-1]].x
		}
		return g.exit(g.source(g.joints[k]), g.joints[k].volume)
	}
	slices.SortStableFunc(joints, func(a, b int) int { return cmp.Compare(from(a), from(b)) })
	middle := g.vertices[t].x
	apart := min(attachDistance, (boxWidth(g.parts[t])/2-boxPadX/2)/float64(len(joints)))
	center := float64(len(joints)-1) / 2
	for i, k := range joints {
		if math.Abs(from(k)-middle) < 1 {
			center = float64(i)
		}
	}
	for i, k := range joints {
		entries[k] = middle + (float64(i)-center)*apart
	}
}
