package maps

import (
	"fmt"
	"image"
	"strings"
)

// Volume is what a layer computed for one picture.
type Volume struct {
	Name    string // of the layer
	Text    string // what the layer is: "CONV5-6"
	Remark  string // "picture 2"; "" for none
	W, H, D int
	Values  []float32 // [D, H, W]
}

// vectorCell is the side of a value of a single place, unless that makes more than vectorWidth, in pixels.
const vectorCell, vectorWidth = 12, 384

// Layer returns a picture of a layer's maps, of at most so many.
func Layer(v Volume, most int) *image.RGBA {
	return v.block(most, ofPage()).picture()
}

func (v *Volume) block(most int, bound bounds) *block {
	if v.isVector() {
		values := min(v.D, bound.values)
		t := vector(v.Values[:values])
		bound.least = min(vectorCell*t.w, vectorWidth)
		b := newBlock([]tile{t}, bound)
		b.title = v.title(values, "values")
		return b
	}
	b := newBlock(v.tiles(most), bound)
	b.title = v.title(len(b.tiles), "maps")
	return b
}

// isVector reports whether the volume is a single place, whose values are one picture.
func (v *Volume) isVector() bool { return v.W == 1 && v.H == 1 }

// tiles returns the first maps of a volume.
func (v *Volume) tiles(most int) []tile {
	tiles := make([]tile, min(v.D, most))
	for i := range tiles {
		gray, r := Gray(v.Values[i*v.W*v.H:][:v.W*v.H], v.W, v.H)
		tiles[i] = tile{plane{v.W, v.H, [][]uint8{gray.Pix}}, fmt.Sprint(i)}
		switch {
		case r.Odd > 0:
			tiles[i].label += " NaN"
		case r.IsFlat():
			tiles[i].label += " flat"
		}
	}
	return tiles
}

// vector returns the values of a single place in rows of 32, or of 64 if they are many, on the page's background.
func vector(values []float32) tile {
	columns := min(len(values), 32)
	if len(values) > 1024 {
		columns = 64
	}
	rows := ceilDiv(len(values), columns)
	levels := newRange(values).levels(values)
	for len(levels) < rows*columns {
		levels = append(levels, background)
	}
	return tile{plane: plane{columns, rows, [][]uint8{levels}}}
}

// title says what the picture shows, with so many of the maps or values.
func (v *Volume) title(shown int, what string) string {
	parts := []string{fmt.Sprintf("%s %s %dx%dx%d", v.Name, v.Text, v.W, v.H, v.D), newRange(v.Values).String()}
	if shown < v.D {
		parts = append(parts, fmt.Sprintf("%d of %d %s", shown, v.D, what))
	}
	if v.Remark != "" {
		parts = append(parts, v.Remark)
	}
	return ascii(strings.Join(parts, ", "))
}
