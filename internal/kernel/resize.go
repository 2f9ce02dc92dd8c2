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
	var columns sampledColumns
	for from := 0; from < g.OW; from += len(columns.first) {
		width := min(len(columns.first), g.OW-from)
		if j.bilinear {
			columns.sample(j.w, from, width, g.W)
			for oh := range g.OH {
				top, bottom, weight := j.h.neighbours(oh, g.H)
				columns.interpolate(out[oh*g.OW+from:][:width], in[top*g.W:][:g.W], in[bottom*g.W:][:g.W], weight)
			}
			continue
		}
		for i := range width {
			columns.first[i] = j.w.nearest(from+i, g.W)
		}
		for oh := range g.OH {
			row := in[j.h.nearest(oh, g.H)*g.W:][:g.W]
			for i := range width {
				out[oh*g.OW+from+i] = row[columns.first[i]]
			}
		}
	}
}

// sampledColumns is where some neighbouring columns of a resized plane come from.
type sampledColumns struct {
	first, second [positions]int
	weight        [positions]float32 // of the second
}

func (c *sampledColumns) sample(s Sampling, from, width, in int) {
	for i := range width {
		c.first[i], c.second[i], c.weight[i] = s.neighbours(from+i, in)
	}
}

// interpolate computes the columns of one row from the two rows of the input around it.
func (c *sampledColumns) interpolate(dst, upper, lower []float32, ofLower float32) {
	ofUpper := 1 - ofLower
	for i := range dst {
		left, right, ofRight := c.first[i], c.second[i], c.weight[i]
		ofLeft := 1 - ofRight
		dst[i] = ofUpper*(ofLeft*upper[left]+ofRight*upper[right]) + ofLower*(ofLeft*lower[left]+ofRight*lower[right])
	}
}
