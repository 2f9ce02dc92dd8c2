package kernel

import "math"

// Pool is the geometry of a pooling layer. As in [Conv], the caller decides the output's size, and windows may extend
// beyond every edge. PB and PR only say where the padded input ends, for averages that count padding.
type Pool struct {
	N, C, H, W     int // input [N, C, H, W]
	OH, OW         int // output [N, C, OH, OW]
	FH, FW         int // window height and width
	SH, SW         int // stride, at least 1
	PT, PL, PB, PR int // padding above, left, below, right
	DH, DW         int // dilation, at least 1; PyTorch supports it only for MaxPool
}

// AvgPool computes the mean of each window. If countPad is set, the zeros of the padding count as values, but not
// positions beyond the padded input (in ceil mode). Otherwise the sum is divided by the number of input values in the
// window, and is 0 if there are none. This is PyTorch's count_include_pad. dst is [N, C, OH, OW], src [N, C, H, W].
func AvgPool(dst, src []float32, g Pool, countPad bool, w *Workers) {
	if countPad {
		pool(dst, src, g, poolAvgPadded, w, active)
		return
	}
	pool(dst, src, g, poolAvg, w, active)
}

// L2Pool computes the square root of the sum of squares of each window. Values outside the input count as 0. This is
// PyTorch's lp_pool2d with p=2, except that PyTorch, in ceil mode, scales up the sum of a window that extends beyond
// the padded input. dst is [N, C, OH, OW], src [N, C, H, W].
func L2Pool(dst, src []float32, g Pool, w *Workers) { pool(dst, src, g, poolL2, w, active) }

type poolMode uint8

const (
	poolMax poolMode = iota
	poolAvg
	poolAvgPadded
	poolL2
)

func pool(dst, src []float32, g Pool, mode poolMode, w *Workers, r *routines) {
	split := splitPlanes(g.N, g.C, g.H*g.W, g.OH, w.Size())
	launch(w, split.tasks(), poolJob{dst[:g.N*g.C*g.OH*g.OW], src[:g.N*g.C*g.H*g.W], g, mode, split, r})
}

type poolJob struct {
	dst, src []float32
	g        Pool
	mode     poolMode
	split    planeSplit
	r        *routines
}

func (j *poolJob) do(task, _ int) {
	t := j.split.task(task)
	for plane := t.first; plane < t.last; plane++ {
		j.plane(plane, t.row0, t.row1)
	}
}

// plane pools rows [oh0, oh1) of a plane. The inner loop runs over a whole output row for one filter position, so that
// it need not check edges. Positions that lie in the padding for all outputs are skipped in one step, as a window may
// be far larger than the input.
func (j *poolJob) plane(plane, oh0, oh1 int) {
	g := &j.g
	in := j.src[plane*g.H*g.W:][:g.H*g.W]
	out := j.dst[plane*g.OH*g.OW:][:g.OH*g.OW]
	start := float32(0)
	if j.mode == poolMax {
		start = float32(math.Inf(-1))
	}
	for oh := oh0; oh < oh1; oh++ {
		row := out[oh*g.OW : (oh+1)*g.OW]
		for ow := range row {
			row[ow] = start
		}
		top := oh*g.SH - g.PT
		fh0, fh1 := validRange(top, g.DH, g.H, g.FH)
		for fh := fh0; fh < fh1; fh++ {
			ih := top + fh*g.DH
			j.takeRow(row, in[ih*g.W:(ih+1)*g.W])
		}
		j.finishRow(row, oh)
	}
}

func (j *poolJob) takeRow(dst, src []float32) {
	g := &j.g
	stride := g.SW
	free, _ := Activation{}.bounds()
	reach := (g.OW - 1) * g.SW // from the first window's left edge to the last one's
	fw0, fw1 := validRange(reach-g.PL, g.DW, g.W+reach, g.FW)
	for fw := fw0; fw < fw1; fw++ {
		offset := fw*g.DW - g.PL
		lo, hi := validRange(offset, g.SW, g.W, g.OW)
		if lo >= hi {
			continue
		}
		out := dst[lo:hi]
		in := src[lo*g.SW+offset:][:(hi-lo-1)*g.SW+1]
		switch j.mode {
		case poolMax:
			j.r.maxRow(out, in, stride)
		case poolL2:
			for i := range out {
				v := in[i*stride]
				out[i] += v * v
			}
		default:
			if stride == 1 {
				j.r.add(out, out, in, free)
				continue
			}
			for i := range out {
				out[i] += in[i*stride]
			}
		}
	}
}

func (j *poolJob) finishRow(row []float32, oh int) {
	g := &j.g
	switch j.mode {
	case poolL2:
		for i, v := range row {
			row[i] = float32(math.Sqrt(float64(v)))
		}
	case poolAvg:
		j.divide(row, inside(oh*g.SH-g.PT, g.FH, g.DH, 0, g.H), 0, g.W)
	case poolAvgPadded:
		j.divide(row, inside(oh*g.SH-g.PT, g.FH, g.DH, -g.PT, g.H+g.PB), -g.PL, g.W+g.PR)
	}
}

