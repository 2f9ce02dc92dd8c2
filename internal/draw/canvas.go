package draw

import (
	"fmt"
	"strings"

	"cnncalc/internal/svg"
	"cnncalc/internal/tikz"
)

// canvas is what a picture is drawn on: SVG or TikZ. Lengths are in pixels, y increases downwards. A class names one or
// more styles, "face conv", which both canvases have.
type canvas interface {
	begin(g group) // of elements, up to end
	end()
	path(class string, o stroke)
	rect(class string, r rect, radius float64)
	text(t label)
}

// group is what a page can choose in a picture, and what it says about that.
type group struct {
	class string
	title string // "" for none
	id    id
}

// id names what an element represents: a layer or a block. Its zero value represents neither.
type id struct{ what, name string }

func layerID(name string) id { return id{"layer", name} }
func blockID(key string) id  { return id{"block", key} }

// label is a line of text. x is its start, its middle or its end, y its baseline.
type label struct {
	class  string
	anchor anchor
	x, y   float64
	text   string
	id     id
}

type anchor int

const (
	start anchor = iota
	middle
	end
)

// stroke is a line of straight and curved legs, which may return to its start.
type stroke []leg

// leg leads to a place. A curve is drawn towards c1 first and comes from c2 at last.
type leg struct {
	kind     legKind
	x, y     float64
	c1x, c1y float64
	c2x, c2y float64
}

type legKind int

const (
	jump legKind = iota // draws nothing
	straight
	curve
	back // to where the last jump led
)

func moveTo(x, y float64) leg { return leg{kind: jump, x: x, y: y} }
func lineTo(x, y float64) leg { return leg{kind: straight, x: x, y: y} }
func curveTo(c1x, c1y, c2x, c2y, x, y float64) leg {
	return leg{curve, x, y, c1x, c1y, c2x, c2y}
}

// polygon returns the line through corners, x and y in turn.
func polygon(corners ...float64) stroke {
	var o stroke
	for i := 0; i < len(corners); i += 2 {
		o = append(o, lineTo(corners[i], corners[i+1]))
	}
	o[0].kind = jump
	return append(o, leg{kind: back})
}

// svgCanvas draws SVG.
type svgCanvas struct {
	*svg.Document
	hasNames bool // see Diagram
}

func (c *svgCanvas) begin(g group) {
	c.Printf("  <g")
	if g.class != "" {
		c.Printf(` class="%s"`, g.class)
	}
	c.Printf("%s>", c.attribute(g.id))
	if g.title != "" {
		c.Printf("<title>%s</title>", svg.Escape(g.title))
	}
	c.Printf("\n")
}

func (c *svgCanvas) end() { c.Printf("  </g>\n") }

// attribute returns data-layer or data-block, "" unless the drawing has names.
func (c *svgCanvas) attribute(i id) string {
	if !c.hasNames || i.what == "" {
		return ""
	}
	return fmt.Sprintf(` data-%s="%s"`, i.what, svg.Escape(i.name))
}

func (c *svgCanvas) path(class string, o stroke) {
	c.Printf(`  <path class="%s" d="`, class)
	x, y := "", ""
	for _, l := range o {
		beforeX, beforeY := x, y
		x, y = svg.Coordinate(l.x), svg.Coordinate(l.y)
		switch {
		case l.kind == back:
			c.Printf("z")
		case l.kind == jump:
			c.Printf("M%s %s", x, y)
		case l.kind == curve:
			c.Printf("C%s %s %s %s %s %s", svg.Coordinate(l.c1x), svg.Coordinate(l.c1y), svg.Coordinate(l.c2x),
				svg.Coordinate(l.c2y), x, y)
		case x == beforeX:
			c.Printf("V%s", y)
		case y == beforeY:
			c.Printf("H%s", x)
		default:
			c.Printf("L%s %s", x, y)
		}
	}
	c.Printf(`"/>` + "\n")
}

func (c *svgCanvas) rect(class string, r rect, radius float64) {
	c.Printf(`  <rect class="%s" x="%s" y="%s" width="%s" height="%s"`, class, svg.Coordinate(r.x), svg.Coordinate(r.y),
		svg.Coordinate(r.w), svg.Coordinate(r.h))
	if radius > 0 {
		c.Printf(` rx="%s"`, svg.Coordinate(radius))
	}
	c.Printf("/>\n")
}

func (c *svgCanvas) text(t label) {
	anchors := [...]string{start: "", middle: ` text-anchor="middle"`, end: ` text-anchor="end"`}
	c.Printf(`  <text class="%s" x="%s" y="%s"%s%s>%s</text>`+"\n", t.class, svg.Coordinate(t.x), svg.Coordinate(t.y),
		anchors[t.anchor], c.attribute(t.id), svg.Escape(t.text))
}

// tikzCanvas draws TikZ with the styles of tikz.Styles.
type tikzCanvas struct{ *tikz.Document }

// styles returns the options for the styles of a class, which is used for text or for lines and areas. As in CSS, a
// class need not have one.
func styles(class, use string) string {
	var names []string
	for one := range strings.FieldsSeq(class) {
		names = append(names, "cnn "+one+use+"/.try")
	}
	return strings.Join(names, ",")
}

func (c *tikzCanvas) begin(g group) {
	c.Printf("\\begin{scope}")
	if g.class != "" {
		c.Printf("[%s]", styles(g.class, ""))
	}
	c.Printf("\n")
}

func (c *tikzCanvas) end() { c.Printf("\\end{scope}\n") }

func (c *tikzCanvas) path(class string, o stroke) {
	c.Printf("\\path[%s]", styles(class, ""))
	for _, l := range o {
		switch l.kind {
		case back:
			c.Printf(" -- cycle")
		case jump:
			c.Printf(" %s", point(l.x, l.y))
		case curve:
			c.Printf(" .. controls %s and %s .. %s", point(l.c1x, l.c1y), point(l.c2x, l.c2y), point(l.x, l.y))
		default:
			c.Printf(" -- %s", point(l.x, l.y))
		}
	}
	c.Printf(";\n")
}

// point returns a place as TikZ writes it.
func point(x, y float64) string {
	return fmt.Sprintf("(%s,%s)", tikz.Coordinate(x), tikz.Coordinate(y))
}

func (c *tikzCanvas) rect(class string, r rect, radius float64) {
	c.Printf("\\path[%s,rounded corners=%sbp] %s rectangle %s;\n", styles(class, ""), tikz.Coordinate(radius*tikz.Pixel),
		point(r.x, r.y), point(r.x+r.w, r.y+r.h))
}

func (c *tikzCanvas) text(t label) {
	anchors := [...]string{start: "base west", middle: "base", end: "base east"}
	c.Printf("\\node[%s,anchor=%s] at %s {%s};\n", styles(t.class, " text"), anchors[t.anchor], point(t.x, t.y),
		tikz.Escape(t.text))
}
