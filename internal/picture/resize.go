package picture

import "image"

// Pillow's resize with the filter BILINEAR (Resample.c of version 9.4): a triangle
// as wide as two pixels of the coarser of both sides, along each axis by itself,
// in fixed-point arithmetic. Rows are resized first and rounded to 8 bits.
const weightBits = 22 // of the fraction: what an int32 has left beside 8 bits of a value and the sum's growth

// span says what a pixel of the result is made of, along one axis: the pixels of
// the source from first on, each with its weight.
type span struct {
	first   int
	weights []int32 // with weightBits bits of fraction
}

func (s span) end() int { return s.first + len(s.weights) }

// newSpans returns the spans of pixels [lo, hi) of a side of size pixels that is
// resized to scaled.
func newSpans(size, scaled, lo, hi int) []span {
	scale := float64(size) / float64(scaled)
	reach := max(scale, 1)
	spans := make([]span, 0, hi-lo)
	exact := make([]float64, 0, int(2*reach)+2)
	for at := lo; at < hi; at++ {
		center := (float64(at) + 0.5) * scale
		first := max(int(center-reach+0.5), 0)
		end := min(int(center+reach+0.5), size)
		exact = exact[:0]
		sum := 0.0
		for at := first; at < end; at++ {
			w := triangle((float64(at) - center + 0.5) / reach)
			exact = append(exact, w)
			sum += w
		}
		s := span{first, make([]int32, end-first)}
		for i, w := range exact {
			s.weights[i] = int32(0.5 + w/sum*(1<<weightBits))
		}
		spans = append(spans, s)
	}
	return spans
}

// triangle is 1 at 0 and falls to 0 at -1 and 1.
func triangle(x float64) float64 { return max(1-max(x, -x), 0) }

// resizer resizes a picture along both axes. across has a span for each column of
// the result, down for each row.
type resizer struct {
	dst, src     *image.RGBA
	across, down []span
}

func resize(src *image.RGBA, g Geometry) *image.RGBA {
	r := resizer{
		dst:    image.NewRGBA(image.Rectangle{Max: g.Crop.Size()}),
		src:    src,
		across: newSpans(src.Rect.Dx(), g.Scaled.X, g.Crop.Min.X, g.Crop.Max.X),
		down:   newSpans(src.Rect.Dy(), g.Scaled.Y, g.Crop.Min.Y, g.Crop.Max.Y),
	}
	inBands(len(r.down), r.rows)
	return r.dst
}

// rows computes rows [lo, hi) of the result. It resizes each row of the source
// once and adds it to the sums of all rows that it is part of. At a time, only
// those rows have sums: [begun, open).
func (r *resizer) rows(lo, hi int) {
	width := 4 * len(r.across)
	line := make([]uint8, width)
	sums := make([]int32, r.overlap(lo, hi)*width)
	sumsOf := func(row int) []int32 { return sums[row*width%len(sums):][:width] }
	begun, open := lo, lo
	for y := r.down[lo].first; begun < hi; y++ {
		r.resizeRow(line, r.src.Pix[r.src.PixOffset(r.src.Rect.Min.X, r.src.Rect.Min.Y+y):])
		for ; open < hi && r.down[open].first <= y; open++ {
			clear(sumsOf(open))
		}
		for row := begun; row < open; row++ {
			s := r.down[row]
			addWeighted(sumsOf(row), line, s.weights[y-s.first])
		}
		for ; begun < open && r.down[begun].end() == y+1; begun++ {
			roundWeighted(r.dst.Pix[begun*r.dst.Stride:][:width], sumsOf(begun))
		}
	}
}

// overlap returns the largest number of rows [lo, hi) that a row of the source is
// part of.
func (r *resizer) overlap(lo, hi int) int {
	most, first := 0, lo
	for row := lo; row < hi; row++ {
		for r.down[first].end() <= r.down[row].first {
			first++
		}
		most = max(most, row-first+1)
	}
	return most
}

// resizeRow resizes a row of opaque pixels.
func (r *resizer) resizeRow(dst, src []uint8) {
	const half = 1 << (weightBits - 1)
	for x, s := range r.across {
		red, green, blue := int32(half), int32(half), int32(half)
		pixels := src[4*s.first:][:4*len(s.weights)]
		for i, w := range s.weights {
			p := pixels[4*i : 4*i+4 : 4*i+4]
			red += w * int32(p[0])
			green += w * int32(p[1])
			blue += w * int32(p[2])
		}
		p := dst[4*x : 4*x+4 : 4*x+4]
		p[0], p[1], p[2], p[3] = fromWeighted(red), fromWeighted(green), fromWeighted(blue), 255
	}
}

func addWeighted(sums []int32, line []uint8, weight int32) {
	line = line[:len(sums)]
	for i := range sums {
		sums[i] += weight * int32(line[i])
	}
}

func roundWeighted(dst []uint8, sums []int32) {
	const half = 1 << (weightBits - 1)
	for i, v := range sums {
		dst[i] = fromWeighted(v + half)
	}
}

// fromWeighted brings a sum of weighted values to 0..255: rounded weights may add
// up to a little more than 1.
func fromWeighted(v int32) uint8 { return uint8(min(max(v>>weightBits, 0), 255)) }