// divide turns a row of sums into means. rows is the number of rows of taps that count; their columns count if they are
// in [left, right).
func (j *poolJob) divide(row []float32, rows, left, right int) {
	g := &j.g
	// In the middle all columns count.
	lo, _ := validRange(-g.PL-left, g.SW, right-left, g.OW)
	_, hi := validRange((g.FW-1)*g.DW-g.PL-left, g.SW, right-left, g.OW)
	hi = max(hi, lo)
	if n := float32(rows * g.FW); n > 0 {
		middle := row[lo:hi]
		for i := range middle {
			middle[i] /= n
		}
	}
	for ow := range row {
		if lo <= ow && ow < hi {
			continue
		}
		if n := rows * inside(ow*g.SW-g.PL, g.FW, g.DW, left, right); n > 0 {
			row[ow] /= float32(n)
		}
	}
}

// inside returns how many of the n taps at first, first+step, ... are in [lo, hi).
func inside(first, n, step, lo, hi int) int {
	from := 0
	if first < lo {
		from = ceilDiv(lo-first, step)
	}
	if first >= hi {
		return 0
	}
	return max(0, min(n, (hi-1-first)/step+1)-from)
}

// Resize is the geometry of a kernel that maps [N, C, H, W] to [N, C, OH, OW] and needs only the sizes.
type Resize struct {
	N, C, H, W int
	OH, OW     int
}

// AdaptiveAvgPool computes the means of OH x OW windows that cover the input: rows floor(i*H/OH) to ceil((i+1)*H/OH),
// and columns likewise, as PyTorch's AdaptiveAvgPool2d. OH = OW = 1 is global average pooling. dst is [N, C, OH, OW],
// src [N, C, H, W].
func AdaptiveAvgPool(dst, src []float32, g Resize, w *Workers) {
	split := splitPlanes(g.N, g.C, wholePlanes, g.OH, w.Size())
	launch(w, split.tasks(), adaptiveJob{dst[:g.N*g.C*g.OH*g.OW], src[:g.N*g.C*g.H*g.W], g, poolAvg, split})
}

// AdaptiveMaxPool takes the largest value of each of [AdaptiveAvgPool]'s windows,
// or a NaN where there is one, as PyTorch's AdaptiveMaxPool2d.
func AdaptiveMaxPool(dst, src []float32, g Resize, w *Workers) {
	split := splitPlanes(g.N, g.C, wholePlanes, g.OH, w.Size())
	launch(w, split.tasks(), adaptiveJob{dst[:g.N*g.C*g.OH*g.OW], src[:g.N*g.C*g.H*g.W], g, poolMax, split})
}

// GlobalMaxPool takes the largest value of each plane: dst is [N, C, 1, 1], src
// [N, C, area].
func GlobalMaxPool(dst, src []float32, n, c, area int, w *Workers) {
	AdaptiveMaxPool(dst, src, Resize{N: n, C: c, H: 1, W: area, OH: 1, OW: 1}, w)
}

// GlobalAvgPool computes the mean of each plane. dst is [N, C, 1, 1], src [N, C, area].
func GlobalAvgPool(dst, src []float32, n, c, area int, w *Workers) {
	AdaptiveAvgPool(dst, src, Resize{N: n, C: c, H: 1, W: area, OH: 1, OW: 1}, w)
}

type adaptiveJob struct {
	dst, src []float32
	g        Resize
	mode     poolMode // poolAvg or poolMax
	split    planeSplit
}

func (j *adaptiveJob) do(task, _ int) {
	t := j.split.task(task)
	for plane := t.first; plane < t.last; plane++ {
		j.plane(plane)
	}
}

func (j *adaptiveJob) plane(plane int) {
	g := &j.g
	in := j.src[plane*g.H*g.W:][:g.H*g.W]
	out := j.dst[plane*g.OH*g.OW:][:g.OH*g.OW]
	for oh := range g.OH {
		top, bottom := oh*g.H/g.OH, ceilDiv((oh+1)*g.H, g.OH)
		for ow := range g.OW {
			left, right := ow*g.W/g.OW, ceilDiv((ow+1)*g.W, g.OW)
			window := in[top*g.W+left : (bottom-1)*g.W+right]
			if j.mode == poolMax {
				out[oh*g.OW+ow] = largest(window, right-left, g.W)
			} else {
				out[oh*g.OW+ow] = mean(window, right-left, g.W)
			}
		}
	}
}

// mean is of rows of so many values, each a stride after the one before.
func mean(window []float32, width, stride int) float32 {
	var total float64
	count := 0
	for row := 0; row < len(window); row += stride {
		total += active.sum(window[row : row+width])
		count += width
	}
	return float32(total / float64(count))
}

// largest is the largest value of such rows, or a NaN among them.
func largest(window []float32, width, stride int) float32 {
	m := float32(math.Inf(-1))
	for row := 0; row < len(window); row += stride {
		for _, v := range window[row : row+width] {
			if v > m || v != v {
				m = v
			}
		}
	}
	return m
}
