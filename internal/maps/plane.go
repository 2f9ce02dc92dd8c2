// Package maps makes pictures of what layers compute: the maps of their outputs (layer.go), and the filters of
// convolutions (filters.go). A Sheet has those of a whole network (sheet.go). Every map and every filter is scaled by
// itself, so that its smallest value is black and its largest white (plane.go).
package maps

import (
	"fmt"
	"image"
	"math"
)

// Range is what values range over. NaN and infinities do not count.
type Range struct {
	Min, Max float32
	Odd      int // values that are NaN or infinite
}

// newRange returns the range of values, 0 to 0 if there is no finite one.
func newRange(values []float32) Range {
	r := Range{Min: float32(math.Inf(1)), Max: float32(math.Inf(-1))}
	for _, v := range values {
		if v-v != 0 {
			r.Odd++
			continue
		}
		r.Min, r.Max = min(r.Min, v), max(r.Max, v)
	}
	if r.Odd == len(values) {
		r.Min, r.Max = 0, 0
	}
	return r
}

// IsFlat reports whether all finite values are the same.
func (r Range) IsFlat() bool { return r.Min == r.Max }

func (r Range) String() string {
	text := fmt.Sprintf("from %.3g to %.3g", r.Min, r.Max)
	if r.IsFlat() {
		text = fmt.Sprintf("all %.3g", r.Min)
	}
	if r.Odd > 0 {
		text += fmt.Sprintf(", %d not finite", r.Odd)
	}
	return text
}

// flatLevel is the grey of flat maps.
const flatLevel = 128

// levels returns values as levels from 0 for the smallest to 255 for the largest of a range, rounded. NaN and -Inf are
// 0, +Inf is 255. Flat values are grey.
func (r Range) levels(values []float32) []uint8 {
	levels := make([]uint8, len(values))
	scale := 255 / (float64(r.Max) - float64(r.Min))
	for i, v := range values {
		switch {
		case r.IsFlat() && v-v == 0:
			levels[i] = flatLevel
		case v > r.Max: // +Inf
			levels[i] = 255
		case v > r.Min:
			levels[i] = uint8((float64(v)-float64(r.Min))*scale + 0.5)
		}
	}
	return levels
}

// Gray returns one map, w x h values in rows, as a picture of a pixel for each, and the range of the values.
func Gray(values []float32, w, h int) (*image.Gray, Range) {
	r := newRange(values)
	return &image.Gray{Pix: r.levels(values), Stride: w, Rect: image.Rect(0, 0, w, h)}, r
}

// plane is a small picture in grey or, with three planes, in colour.
type plane struct {
	w, h   int
	levels [][]uint8
}

// shrunk returns the plane with each square of n x n pixels as one, their mean. Pixels that make up no whole square at
// the right and the bottom belong to the last ones.
func (p plane) shrunk(n int) plane {
	if n <= 1 {
		return p
	}
	small := plane{w: max(p.w/n, 1), h: max(p.h/n, 1)}
	for _, levels := range p.levels {
		means := make([]uint8, small.w*small.h)
		for y := range small.h {
			for x := range small.w {
				means[y*small.w+x] = mean(levels, p.w, square(x, n, p.w, small.w), square(y, n, p.h, small.h))
			}
		}
		small.levels = append(small.levels, means)
	}
	return small
}

// square returns the pixels of the i-th of count squares of n pixels on an axis of a size.
func square(i, n, size, count int) [2]int {
	if i == count-1 {
		return [2]int{i * n, size}
	}
	return [2]int{i * n, (i + 1) * n}
}

func mean(levels []uint8, w int, columns, rows [2]int) uint8 {
	sum, count := 0, (columns[1]-columns[0])*(rows[1]-rows[0])
	for y := rows[0]; y < rows[1]; y++ {
		for _, v := range levels[y*w+columns[0] : y*w+columns[1]] {
			sum += int(v)
		}
	}
	return uint8((sum + count/2) / count)
}

// drawOn draws the plane with each pixel as a square of zoom x zoom.
func (p plane) drawOn(dst *image.RGBA, at image.Point, zoom int) {
	red, green, blue := p.levels[0], p.levels[0], p.levels[0]
	if len(p.levels) == 3 {
		green, blue = p.levels[1], p.levels[2]
	}
	for y := range p.h * zoom {
		row := dst.Pix[dst.PixOffset(at.X, at.Y+y):]
		for x := range p.w * zoom {
			from := y/zoom*p.w + x/zoom
			pixel := row[4*x : 4*x+4 : 4*x+4]
			pixel[0], pixel[1], pixel[2], pixel[3] = red[from], green[from], blue[from], 255
		}
	}
}
