package maps

import (
	"image"
	"image/color"
	"image/draw"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"

	"cnncalc/internal/plain"
)

// Lengths in pixels.
const (
	pageWidth   = 1100
	margin      = 8
	gap         = 6
	letterWidth = 7   // of the font
	lineHeight  = 16  // of a line of text
	ascent      = 12  // from the top of a line to the baseline
	background  = 230 // a light grey, on which white maps can be seen
)

// tile is a map or a filter with its label.
type tile struct {
	plane
	label string
}

// block is a title and tiles of one size below it.
type block struct {
	title   string
	tiles   []tile
	columns int
	cell    image.Point // from one tile to the next
	zoom    int
}

// bounds are those of a tile in a picture: of its longer side, in pixels, and of the values of a single place. Smaller
// tiles are enlarged and larger ones shrunk by whole numbers.
type bounds struct{ least, largest, values int }

// Maps and filters are larger on a page of their own than in a sheet.
func ofPage() bounds  { return bounds{56, 256, 4096} }
func ofSheet() bounds { return bounds{56, 96, 512} }

// newBlock arranges tiles in rows.
func newBlock(tiles []tile, bound bounds) *block {
	b := &block{tiles: tiles, columns: 1, zoom: 1}
	if len(tiles) == 0 {
		return b
	}
	side, label := max(tiles[0].w, tiles[0].h), 0
	shrink := ceilDiv(side, bound.largest)
	for i := range tiles {
		tiles[i].plane = tiles[i].shrunk(shrink)
		label = max(label, len(tiles[i].label))
	}
	b.zoom = max(ceilDiv(bound.least, side), 1)
	b.cell = image.Pt(max(tiles[0].w*b.zoom, label*letterWidth)+gap, tiles[0].h*b.zoom+gap)
	if label > 0 {
		b.cell.Y += lineHeight
	}
	b.columns = max((pageWidth-2*margin+gap)/b.cell.X, 1)
	return b
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// size returns the width and height of the block.
func (b *block) size() image.Point {
	rows := ceilDiv(len(b.tiles), b.columns)
	width := max(min(len(b.tiles), b.columns)*b.cell.X-gap, len(b.title)*letterWidth)
	return image.Pt(width, lineHeight+4+rows*b.cell.Y)
}

// drawOn draws the block with its corner at a place.
func (b *block) drawOn(dst *image.RGBA, at image.Point) {
	write(dst, at, b.title)
	at.Y += lineHeight + 4
	for i, t := range b.tiles {
		corner := at.Add(image.Pt(i%b.columns*b.cell.X, i/b.columns*b.cell.Y))
		t.drawOn(dst, corner, b.zoom)
		write(dst, corner.Add(image.Pt(0, t.h*b.zoom)), t.label)
	}
}

// picture returns the block on a page of its own.
func (b *block) picture() *image.RGBA {
	size := b.size()
	page := newPage(size.X+2*margin, size.Y+2*margin)
	b.drawOn(page, image.Pt(margin, margin))
	return page
}

func newPage(w, h int) *image.RGBA {
	page := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(page, page.Rect, image.NewUniform(color.Gray{Y: background}), image.Point{}, draw.Src)
	return page
}

// write writes a line with its upper left corner at a place. The font has no more than ASCII.
func write(dst *image.RGBA, at image.Point, text string) {
	d := font.Drawer{Dst: dst, Src: image.Black, Face: basicfont.Face7x13, Dot: fixed.P(at.X, at.Y+ascent)}
	d.DrawString(text)
}

// ascii returns text of a user as the font has it, cut to what a page is wide.
func ascii(text string) string {
	text = strings.Map(func(r rune) rune {
		if r > '~' {
			return '?'
		}
		return r
	}, plain.Escape(text))
	return text[:min(len(text), (pageWidth-2*margin)/letterWidth)]
}
