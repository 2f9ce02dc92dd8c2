package draw

import (
	"fmt"
	"strings"

	"cnncalc/internal/svg"
)

// Lengths of a picture of volumes, in pixels.
const (
	largestSide  = 190.0 // of the largest width or height
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
    @media (prefers-color-scheme: dark) {
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
	captionX, captionY       float64
}

// VolumesSVG draws volumes in a row, as the notes and papers do: with width, height and depth by a scale, a bar for a
// single place, and the window of the next layer on the volume that it reads.
func VolumesSVG(title string, volumes []Volume, scale Scale) []byte {
	solids, width, height := arrange(volumes, scale)
	legend := fmt.Sprintf("Width and height have one scale, depth another, and bars a third; all are %s.",
		scaleText(scale))
	doc := svg.New(max(width, textWidth(legend)+2*margin), height, title, describeVolumes(volumes), volumesStyle)
	for i := range solids {
		drawSolid(doc, &solids[i])
		if i+1 < len(solids) {
			drawKernel(doc, &solids[i], &solids[i+1])
		}
	}
	for i := range solids {
		drawCaption(doc, &solids[i])
	}
	doc.Printf(`  <text class="soft" x="%s" y="%s">%s</text>`+"\n", svg.Coordinate(margin),
		svg.Coordinate(height-margin/2), legend)
	return doc.Bytes()
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

// arrange places the volumes on one middle line. No two touch, and neither do their captions.
func arrange(volumes []Volume, scale Scale) (solids []solid, width, height float64) {
	side, depth, deepest := int64(1), int64(1), int64(1)
	for _, v := range volumes {
		if v.Shape.IsPlace() {
			deepest = max(deepest, v.Shape.D)
			continue
		}
		side, depth = max(side, v.Shape.W, v.Shape.H), max(depth, v.Shape.D)
	}
	above, below, rows := 0.0, 0.0, 0
	x := margin
	for i := range volumes {
		v := &volumes[i]
		s := solid{Volume: v}
		var w, h float64
		if v.Shape.IsPlace() {
			w, h = barWidth, max(leastLength, scale.of(v.Shape.D, deepest)*largestBar)
		} else {
			w = max(leastLength, scale.of(v.Shape.D, depth)*largestDepth)
			h = max(leastLength, scale.of(v.Shape.H, side)*largestSide)
			along := max(leastLength, scale.of(v.Shape.W, side)*largestSide)
			s.dx, s.dy = along*oblique, along*rising
		}
		boxes := w + float64(min(v.Times, mostBoxes)-1)*boxOffset + s.dx
		caption := textWidth(v.text())
		for _, maker := range v.Makers {
			caption = max(caption, textWidth(maker))
		}
		cell := max(boxes, caption)
		s.captionX = x + cell/2
		s.left = x + (cell-boxes)/2
		s.right = s.left + w
		s.top, s.bottom = -h/2+s.dy/2, h/2+s.dy/2
		above, below, rows = max(above, h/2+s.dy/2), max(below, s.bottom), max(rows, len(v.Makers))
		x += cell + volumeGap
		solids = append(solids, s)
	}
	middle := margin + above
	for i := range solids {
		s := &solids[i]
		s.top, s.bottom, s.captionY = s.top+middle, s.bottom+middle, middle+below+captionGap
	}
	return solids, x - volumeGap + margin, middle + below + captionGap + float64(rows+1)*captionRow + 1.5*margin
}

// drawSolid draws the boxes of a volume, the one at the back first.
func drawSolid(doc *svg.Document, s *solid) {
	class := "face " + string(s.Class)
	doc.Printf("  <g><title>%s: %s</title>\n", svg.Escape(s.Shape.String()), svg.Escape(strings.Join(s.Makers, ", ")))
	for k := min(s.Times, mostBoxes) - 1; k >= 0; k-- {
		l, r := s.left+float64(k)*boxOffset, s.right+float64(k)*boxOffset
		if s.dx > 0 {
			quad(doc, class+" side", r, s.top, r+s.dx, s.top-s.dy, r+s.dx, s.bottom-s.dy, r, s.bottom)
			quad(doc, class+" top", l, s.top, l+s.dx, s.top-s.dy, r+s.dx, s.top-s.dy, r, s.top)
		}
		quad(doc, class, l, s.top, r, s.top, r, s.bottom, l, s.bottom)
	}
	doc.Printf("  </g>\n")
}

// quad draws a polygon of four corners.
func quad(doc *svg.Document, class string, corners ...float64) {
	doc.Printf(`    <path class="%s" d="M%s %sL%s %sL%s %sL%s %sz"/>`+"\n", class,
		svg.Coordinate(corners[0]), svg.Coordinate(corners[1]), svg.Coordinate(corners[2]), svg.Coordinate(corners[3]),
		svg.Coordinate(corners[4]), svg.Coordinate(corners[5]), svg.Coordinate(corners[6]), svg.Coordinate(corners[7]))
}

// drawKernel draws the window that the next layer moves over a volume, in the middle of its right face, and where its
// result goes.
func drawKernel(doc *svg.Document, s, next *solid) {
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
	quad(doc, "kernel", x1, y1, x2, y2, x3, y3, x4, y4)
	middle := svg.Coordinate((next.top + next.bottom) / 2)
	doc.Printf(`  <path class="ray" d="M%s %sL%s %sM%s %sL%s %s"/>`+"\n", svg.Coordinate(x2), svg.Coordinate(y2),
		svg.Coordinate(next.left), middle, svg.Coordinate(x3), svg.Coordinate(y3), svg.Coordinate(next.left), middle)
}

// drawCaption writes the shape of a volume, and what made it, below the picture.
func drawCaption(doc *svg.Document, s *solid) {
	rows := 0
	write := func(class, text string, y float64) {
		doc.Printf(`  <text class="%s" x="%s" y="%s" text-anchor="middle">%s</text>`+"\n", class, svg.Coordinate(s.captionX),
			svg.Coordinate(y+float64(rows)*captionRow), svg.Escape(text))
		rows++
	}
	write("shape", s.text(), s.captionY)
	for _, maker := range s.Makers {
		write("size", maker, s.captionY)
	}
}
