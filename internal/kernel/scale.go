package kernel

// Scale multiplies every value by factor, and applies the activation. dst and src have the same length. dst may be src.
func Scale(dst, src []float32, factor float32, act Activation, w *Workers) {
	launch(w, ceilDiv(len(src), chunk), factorJob{dst[:len(src)], src, factor, act})
}

type factorJob struct {
	dst, src []float32
	factor   float32
	act      Activation
}

func (j *factorJob) do(task, _ int) {
	lo := task * chunk
	hi := min(lo+chunk, len(j.src))
	b, rest := j.act.bounds()
	dst := j.dst[lo:hi]
	active.affine(dst, j.src[lo:hi], j.factor, 0, b)
	if rest.Kind != Identity {
		activate(dst, dst, rest)
	}
}
