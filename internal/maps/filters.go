package maps

import (
	"fmt"
	"image"
)

// Filters are those of a convolution.
type Filters struct {
	Name string // of the layer
	// Shape is K filters of C channels of H x W values.
	K, C, H, W int
	Values     []float32 // [K, C, H, W]
	// IsBGR says that of three channels, the first is blue.
	IsBGR bool
}

// Picture returns a picture of at most so many filters. Those of three channels are in colour; all their values have
// one scale. Of other filters, each channel is a picture.
func (f Filters) Picture(most int) *image.RGBA { return f.block(most, ofPage()).picture() }

func (f Filters) block(most int, bound bounds) *block {
	tiles, count, what := f.tiles, f.K*f.C, ", by filter and channel"
	switch f.C {
	case 1:
		what = ""
	case 3:
		tiles, count, what = f.colours, f.K, ", red, green and blue"
	}
	b := newBlock(tiles(min(count, most)), bound)
	title := fmt.Sprintf("%s filters %dx%d%s, %s", f.Name, f.W, f.H, what, newRange(f.Values))
	if len(b.tiles) < count {
		title += fmt.Sprintf(", %d of %d", len(b.tiles), count)
	}
	b.title = ascii(title)
	return b
}

// channel returns the values of a channel of a filter, counted through all filters.
func (f *Filters) channel(i int) []float32 { return f.Values[i*f.W*f.H:][:f.W*f.H] }

// colours returns the first filters of three channels.
func (f *Filters) colours(count int) []tile {
	tiles := make([]tile, count)
	for k := range tiles {
		r := newRange(f.Values[3*k*f.W*f.H:][:3*f.W*f.H])
		p := plane{w: f.W, h: f.H, levels: make([][]uint8, 3)}
		for c := range 3 {
			to := c
			if f.IsBGR {
				to = 2 - c
			}
			p.levels[to] = r.levels(f.channel(3*k + c))
		}
		tiles[k] = tile{p, fmt.Sprint(k)}
	}
	return tiles
}

// tiles returns the first channels of the filters.
func (f *Filters) tiles(count int) []tile {
	tiles := make([]tile, count)
	for i := range tiles {
		gray, _ := Gray(f.channel(i), f.W, f.H)
		label := fmt.Sprint(i / f.C)
		if f.C > 1 {
			label += fmt.Sprintf(".%d", i%f.C)
		}
		tiles[i] = tile{plane{f.W, f.H, [][]uint8{gray.Pix}}, label}
	}
	return tiles
}
