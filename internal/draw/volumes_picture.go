package draw

import (
	"math"
	"strings"

	"cnncalc/internal/plain"
	"cnncalc/internal/svg"
	"cnncalc/internal/tikz"
)

// Lengths of a picture of volumes, in pixels.
const (
	widestRow    = 1900.0 // but for half a volume
	largestSide  = 190.0  // of the largest width or height
	largestDepth = 80.0
	largestBar   = 170.0 // of the deepest volume of a single place
	barWidth     = 12.0
	leastLength  = 3.0
	oblique      = 0.42 // how far the width goes to the right, and
	rising       = 0.28 // up, for each pixel of its length
	boxOffset    = 7.0  // between boxes of one shape
	mostBoxes    = 3    // that are drawn of one shape
	volumeGap    = 30.0
	captionGap   = 20.0
	captionRow   = 15.0
)

const volumesStyle = `
    .size { font: 11px ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; fill: #59636e }
    .shape { font: 12px ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; font-weight: 600 }
    .face { fill: #d0d7de; stroke: #59636e; stroke-width: 1; stroke-linejoin: round }
    .conv { fill: #80ccff; stroke: #0550ae }
    .linear { fill: #d8b9ff; stroke: #6639ba }
    .pool { fill: #7ee2a8; stroke: #116329 }
    .join { fill: #f5d67a; stroke: #7d4e00 }
    .top { fill-opacity: 0.55 }
    .side { fill-opacity: 0.8 }
    .kernel { fill: #cf222e; fill-opacity: 0.35; stroke: #cf222e; stroke-width: 1 }
    .ray { stroke: #cf222e; stroke-width: 0.8; stroke-dasharray: 3 2; fill: none }
    @media screen and (prefers-color-scheme: dark) {
      .size { fill: #9198a1 }
      .face { fill: #3d444d; stroke: #9198a1 }
      .conv { fill: #1158c7; stroke: #79c0ff }
      .linear { fill: #6e40c9; stroke: #d2a8ff }
      .pool { fill: #1a7f37; stroke: #7ee787 }
      .join { fill: #845306; stroke: #f2cc60 }
      .kernel { fill: #ff7b72; stroke: #ff7b72 }
      .ray { stroke: #ff7b72 }
    }
`

// solid is a volume at its place: the front face from left, top to right, bottom, whose other edges go by dx, -dy.
type solid struct {
	*Volume
	left, right, top, bottom float64
	dx, dy                   float64
	boxes, cell              float64 // the widths of all boxes, and with the caption
	captionX, captionY       float64
	endsRow                  bool
}

// VolumesSVG draws volumes in a row, as the notes and papers do: with width, height and depth by a scale, a bar for a
// single place, and the window of the next layer on the volume that it reads.
func VolumesSVG(title string, volumes []Volume, scale Scale) []byte {
	r := arrange(volumes, scale)
	c := &svgCanvas{Document: svg.New(r.width, r.height, plain.CutNames(title), describeVolumes(volumes), volumesStyle)}
	r.drawOn(c)
	return c.Bytes()
}

// VolumesTikZ draws volumes as VolumesSVG does, as a LaTeX document. It fails if the picture is too large for TeX.
func VolumesTikZ(title string, volumes []Volume, scale Scale) ([]byte, error) {
	r := arrange(volumes, scale)
	document, err := tikz.New(r.width, r.height, plain.CutNames(title), tikz.Styles(svg.Style, volumesStyle))
	if err != nil {
		return nil, err
	}
	c := &tikzCanvas{document}
	r.drawOn(c)
	return c.Bytes(), nil
}

// drawOn draws the solids from left to right, with the window of each on the one before it.
func (r *solidRows) drawOn(c canvas) {
	for i := range r.solids {
		drawSolid(c, &r.solids[i])
		if i+1 < len(r.solids) {
			drawKernel(c, &r.solids[i], &r.solids[i+1])
		}
	}
	for i := range r.solids {
		drawCaption(c, &r.solids[i])
	}
	c.text(label{class: "soft", x: margin, y: r.height - margin/2, text: r.legend})
}

func scaleText(s Scale) string {
	switch s {
	case LinearScale:
		return "linear"
	case LogScale:
		return "logarithmic"
	}
	return "by square roots"
}

// solidRows is a picture of volumes.
type solidRows struct {
	solids        []solid
	legend        string
	width, height float64
}

// arrange places the volumes in rows, each with one middle line. No two touch, and neither do their captions.
func arrange(volumes []Volume, scale Scale) *solidRows {
	p := &solidRows{solids: measure(volumes, scale)}
	total := 0.0
	for i := range p.solids {
		total += p.solids[i].cell + volumeGap
	}
	mostInRow := total/math.Ceil(total/widestRow) + 1
	y := 0.0
	for first := 0; first < len(p.solids); {
		end, x := first, 0.0
		for end < len(p.solids) && (end == first || x+p.solids[end].cell/2 <= mostInRow) {
			x += p.solids[end].cell + volumeGap
			end++
		}
		y = placeRow(p.solids[first:end], y+margin)
		p.solids[end-1].endsRow = true
		p.width = max(p.width, x-volumeGap+2*margin)
		first = end
	}
	p.legend = legendOf(volumes, scale)
	p.width, p.height = max(p.width, textWidth(p.legend)+2*margin), y+1.5*margin
	return p
}

