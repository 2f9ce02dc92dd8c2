package draw

import (
	"fmt"

	"cnncalc/internal/graph"
	"cnncalc/internal/plain"
	"cnncalc/internal/svg"
)

// Lengths of a picture of a field, in pixels.
const (
	inputSide  = 336.0 // of the longer side of the picture that the network sees
	mapSide    = 96.0  // of the longer side of any other map
	mapGap     = 30.0
	mapsInRow  = 5
	mapCaption = 4 * captionRow
	lineHeight = 19.0
	leastPatch = 2.5
	mostLines  = 32 // of a plane's grid, on each axis

	longestName = 18 // in letters
)

const fieldStyle = `
    .text { font: 12px ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace }
    .size { font: 11px ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; fill: #59636e }
    .plane { fill: #f6f8fa; stroke: #59636e; stroke-width: 1 }
    .grid { stroke: #818b98; stroke-opacity: 0.45; stroke-width: 0.6; fill: none }
    .pixels { image-rendering: pixelated }
    .seen { fill: #cf222e; fill-opacity: 0.3; stroke: #cf222e; stroke-width: 1.6 }
    .frame { fill: none; stroke: #cf222e; stroke-width: 2.4 }
    .halo { fill: none; stroke: #ffffff; stroke-opacity: 0.8; stroke-width: 5 }
    .ray { stroke: #cf222e; stroke-width: 0.8; stroke-dasharray: 3 2; fill: none }
    @media screen and (prefers-color-scheme: dark) {
      .size { fill: #9198a1 }
      .plane { fill: #151b23; stroke: #9198a1 }
      .seen { fill: #ff7b72; stroke: #ff7b72 }
      .ray { stroke: #ff7b72 }
    }
`

// plane is a map at its place.
type plane struct {
	*FieldMap
	rect
	patch rect
	row   int
}

// SVG draws the field on a picture, which has the proportions of the network's input and is given as a data URI, "" for
// an empty grid. remark says in a sentence what else there is to know of the field.
func (f *Field) SVG(title, remark, picture string) []byte {
	title = plain.CutNames(title)
	lines := f.lines(remark)
	planes, width, height := f.arrange(2*margin + float64(len(lines)+1)*lineHeight)
	for _, line := range lines {
		width = max(width, textWidth(line)+2*margin)
	}
	doc := svg.New(width, height, title, lines[0], fieldStyle)
	doc.Printf(`  <text class="title" x="%s" y="%s">%s</text>`+"\n", svg.Coordinate(margin), svg.Coordinate(margin+10),
		svg.Escape(title))
	for i, line := range lines {
		doc.Printf(`  <text x="%s" y="%s">%s</text>`+"\n", svg.Coordinate(margin),
			svg.Coordinate(margin+10+float64(i+1)*lineHeight), svg.Escape(line))
	}
	c := &svgCanvas{Document: doc}
	for i := range planes {
		uri := ""
		if i == 0 {
			uri = picture
		}
		drawPlane(c, &planes[i], uri)
	}
	for i := 1; i < len(planes); i++ {
		if planes[i].Follows && planes[i].row == planes[i-1].row {
			drawRays(c, &planes[i-1], &planes[i])
		}
	}
	return doc.Bytes()
}

// lines says in words what the drawing shows.
func (f *Field) lines(remark string) []string {
	input := &f.Maps[0]
	seen := fmt.Sprintf("%dx%d pixels of the picture, from %d,%d on", input.Patch.W, input.Patch.H, input.Patch.X,
		input.Patch.Y)
	if input.IsAll() {
		seen = "all of the picture, " + planeText(input.Shape)
	}
	lines := []string{fmt.Sprintf("%s at %d,%d sees %s.", plain.Cut(f.Layer), f.X, f.Y, seen), remark}
	for i := range f.Maps {
		if f.Maps[i].Patch.Parts > 1 {
			lines = append(lines, "Where paths see different parts of a map, the rectangle is their union.")
			break
		}
	}
	if f.LeftOut > 0 {
		lines = append(lines, fmt.Sprintf("%s maps in the middle are left out.", plain.Count(int64(f.LeftOut))))
	}
	return lines
}

