package kernel

// Sampling says where the values of one axis of a resized plane come from: PyTorch's area_pixel_compute_source_index
// (aten/src/ATen/native/UpSample.h), in float32 as there.
type Sampling struct {
	Step  float32 // distance of the sources of neighbouring values
	Align bool    // align_corners: value o is at o*Step, otherwise at (o+1/2)*Step - 1/2
}

// nearest returns the position that output o repeats.
func (s Sampling) nearest(o, in int) int { return min(int(float32(o)*s.Step), in-1) }

// neighbours returns the two positions on both sides of output o, and the weight of the second.
func (s Sampling) neighbours(o, in int) (first, second int, weight float32) {
	at := float32(o) * s.Step
	if !s.Align {
		at = max((float32(o)+0.5)*s.Step-0.5, 0)
	}
	first = min(int(at), in-1)
	second = min(first+1, in-1)
	return first, second, min(at-float32(first), 1)
}

// ResizeNearest repeats or leaves out values. dst is [N, C, OH, OW], src [N, C, H, W]; h and w sample the axes.
func ResizeNearest(dst, src []float32, g Resize, h, w Sampling, workers *Workers) {
	launch(workers, g.N*g.C, resizeJob{dst[:g.N*g.C*g.OH*g.OW], src[:g.N*g.C*g.H*g.W], g, h, w, false})
}

// ResizeBilinear interpolates between the four values around each source, without antialiasing. dst is [N, C, OH, OW],
// src [N, C, H, W]; h and w sample the axes.
func ResizeBilinear(dst, src []float32, g Resize, h, w Sampling, workers *Workers) {
	launch(workers, g.N*g.C, resizeJob{dst[:g.N*g.C*g.OH*g.OW], src[:g.N*g.C*g.H*g.W], g, h, w, true})
}

type resizeJob struct {
	dst, src []float32
	g        Resize
	h, w     Sampling
	bilinear bool
}

// do computes a plane, some columns at a time: where they come from is the same for all rows.
func (j *resizeJob) do(task, _ int) {
	g := &j.g
	in := j.src[task*g.H*g.W:][:g.H*g.W]
	out := j.dst[task*g.OH*g.OW:][:g.OH*g.OW]
	for from := 0; from < g.OW; from += positions {
		width := min(positions, g.OW-from)
		if j.bilinear {
			j.interpolate(out[from:], in, from, width)
		} else {
			j.repeat(out[from:], in, from, width)
		}
	}
}

// repeat computes the columns from a first one on; dst starts with the first.
func (j *resizeJob) repeat(dst, src []float32, from, width int) {
	g := &j.g
	var columns [positions]int
	for i := range width {
		columns[i] = j.w.nearest(from+i, g.W)
	}
	for oh := range g.OH {
		row := src[j.h.nearest(oh, g.H)*g.W:][:g.W]
		to := dst[oh*g.OW:][:width]
		for i, column := range columns[:width] {
			to[i] = row[column]
		}
	}
}

// interpolate computes the columns from a first one on; dst starts with the first. A row of the input is blended across
// once, and then down for all rows of the output that lie between it and the next.
func (j *resizeJob) interpolate(dst, src []float32, from, width int) {
	g := &j.g
	var columns sampledColumns
	for i := range width {
		columns.first[i], columns.second[i], columns.weight[i] = j.w.neighbours(from+i, g.W)
	}
	// The two rows around an output row are neighbours or the same.
	rows := [2]blendedRow{{at: -1}, {at: -1}}
	blended := func(row int) []float32 {
		r := &rows[row%2]
		if r.at != row {
			r.at = row
			columns.blend(r.values[:width], src[row*g.W:][:g.W])
		}
		return r.values[:width]
	}
	for oh := range g.OH {
		top, bottom, ofLower := j.h.neighbours(oh, g.H)
		upper, lower := blended(top), blended(bottom)
		ofUpper := 1 - ofLower
		to := dst[oh*g.OW:][:width]
		for i := range to {
			to[i] = ofUpper*upper[i] + ofLower*lower[i]
		}
	}
}

// blendedRow is a row of the input at the columns of the output.
type blendedRow struct {
	at     int
	values [positions]float32
}

// sampledColumns is where some neighbouring columns of a resized plane come from.
type sampledColumns struct {
	first, second [positions]int
	weight        [positions]float32 // of the second
}

// blend sets dst from the two columns of a row on both sides of each.
func (c *sampledColumns) blend(dst, row []float32) {
	for i := range dst {
		ofRight := c.weight[i]
		dst[i] = (1-ofRight)*row[c.first[i]] + ofRight*row[c.second[i]]
	}
}
