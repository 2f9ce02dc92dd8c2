package draw

import (
	"fmt"

	"cnncalc/internal/plain"
	"cnncalc/internal/svg"
)

// graphStyle holds the colours of boxes. Each class differs from the others in its border too, for prints in grey.
const graphStyle = `
    .text { font: 12px ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace }
    .size { font: 11px ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; fill: #59636e }
    .frame { fill: #818b98; fill-opacity: 0.07; stroke: #818b98; stroke-width: 1 }
    .framed { font-size: 12px; font-weight: 600; fill: #59636e }
    .edge { stroke: #6e7781; stroke-width: 1.3; fill: none }
    .tip { fill: #6e7781 }
    .box { stroke-width: 1.3; stroke: #59636e; fill: #f6f8fa }
    .conv { fill: #ddf4ff; stroke: #0969da }
    .linear { fill: #fbefff; stroke: #8250df; stroke-width: 2.4 }
    .pool { fill: #dafbe1; stroke: #1a7f37 }
    .join { fill: #fff8c5; stroke: #9a6700 }
    .reshape, .collapsed { stroke-dasharray: 5 3 }
    .heat { stroke: #cf222e; stroke-width: 4; fill: none }
    .share { fill: #cf222e; font-weight: 600 }
    .training { opacity: 0.6 }
    @media (prefers-color-scheme: dark) {
      .size, .framed { fill: #9198a1 }
      .edge { stroke: #9198a1 }
      .tip { fill: #9198a1 }
      .box { stroke: #9198a1; fill: #151b23 }
      .conv { fill: #0c2d6b; stroke: #4493f8 }
      .linear { fill: #2d1b55; stroke: #ab7df8 }
      .pool { fill: #033a16; stroke: #3fb950 }
      .join { fill: #3b2300; stroke: #d29922 }
      .heat { stroke: #ff7b72 }
      .share { fill: #ff7b72 }
    }
`

// SVG draws the diagram with the input at the top. It fails if too many layers are joined to layers far away.
func (d *Diagram) SVG() ([]byte, error) {
	p, err := place(d)
	if err != nil {
		return nil, err
	}
	title := "Network"
	if d.Title != "" {
		title = d.Title
	}
	doc := svg.New(p.width, p.height, title, d.describe(), graphStyle)
	for _, f := range p.frames {
		drawFrame(doc, f, d.HasNames)
	}
	for _, e := range p.paths {
		drawPath(doc, e)
	}
	for _, b := range p.boxes {
		drawBox(doc, b, d.HasNames)
	}
	return doc.Bytes(), nil
}

// describe says in words what the drawing shows.
func (d *Diagram) describe() string {
	layers, frames := 0, 0
	var count func(parts []*Part)
	count = func(parts []*Part) {
		for _, p := range parts {
			layers += len(p.Rows)
			if p.IsFrame() {
				frames++
			}
			count(p.Inner)
		}
	}
	count(d.Parts)
	return fmt.Sprintf("A graph of %s layers, %s frames and %s edges, with the input at the top",
		plain.Count(int64(layers)), plain.Count(int64(frames)), plain.Count(int64(len(d.Edges))))
}

func drawFrame(doc *svg.Document, f placedFrame, hasNames bool) {
	doc.Printf("  <g%s>\n", nameAttribute(hasNames, "block", f.Name))
	doc.Printf(`    <rect class="frame" x="%s" y="%s" width="%s" height="%s" rx="8"/>`+"\n",
		svg.Coordinate(f.x), svg.Coordinate(f.y), svg.Coordinate(f.w), svg.Coordinate(f.h))
	for i, line := range f.label() {
		doc.Printf(`    <text class="framed" x="%s" y="%s">%s</text>`+"\n",
			svg.Coordinate(f.x+framePad*0.7), svg.Coordinate(f.y+15+float64(i)*titleRow), svg.Escape(line))
	}
	doc.Printf("  </g>\n")
}

// nameAttribute returns the attribute data-layer or data-block, "" unless the diagram has names.
func nameAttribute(hasNames bool, what, name string) string {
	if !hasNames {
		return ""
	}
	return fmt.Sprintf(` data-%s="%s"`, what, svg.Escape(name))
}

// tip is the length of an arrowhead, and half its width.
const tipLength, tipHalf = 7.0, 3.5