// arrange places the picture at the left below the given y, and the maps in rows at its right.
func (f *Field) arrange(top float64) (planes []plane, width, height float64) {
	input := newPlane(&f.Maps[0], margin, top, inputSide)
	planes = append(planes, input)
	height = input.y + input.h + mapCaption
	x, y, row := input.x+input.w+mapGap, top, 0
	width = x
	for i := 1; i < len(f.Maps); i++ {
		if i > 1 && (i-1)%mapsInRow == 0 {
			x, y, row = input.x+input.w+mapGap, y+mapSide+mapCaption+lineHeight, row+1
		}
		p := newPlane(&f.Maps[i], x, y, mapSide)
		p.row = row
		planes = append(planes, p)
		x += cellWidth + mapGap
		width, height = max(width, x), max(height, y+mapSide+mapCaption)
	}
	return planes, max(width-mapGap, input.x+input.w) + margin, height + margin
}

// cellWidth is the width of a map with its caption, whose longest line has so many letters.
const cellWidth = longestName * letterWidth

// newPlane returns a map with its corner at x, y and a longer side.
func newPlane(m *FieldMap, x, y, side float64) plane {
	scale := side / float64(max(m.Shape.W, m.Shape.H))
	length := func(places int64) float64 { return max(float64(places)*scale, leastPatch) }
	p := plane{FieldMap: m, rect: rect{x, y, length(m.Shape.W), length(m.Shape.H)}}
	p.patch = rect{x + float64(m.Patch.X)*scale, y + float64(m.Patch.Y)*scale, length(m.Patch.W), length(m.Patch.H)}
	p.patch.x = min(p.patch.x, x+p.w-p.patch.w)
	p.patch.y = min(p.patch.y, y+p.h-p.patch.h)
	return p
}

// drawPlane draws a map with its caption, on a picture if uri holds one.
func drawPlane(c *svgCanvas, p *plane, uri string) {
	c.begin(group{title: plain.CutNames(p.Name) + ": " + p.Shape.String()})
	c.rect("plane", p.rect, 0)
	if uri != "" {
		class := ""
		if p.Shape.W <= 64 {
			class = ` class="pixels"`
		}
		c.Printf(`  <image%s x="%s" y="%s" width="%s" height="%s" preserveAspectRatio="none" href="%s"/>`+"\n", class,
			svg.Coordinate(p.x), svg.Coordinate(p.y), svg.Coordinate(p.w), svg.Coordinate(p.h), uri)
		c.rect("halo", p.patch, 0)
		c.rect("frame", p.patch, 0)
	} else {
		drawGrid(c, p)
		c.rect("seen", p.patch, 0)
	}
	c.end()
	y := p.y + p.h + captionRow
	for i, line := range captions(p) {
		class := "size"
		if i == 0 {
			class = "text"
		}
		c.text(label{class: class, x: p.x, y: y + float64(i)*captionRow, text: line})
	}
}

// captions returns the name and size of a map, and what counts of it.
func captions(p *plane) []string {
	patch := fmt.Sprintf("%dx%d at %d,%d", p.Patch.W, p.Patch.H, p.Patch.X, p.Patch.Y)
	if p.IsAll() && !p.Shape.IsPlace() {
		patch = "all of it"
	}
	lines := []string{svg.Cut(p.Name, longestName), planeText(p.Shape), patch}
	if p.Patch.Parts > 1 {
		lines = append(lines, fmt.Sprintf("union of %d parts", p.Patch.Parts))
	}
	return lines
}

func planeText(s graph.Shape) string { return fmt.Sprintf("%dx%d", s.W, s.H) }

// drawGrid draws the borders of the places, if they are few.
func drawGrid(c *svgCanvas, p *plane) {
	var lines stroke
	if p.Shape.W <= mostLines {
		for i := int64(1); i < p.Shape.W; i++ {
			x := p.x + p.w*float64(i)/float64(p.Shape.W)
			lines = append(lines, moveTo(x, p.y), lineTo(x, p.y+p.h))
		}
	}
	if p.Shape.H <= mostLines {
		for i := int64(1); i < p.Shape.H; i++ {
			y := p.y + p.h*float64(i)/float64(p.Shape.H)
			lines = append(lines, moveTo(p.x, y), lineTo(p.x+p.w, y))
		}
	}
	if lines != nil {
		c.path("grid", lines)
	}
}

// drawRays joins the right corners of a patch with the left ones of that which is computed from it.
func drawRays(c *svgCanvas, from, to *plane) {
	right := from.patch.x + from.patch.w
	c.path("ray", stroke{moveTo(right, from.patch.y), lineTo(to.patch.x, to.patch.y),
		moveTo(right, from.patch.y+from.patch.h), lineTo(to.patch.x, to.patch.y+to.patch.h)})
}
