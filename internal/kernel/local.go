package kernel

// LocalScratch returns the number of values of scratch that [Local] needs with the given number of workers. Kernels
// that do not run at the same time may share scratch.
func LocalScratch(g Conv, workers int) int { return workers * g.C * g.FH * g.FW }

// Local computes a locally connected layer: a convolution with separate filters for each output position. dst is [N, K,
// OH, OW], src [N, C, H, W], weights [OH, OW, K, C, FH, FW], bias [K, OH, OW] or nil. g.Groups must be 1. scratch holds
// [LocalScratch] values for w.Size() workers.
func Local(dst, src, weights, bias, scratch []float32, g Conv, act Activation, w *Workers) {
	local(dst, src, weights, bias, scratch, g, act, w, active)
}

func local(dst, src, weights, bias, scratch []float32, g Conv, act Activation, w *Workers, r *routines) {
	if g.Groups != 1 {
		panic("kernel: Local does not support groups")
	}
	if bias != nil {
		bias = bias[:g.K*g.OH*g.OW]
	}
	launch(w, g.OH*g.OW, localJob{
		dst:     dst[:g.dstSize()],
		src:     src[:g.srcSize()],
		weights: weights[:g.OH*g.OW*g.K*g.depth()],
		bias:    bias,
		patches: scratch[:LocalScratch(g, w.Size())],
		g:       g, act: act, r: r,
	})
}

type localJob struct {
	dst, src, weights, bias []float32
	patches                 []float32 // depth values for each worker
	g                       Conv
	act                     Activation
	r                       *routines
}

// do computes one output position for all images and filters.
func (j *localJob) do(position, worker int) {
	g := &j.g
	depth, area := g.depth(), g.OH*g.OW
	patch := j.patches[worker*depth : (worker+1)*depth]
	weights := j.weights[position*g.K*depth:][:g.K*depth]
	for n := range g.N {
		image := j.src[n*g.C*g.H*g.W:][:g.C*g.H*g.W]
		fillPatch(patch, image, g, position)
		for k := 0; k < g.K; k += 4 {
			var sums [4]float32
			used := sums[:min(4, g.K-k)]
			addDots(used, weights[k*depth:], depth, patch, j.r)
			for i, v := range used {
				at := (k+i)*area + position
				if j.bias != nil {
					v += j.bias[at]
				}
				j.dst[n*g.K*area+at] = v
			}
		}
	}
	if j.act.Kind == Identity {
		return
	}
	for i := range g.N * g.K {
		one := j.dst[i*area+position:][:1]
		activate(one, one, j.act)
	}
}

// fillPatch copies the window of an output position as [C, FH, FW]: a column of the im2col matrix.
func fillPatch(patch, image []float32, g *Conv, position int) {
	for c := range g.C {
		plane := image[c*g.H*g.W : (c+1)*g.H*g.W]
		for fh := range g.FH {
			for fw := range g.FW {
				im2colRow(patch[:1], plane, g, fh, fw, position)
				patch = patch[1:]
			}
		}
	}
}
