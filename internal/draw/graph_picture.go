package draw

import (
	"cmp"
	"fmt"

	"cnncalc/internal/plain"
	"cnncalc/internal/svg"
	"cnncalc/internal/tikz"
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
    @media screen and (prefers-color-scheme: dark) {
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
	c := &svgCanvas{svg.New(p.width, p.height, d.title(), d.describe(), graphStyle), d.HasNames}
	p.drawOn(c)
	return c.Bytes(), nil
}

// TikZ draws the diagram as SVG does, as a LaTeX document. It also fails if the picture is too large for TeX.
func (d *Diagram) TikZ() ([]byte, error) {
	p, err := place(d)
	if err != nil {
		return nil, err
	}
	document, err := tikz.New(p.width, p.height, d.title(), tikz.Styles(svg.Style, graphStyle))
	if err != nil {
		return nil, err
	}
	c := &tikzCanvas{document}
	p.drawOn(c)
	return c.Bytes(), nil
}

// title returns the title, cut to what people read.
func (d *Diagram) title() string { return plain.CutNames(cmp.Or(d.Title, "Network")) }

// drawOn draws the frames below the edges, and these below the boxes.
func (p *picture) drawOn(c canvas) {
	for _, f := range p.frames {
		drawFrame(c, f)
	}
	for _, e := range p.paths {
		drawPath(c, e)
	}
	for _, b := range p.boxes {
		drawBox(c, b)
	}
}

// describe says in words what the drawing shows.
func (d *Diagram) describe() string {
	rows, frames := 0, 0
	var count func(parts []*Part)
	count = func(parts []*Part) {
		for _, p := range parts {
			for _, row := range p.Rows {
				if row.Class != Input {
					rows++
				}
			}
			if p.IsFrame() {
				frames++
			}
			count(p.Inner)
		}
	}
	count(d.Parts)
	layers := plain.Count(int64(d.Layers)) + " layers"
	if rows != d.Layers { // repeats are drawn once, and blocks may be single rows
		layers += " in " + plain.Count(int64(rows)) + " rows"
	}
	return fmt.Sprintf("A graph of %s, %s frames and %s edges, with the input at the top",
		layers, plain.Count(int64(frames)), plain.Count(int64(len(d.Edges))))
}

func drawFrame(c canvas, f placedFrame) {
	c.begin(group{id: blockID(f.Key)})
	c.rect("frame", f.rect, 8)
	for i, line := range f.label() {
		c.text(label{class: "framed", x: f.x + framePad*0.7, y: f.y + 15 + float64(i)*titleRow, text: line})
	}
	c.end()
}

// tip is the length of an arrowhead, and half its width.
const tipLength, tipHalf = 7.0, 3.5

func drawPath(c canvas, p path) {
	last := p.to
	if p.isEnd {
		last -= tipLength
	}
	line := stroke{moveTo(p.x1, p.from)}
	if p.x1 != p.x2 {
		half := (p.y1 + p.y2) / 2
		line = append(line, lineTo(p.x1, p.y1), curveTo(p.x1, half, p.x2, half, p.x2, min(p.y2, last)))
	}
	c.path("edge", append(line, lineTo(p.x2, last)))
	if p.isEnd {
		c.path("tip", polygon(p.x2, p.to, p.x2-tipHalf, last, p.x2+tipHalf, last))
	}
}

// drawBox draws the shape of the box's class, its rows, and the shape of its output.
func drawBox(c canvas, b placedBox) {
	g := group{title: b.names(), id: layerID(b.Rows[0].Name)}
	if b.isCollapsed() {
		g.id = blockID(b.Key)
	}
	if b.Training {
		g.class = "training"
	}
	c.begin(g)
	drawOutline(c, b)
	centre := b.x + b.w/2
	lines := b.lines()
	for i, row := range b.Rows {
		text := label{class: "text", anchor: middle, x: centre, y: b.y + boxPadY + float64(i)*rowHeight + 13, text: lines[i]}
		if !b.isCollapsed() {
			text.id = layerID(row.Name)
		}
		c.text(text)
	}
	if times := b.times(); times != "" {
		c.text(label{class: "framed", x: b.x + b.w + besideBox, y: b.y + b.h/2 + 4, text: times})
	}
	if share := b.share(); share != "" {
		drawShare(c, b, share)
	}
	c.text(label{class: "size", x: centre + besideLine - 2, y: b.y + b.h + 12, text: b.below()})
	c.end()
}

// drawShare writes a box's share at its left, and marks it on the left border: the larger the share, the longer the
// mark.
func drawShare(c canvas, b placedBox, share string) {
	length := b.h * min(1, b.Heat/fullHeat)
	x, top := b.x-heatWidth, b.y+(b.h-length)/2
	c.path("heat", stroke{moveTo(x, top), lineTo(x, top+length)})
	c.text(label{class: "share", anchor: end, x: b.x - besideBox, y: b.y + b.h/2 + 4, text: share})
}

// fullHeat is the share whose mark is as long as its box, and heatWidth how far the mark is from the box.
const fullHeat, heatWidth = 0.25, 3.0

// drawOutline draws the border: narrower below for a pool, round ends for a join and an input, otherwise a rectangle.
func drawOutline(c canvas, b placedBox) {
	class, radius := "box "+string(b.Rows[0].Class), 3.0
	switch b.Rows[0].Class {
	case Pool:
		c.path(class, polygon(b.x, b.y, b.x+b.w, b.y, b.x+b.w-5, b.y+b.h, b.x+5, b.y+b.h))
		return
	case Join, Input:
		radius = boxHeight(b.Part) / 2
	}
	c.rect(class, b.rect, min(radius, 15))
}
