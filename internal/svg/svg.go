// Package svg writes drawings as SVG: plain elements without scripts, with a title and a description for screen
// readers, for light pages and dark ones. What is drawn is up to its callers.
package svg

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"

	"cnncalc/internal/plain"
)

// Style holds the colours that all drawings share. The second set is for readers who prefer dark pages.
const Style = `
    text { font: 12px system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; fill: #1f2328 }
    .page { fill: #ffffff }
    .title { font-size: 15px; font-weight: 600 }
    .soft { fill: #59636e }
    @media screen and (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .page { fill: #0d1117 }
      .soft { fill: #9198a1 }
    }
`

// Document is a drawing in the making. Its unit is the pixel, unless the drawing is scaled.
type Document struct{ out bytes.Buffer }

// New starts a drawing of a size. title and description are read to people who cannot see it; extra is CSS that is
// added to the colours that all drawings share.
func New(width, height float64, title, description, extra string) *Document {
	d := &Document{}
	w, h := Coordinate(width), Coordinate(height)
	d.Printf(`<svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %s %s" role="img">`+"\n",
		w, h, w, h)
	d.Printf("  <title>%s</title>\n  <desc>%s</desc>\n  <style>%s%s  </style>\n",
		Escape(title), Escape(description), Style, extra)
	d.Printf(`  <rect class="page" width="%s" height="%s"/>`+"\n", w, h)
	return d
}

// Printf adds elements. Text of a user must go through Escape.
func (d *Document) Printf(format string, args ...any) { fmt.Fprintf(&d.out, format, args...) }

// Bytes ends the drawing and returns it.
func (d *Document) Bytes() []byte {
	d.Printf("</svg>\n")
	return d.out.Bytes()
}

// Escape returns text as the content of an element or of an attribute in double quotes. Control characters and those
// that reorder text are made visible.
func Escape(s string) string {
	var out bytes.Buffer
	_ = xml.EscapeText(&out, []byte(plain.Escape(s))) // a buffer takes all
	return out.String()
}

// Cut returns text that is not longer than so many letters.
func Cut(s string, longest int) string {
	letters := []rune(s)
	if len(letters) > longest {
		return string(letters[:longest-3]) + "..."
	}
	return s
}

// Coordinate returns v rounded to a tenth of a pixel.
func Coordinate(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}