// legendOf explains the lengths and the colours that a picture of volumes has.
func legendOf(volumes []Volume, scale Scale) string {
	hasBars, hasBoxes, hasWindows := false, false, false
	for _, v := range volumes {
		isBar := v.Shape.IsPlace()
		hasBars, hasBoxes = hasBars || isBar, hasBoxes || !isBar
		hasWindows = hasWindows || !isBar && v.KernelW > 0
	}
	text := "The lengths of the bars are " + scaleText(scale) + "."
	switch {
	case hasBoxes && hasBars:
		text = "Width and height have one scale, depth another, and bars a third; all are " + scaleText(scale) + "."
	case hasBoxes:
		text = "Width and height have one scale, depth another; both are " + scaleText(scale) + "."
	}
	if hasWindows {
		text += " Red is the window that the next layer moves over a volume."
	}
	return text
}

// measure returns the volumes as solids, by a scale for width and height, one for depth and one for single places.
// They are around a middle line at 0.
func measure(volumes []Volume, scale Scale) []solid {
	side, depth, deepest := int64(1), int64(1), int64(1)
	for _, v := range volumes {
		if v.Shape.IsPlace() {
			deepest = max(deepest, v.Shape.D)
			continue
		}
		side, depth = max(side, v.Shape.W, v.Shape.H), max(depth, v.Shape.D)
	}
	solids := make([]solid, len(volumes))
	for i := range volumes {
		v, s := &volumes[i], &solids[i]
		s.Volume = v
		var w, h float64
		if v.Shape.IsPlace() {
			w, h = barWidth, max(leastLength, scale.of(v.Shape.D, deepest)*largestBar)
		} else {
			w = max(leastLength, scale.of(v.Shape.D, depth)*largestDepth)
			h = max(leastLength, scale.of(v.Shape.H, side)*largestSide)
			along := max(leastLength, scale.of(v.Shape.W, side)*largestSide)
			s.dx, s.dy = along*oblique, along*rising
		}
		s.boxes = w + float64(min(v.Times, mostBoxes)-1)*boxOffset + s.dx
		s.cell = max(s.boxes, textWidth(v.text()))
		for _, maker := range v.Makers {
			s.cell = max(s.cell, textWidth(maker))
		}
		s.right = w
		s.top, s.bottom = -h/2+s.dy/2, h/2+s.dy/2
	}
	return solids
}

// placeRow places solids beside each other below y, and returns the lower end of their captions.
func placeRow(solids []solid, y float64) float64 {
	above, below, rows := 0.0, 0.0, 0
	for i := range solids {
		s := &solids[i]
		above, below, rows = max(above, s.bottom), max(below, s.bottom), max(rows, len(s.Makers))
	}
	x, axis := margin, y+above
	for i := range solids {
		s := &solids[i]
		s.left = x + (s.cell-s.boxes)/2
		s.right += s.left
		s.top, s.bottom = s.top+axis, s.bottom+axis
		s.captionX, s.captionY = x+s.cell/2, axis+below+captionGap
		x += s.cell + volumeGap
	}
	return axis + below + captionGap + float64(rows+1)*captionRow
}

// drawSolid draws the boxes of a volume, the one at the back first.
func drawSolid(c canvas, s *solid) {
	class := "face " + string(s.Class)
	c.begin(group{title: s.Shape.String() + ": " + strings.Join(s.Makers, ", ")})
	for k := min(s.Times, mostBoxes) - 1; k >= 0; k-- {
		l, r := s.left+float64(k)*boxOffset, s.right+float64(k)*boxOffset
		if s.dx > 0 {
			c.path(class+" side", polygon(r, s.top, r+s.dx, s.top-s.dy, r+s.dx, s.bottom-s.dy, r, s.bottom))
			c.path(class+" top", polygon(l, s.top, l+s.dx, s.top-s.dy, r+s.dx, s.top-s.dy, r, s.top))
		}
		c.path(class, polygon(l, s.top, r, s.top, r, s.bottom, l, s.bottom))
	}
	c.end()
}

// drawKernel draws the window that the next layer moves over a volume, in the middle of its right face, and where its
// result goes.
func drawKernel(c canvas, s, next *solid) {
	if s.KernelW == 0 || s.dx == 0 {
		return
	}
	part := func(kernel, side int64) float64 { return min(1, float64(kernel)/float64(side)) / 2 }
	u, v := part(s.KernelW, s.Shape.W), part(s.KernelH, s.Shape.H)
	right := s.right + float64(min(s.Times, mostBoxes)-1)*boxOffset
	at := func(u, v float64) (x, y float64) {
		return right + u*s.dx, s.top - u*s.dy + v*(s.bottom-s.top)
	}
	x1, y1 := at(0.5-u, 0.5-v)
	x2, y2 := at(0.5+u, 0.5-v)
	x3, y3 := at(0.5+u, 0.5+v)
	x4, y4 := at(0.5-u, 0.5+v)
	c.path("kernel", polygon(x1, y1, x2, y2, x3, y3, x4, y4))
	if s.endsRow {
		return
	}
	target := lineTo(next.left, (next.top+next.bottom)/2)
	c.path("ray", stroke{moveTo(x2, y2), target, moveTo(x3, y3), target})
}

// drawCaption writes the shape of a volume, and what made it, below the picture.
func drawCaption(c canvas, s *solid) {
	c.text(label{class: "shape", anchor: middle, x: s.captionX, y: s.captionY, text: s.text()})
	for i, maker := range s.Makers {
		c.text(label{class: "size", anchor: middle, x: s.captionX, y: s.captionY + float64(i+1)*captionRow, text: maker})
	}
}