func drawPath(doc *svg.Document, p path) {
	end := p.to
	if p.isEnd {
		end -= tipLength
	}
	doc.Printf(`  <path class="edge" d="M%s %s`, svg.Coordinate(p.x1), svg.Coordinate(p.from))
	if p.x1 != p.x2 {
		middle := svg.Coordinate((p.y1 + p.y2) / 2)
		doc.Printf(`V%sC%s %s %s %s %s %s`, svg.Coordinate(p.y1), svg.Coordinate(p.x1), middle, svg.Coordinate(p.x2), middle,
			svg.Coordinate(p.x2), svg.Coordinate(min(p.y2, end)))
	}
	doc.Printf(`V%s"/>`+"\n", svg.Coordinate(end))
	if p.isEnd {
		doc.Printf(`  <path class="tip" d="M%s %sL%s %sH%sz"/>`+"\n", svg.Coordinate(p.x2), svg.Coordinate(p.to),
			svg.Coordinate(p.x2-tipHalf), svg.Coordinate(end), svg.Coordinate(p.x2+tipHalf))
	}
}

// drawBox draws the shape of the box's class, its rows, and the shape of its output.
func drawBox(doc *svg.Document, b placedBox, hasNames bool) {
	class := "box " + string(b.Rows[0].Class)
	group := ""
	if b.Training {
		group = ` class="training"`
	}
	what, name := "layer", b.Rows[0].Name
	if b.Rows[0].Class == Collapsed {
		what, name = "block", b.Name
	}
	doc.Printf("  <g%s%s><title>%s</title>\n", group, nameAttribute(hasNames, what, name), svg.Escape(b.names()))
	drawOutline(doc, class, b)
	for i, row := range b.Rows {
		doc.Printf(`    <text class="text" x="%s" y="%s" text-anchor="middle"%s>%s</text>`+"\n",
			svg.Coordinate(b.x+b.w/2), svg.Coordinate(b.y+boxPadY+float64(i)*rowHeight+13),
			nameAttribute(hasNames && row.Class != Collapsed, "layer", row.Name), svg.Escape(row.Text))
	}
	if times := b.times(); times != "" {
		doc.Printf(`    <text class="framed" x="%s" y="%s">%s</text>`+"\n", svg.Coordinate(b.x+b.w+besideBox),
			svg.Coordinate(b.y+b.h/2+4), times)
	}
	if share := b.share(); share != "" {
		drawShare(doc, b, share)
	}
	doc.Printf(`    <text class="size" x="%s" y="%s">%s</text></g>`+"\n", svg.Coordinate(b.x+b.w/2+besideLine-2),
		svg.Coordinate(b.y+b.h+12), svg.Escape(b.below()))
}

// drawShare writes a box's share at its left, and marks it on the left border: the larger the share, the longer the
// mark.
func drawShare(doc *svg.Document, b placedBox, share string) {
	length := b.h * min(1, b.Heat/fullHeat)
	doc.Printf(`    <path class="heat" d="M%s %sv%s"/><text class="share" x="%s" y="%s" text-anchor="end">%s</text>`+"\n",
		svg.Coordinate(b.x-heatWidth), svg.Coordinate(b.y+(b.h-length)/2), svg.Coordinate(length),
		svg.Coordinate(b.x-besideBox), svg.Coordinate(b.y+b.h/2+4), share)
}

// fullHeat is the share whose mark is as long as its box, and heatWidth how far the mark is from the box.
const fullHeat, heatWidth = 0.25, 3.0

// drawOutline draws the border: narrower below for a pool, round ends for a join and an input, otherwise a rectangle.
func drawOutline(doc *svg.Document, class string, b placedBox) {
	radius := 3.0
	switch b.Rows[0].Class {
	case Pool:
		doc.Printf(`    <path class="%s" d="M%s %sH%sL%s %sH%sz"/>`+"\n", class, svg.Coordinate(b.x), svg.Coordinate(b.y),
			svg.Coordinate(b.x+b.w), svg.Coordinate(b.x+b.w-5), svg.Coordinate(b.y+b.h), svg.Coordinate(b.x+5))
		return
	case Join, Input:
		radius = boxHeight(b.Part) / 2
	}
	doc.Printf(`    <rect class="%s" x="%s" y="%s" width="%s" height="%s" rx="%s"/>`+"\n", class, svg.Coordinate(b.x),
		svg.Coordinate(b.y), svg.Coordinate(b.w), svg.Coordinate(b.h), svg.Coordinate(min(radius, 15)))
}
