package kernel

// Crop copies the window of OH x OW values at row y, column x of each plane. dst is [N, C, OH, OW], src [N, C, H, W].
func Crop(dst, src []float32, g Resize, y, x int, w *Workers) {
	launch(w, g.N*g.C, cropJob{dst[:g.N*g.C*g.OH*g.OW], src[:g.N*g.C*g.H*g.W], g, y, x})
}

type cropJob struct {
	dst, src []float32
	g        Resize
	y, x     int
}

func (j *cropJob) do(task, _ int) {
	g := &j.g
	in := j.src[task*g.H*g.W:][:g.H*g.W]
	out := j.dst[task*g.OH*g.OW:][:g.OH*g.OW]
	for oh := range g.OH {
		row := in[(j.y+oh)*g.W : (j.y+oh+1)*g.W]
		copy(out[oh*g.OW:(oh+1)*g.OW], row[j.x:j.x+g.OW])
	}
}

// Concat joins its inputs along the channels. dst is [N, C, H, W]; the inputs are [N, Ci, H, W] and make up its C
// channels in order.
func Concat(dst []float32, inputs [][]float32, n int, w *Workers) {
	launch(w, ceilDiv(len(dst), chunk), concatJob{dst, inputs, n})
}

type concatJob struct {
	dst    []float32
	inputs [][]float32
	n      int
}

func (j *concatJob) do(task, _ int) {
	image := len(j.dst) / j.n
	for lo, end := task*chunk, min((task+1)*chunk, len(j.dst)); lo < end; {
		n, at := lo/image, lo%image
		part := j.part(n, at)
		lo += copy(j.dst[lo:end], part)
	}
}

// part returns the values of image n of the result from index at to the end of the input that holds them.
func (j *concatJob) part(n, at int) []float32 {
	for _, input := range j.inputs {
		each := len(input) / j.n
		if at < each {
			return input[n*each+at : (n+1)*each]
		}
		at -= each
	}
	panic("kernel: Concat has inputs with fewer values than dst")
}

// Add sums its inputs, from the first to the last, and applies the activation. dst and all inputs are [N, C, area]. dst
// may be any of the inputs, of which there must be at least one.
func Add(dst []float32, inputs [][]float32, n, c, area int, act Activation, w *Workers) {
	cut := cutValues(n, c, area, w.Size())
	launch(w, cut.tasks(), fuseJob{dst[:n*c*area], inputs, act, false, area, cut})
}

// Mul multiplies its inputs, from the first to the last. dst and all inputs are [N, C, area]. dst may be any of the
// inputs, of which there must be at least one.
func Mul(dst []float32, inputs [][]float32, n, c, area int, w *Workers) {
	cut := cutValues(n, c, area, w.Size())
	launch(w, cut.tasks(), fuseJob{dst[:n*c*area], inputs, Activation{}, true, area, cut})
}

type fuseJob struct {
	dst      []float32
	inputs   [][]float32
	act      Activation
	multiply bool
	area     int
	cut      planeCut
}

func (j *fuseJob) do(task, _ int) {
	t := j.cut.task(task)
	if j.cut.bands == 1 {
		j.fuse(t.first*j.area, t.last*j.area)
		return
	}
	lo, hi := t.values(j.area)
	for plane := t.first; plane < t.last; plane++ {
		j.fuse(plane*j.area+lo, plane*j.area+hi)
	}
}

// fuse computes values [lo, hi).
func (j *fuseJob) fuse(lo, hi int) {
	dst := j.dst[lo:hi]
	if len(j.inputs) == 2 && !j.multiply {
		b, rest := j.act.bounds()
		active.add(dst, j.inputs[0][lo:hi], j.inputs[1][lo:hi], b)
		if rest.Kind != Identity {
			activate(dst, dst, rest)
		}
		return
	}
	// One value at a time, as dst may be a later input.
	for i := range dst {
		v := j.inputs[0][lo+i]
		for _, x := range j.inputs[1:] {
			if j.multiply {
				v *= x[lo+i]
			} else {
				v += x[lo+i]
			}
		}
		dst[i] = v
	}
	if j.act.Kind != Identity {
		activate(dst, dst, j.act)
	}
}

// MulGate multiplies each plane by its own gate, as in squeeze-and-excitation. dst and src are [N, C, area] with planes
// = N*C, gate is [N, C, 1, 1]. As multiplication commutes, the gate may be either operand. dst may be src.
func MulGate(dst, src, gate []float32, planes, area int, w *Workers) {
	cut := cutValues(1, planes, area, w.Size())
	launch(w, cut.tasks(), gateJob{dst[:planes*area], src[:planes*area], gate[:planes], area, cut})
}

type gateJob struct {
	dst, src, gate []float32
	area           int
	cut            planeCut
}

func (j *gateJob) do(task, _ int) {
	t := j.cut.task(task)
	lo, hi := t.values(j.area)
	for plane := t.first; plane < t.last; plane++ {
		f := j.gate[plane]
		dst := j.dst[plane*j.area:][lo:hi]
		for i, v := range j.src[plane*j.area:][lo:hi] {
			dst[i] = v * f
		}
	}
}
