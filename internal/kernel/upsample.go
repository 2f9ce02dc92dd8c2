package kernel

// UpsampleNearest repeats each value OH/H times vertically and OW/W times horizontally: PyTorch's nearest mode for
// whole factors. dst is [N, C, OH, OW], src [N, C, H, W].
func UpsampleNearest(dst, src []float32, g Resize, w *Workers) {
	launch(w, g.N*g.C, nearestJob{dst[:g.N*g.C*g.OH*g.OW], src[:g.N*g.C*g.H*g.W], g})
}

type nearestJob struct {
	dst, src []float32
	g        Resize
}

func (j *nearestJob) do(task, _ int) {
	g := &j.g
	in := j.src[task*g.H*g.W:][:g.H*g.W]
	out := j.dst[task*g.OH*g.OW:][:g.OH*g.OW]
	last := -1
	for oh := range g.OH {
		row := out[oh*g.OW : (oh+1)*g.OW]
		ih := oh * g.H / g.OH
		if ih == last {
			copy(row, out[(oh-1)*g.OW:])
			continue
		}
		last = ih
		src := in[ih*g.W : (ih+1)*g.W]
		for ow := range row {
			row[ow] = src[ow*g.W/g.OW]
		}
	}
}

// UpsampleBilinear interpolates between the four nearest values: PyTorch's bilinear mode with align_corners=False and
// without antialiasing, for any sizes. dst is [N, C, OH, OW], src [N, C, H, W].
func UpsampleBilinear(dst, src []float32, g Resize, w *Workers) {
	h := Sampling{Step: float32(g.H) / float32(g.OH)}
	ResizeBilinear(dst, src, g, h, Sampling{Step: float32(g.W) / float32(g.OW)}, w)
}
