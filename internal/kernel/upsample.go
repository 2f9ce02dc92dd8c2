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
	launch(w, g.N*g.C, bilinearJob{dst[:g.N*g.C*g.OH*g.OW], src[:g.N*g.C*g.H*g.W], g})
}

type bilinearJob struct {
	dst, src []float32
	g        Resize
}

func (j *bilinearJob) do(task, _ int) {
	g := &j.g
	in := j.src[task*g.H*g.W:][:g.H*g.W]
	out := j.dst[task*g.OH*g.OW:][:g.OH*g.OW]
	for oh := range g.OH {
		top, bottom, v1 := neighbours(oh, g.H, g.OH)
		v0 := 1 - v1
		upper, lower := in[top*g.W:][:g.W], in[bottom*g.W:][:g.W]
		row := out[oh*g.OW : (oh+1)*g.OW]
		for ow := range row {
			left, right, h1 := neighbours(ow, g.W, g.OW)
			h0 := 1 - h1
			row[ow] = v0*(h0*upper[left]+h1*upper[right]) + v1*(h0*lower[left]+h1*lower[right])
		}
	}
}

// neighbours returns the two input positions on both sides of output position o, and the weight of the second. Pixel
// centres are at half-integers, and positions before the first centre are moved to it.
func neighbours(o, in, out int) (first, second int, weight float32) {
	at := max((float32(o)+0.5)*float32(in)/float32(out)-0.5, 0)
	first = min(int(at), in-1)
	second = min(first+1, in-1)
	return first, second, at - float32(first)
}
