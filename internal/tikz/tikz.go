// Package tikz writes drawings as LaTeX documents of one page, made with the package TikZ. What is drawn is up to its
// callers. The documents need no other fonts and packages than those of every TeX distribution, and compile with
// pdflatex and lualatex.
package tikz

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"strings"

	"cnncalc/internal/plain"
)

// MaxSide is the largest width or height of a drawing, in pixels. TeX's lengths end at 16384 pt, which is 21,760.
const MaxSide = 21_600

// Pixel is the length of a pixel in big points of 1/72 inch: as in browsers, there are 96 to the inch.
const Pixel = 0.75

// Document is a drawing in the making. Its unit is the pixel, and y increases downwards, as in SVG.
type Document struct{ out bytes.Buffer }

// New starts a drawing of a size. The title is a comment; styles are the definitions of the caller's TikZ styles,
// separated by commas. It fails if the drawing is larger than MaxSide.
func New(width, height float64, title, styles string) (*Document, error) {
	if width > MaxSide || height > MaxSide {
		return nil, fmt.Errorf("the picture has %.0fx%.0f pixels, but TeX draws at most %d of them in a row", width, height,
			MaxSide)
	}
	d := &Document{}
	w, h := Coordinate(width), Coordinate(height)
	d.Printf("%% %s\n", ascii(title))
	d.Printf("\\documentclass{article}\n\\usepackage[paperwidth=%sbp,paperheight=%sbp,margin=0bp]{geometry}\n",
		Coordinate(width*Pixel), Coordinate(height*Pixel))
	d.Printf("\\usepackage{tikz}\n\\pagestyle{empty}\n\\setlength{\\parindent}{0pt}\n\\setlength{\\topskip}{0pt}\n" +
		"\\addtolength{\\textheight}{1pt}\n\\begin{document}\n") // more than rounding takes
	d.Printf("\\begin{tikzpicture}[x=%gbp,y=-%gbp,every node/.style={inner sep=0pt,outer sep=0pt},\n%s]\n",
		Pixel, Pixel, styles)
	d.Printf("\\useasboundingbox (0,0) rectangle (%s,%s);\n", w, h)
	return d, nil
}

// Printf adds commands. Text of a user must go through Escape.
func (d *Document) Printf(format string, args ...any) { fmt.Fprintf(&d.out, format, args...) }

// Bytes ends the drawing and returns it.
func (d *Document) Bytes() []byte {
	d.Printf("\\end{tikzpicture}%%\n\\end{document}\n")
	return d.out.Bytes()
}

// Escape returns text for TeX to print: in ASCII, since the fonts of pdflatex lack most other characters, which are
// written as in Go, \u5377.
func Escape(s string) string { return plain.EscapeLaTeX(ascii(s)) }

// ascii returns text with all that is not printable ASCII written as in Go. A comment ends with the line, so that
// nothing in it can.
func ascii(s string) string {
	var b strings.Builder
	for _, r := range plain.Escape(s) {
		switch {
		case r < 0x7f:
			b.WriteRune(r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	return b.String()
}

// Coordinate returns v rounded to a tenth.
func Coordinate(v float64) string { return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64) }
