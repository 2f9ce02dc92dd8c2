package maps

import (
	"fmt"
	"image"
)

// Bounds of a sheet, besides pageWidth, in pixels.
const (
	leastSheetWidth = 300
	maxSheetHeight  = 16_384
	maxRowHeight    = 240 // that of a row with 512 values of a single place, rounded up
	filtersHeight   = 1000
)

// SheetBytes is the most memory that a sheet of so many rows of maps takes.
func SheetBytes(rows int) int64 {
	height := min(int64(rows)*maxRowHeight, maxSheetHeight) + filtersHeight
	const pixel = 4 + 1 // drawn, and before
	return height * pageWidth * pixel
}

// Sheet is a picture of the maps of many layers, a row for each.
type Sheet struct {
	most          int
	blocks        []*block
	width, height int
	leftOut       int
}

// NewSheet returns a sheet with at most so many maps of each layer.
func NewSheet(most int) *Sheet {
	return &Sheet{most: most, width: leastSheetWidth, height: 2*margin + lineHeight}
}

// AddLayer adds a row of the first maps of a layer, unless the sheet is full.
func (s *Sheet) AddLayer(v Volume) {
	if s.isFull() {
		s.leftOut++
		return
	}
	b := v.block(min(s.most, pageWidth/ofSheet().least), ofSheet())
	if len(b.tiles) > b.columns {
		b.tiles = b.tiles[:b.columns]
		b.title = v.title(b.columns, "maps")
	}
	s.add(b)
}

// AddFilters adds the filters of a layer, unless the sheet is full.
func (s *Sheet) AddFilters(f Filters) {
	if !s.isFull() {
		s.add(f.block(s.most, ofSheet()))
	}
}

func (s *Sheet) isFull() bool { return s.leftOut > 0 || s.height > maxSheetHeight-2*ofSheet().largest }

func (s *Sheet) add(b *block) {
	s.blocks = append(s.blocks, b)
	s.width = max(s.width, b.size().X+2*margin)
	s.height += b.size().Y + gap
}

// LeftOut returns how many layers did not fit, counted once for each picture.
func (s *Sheet) LeftOut() int { return s.leftOut }

// Picture returns the sheet.
func (s *Sheet) Picture() *image.RGBA {
	page := newPage(s.width, s.height)
	at := image.Pt(margin, margin)
	for _, b := range s.blocks {
		b.drawOn(page, at)
		at.Y += b.size().Y + gap
	}
	if s.leftOut > 0 {
		write(page, at, fmt.Sprintf("%d more do not fit", s.leftOut))
	}
	return page
}
