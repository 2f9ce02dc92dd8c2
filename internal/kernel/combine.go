package kernel

import "math"

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

// Combination is a function of several values.
type Combination uint8

// The combinations. All of them commute, and map NaN to NaN.
const (
	Sum Combination = iota
	Product
	Maximum
)

// of returns the combination of two values.
func (how Combination) of(x, y float32) float32 {
	switch how {
	case Sum:
		return x + y
	case Product:
		return x * y
	case Maximum:
		return max(x, y)
	}
	panic("kernel: unknown combination")
}

// Combine combines its inputs, from the first to the last, and applies the activation. dst and all inputs are
// [N, C, area]. dst may be any of the inputs, of which there must be at least one.
func Combine(dst []float32, inputs [][]float32, how Combination, n, c, area int, act Activation, w *Workers) {
	split := splitValues(n, c, area, w.Size())
	launch(w, split.tasks(), combineJob{dst[:n*c*area], inputs, how, act, area, split})
}

type combineJob struct {
	dst    []float32
	inputs [][]float32
	how    Combination
	act    Activation
	area   int
	split  planeSplit
}

func (j *combineJob) do(task, _ int) {
	t := j.split.task(task)
	if j.split.bands == 1 {
		j.combine(t.first*j.area, t.last*j.area)
		return
	}
	lo, hi := t.values(j.area)
	for plane := t.first; plane < t.last; plane++ {
		j.combine(plane*j.area+lo, plane*j.area+hi)
	}
}

// combine computes values [lo, hi).
func (j *combineJob) combine(lo, hi int) {
	dst := j.dst[lo:hi]
	if len(j.inputs) == 2 {
		j.how.apply(dst, j.inputs[0][lo:hi], j.inputs[1][lo:hi], j.act)
		return
	}
	// One value at a time, as dst may be a later input.
	for i := range dst {
		v := j.inputs[0][lo+i]
		for _, x := range j.inputs[1:] {
			v = j.how.of(v, x[lo+i])
		}
		dst[i] = v
	}
	if j.act.Kind != Identity {
		activate(dst, dst, j.act)
	}
}

// apply computes act(how(x, y)) for each value. An operand of one value is repeated. dst may be x or y.
func (how Combination) apply(dst, x, y []float32, act Activation) {
	if len(x) < len(y) {
		x, y = y, x
	}
	b, rest := bounds{}, act
	switch {
	case len(x) < len(dst): // so both are one value
		v := how.of(x[0], y[0])
		for i := range dst {
			dst[i] = v
		}
	case how == Sum && len(y) < len(dst):
		b, rest = act.bounds()
		active.affine(dst, x, 1, y[0], b)
	case how == Sum:
		b, rest = act.bounds()
		active.add(dst, x, y, b)
	case how == Product && len(y) < len(dst):
		b, rest = act.bounds()
		noShift := float32(math.Copysign(0, -1)) // added to 0, +0 would change its sign
		active.affine(dst, x, y[0], noShift, b)
	case len(y) < len(dst):
		maxOfOne(dst, x, y[0])
	default:
		how.withEach(dst, x, y)
	}
	if rest.Kind != Identity {
		activate(dst, dst, rest)
	}
}

// maxOfOne sets dst to the maximum of each value and y.
func maxOfOne(dst, x []float32, y float32) {
	dst = dst[:len(x)]
	for i, v := range x {
		dst[i] = max(v, y)
	}
}

// withEach combines the values at the same place.
func (how Combination) withEach(dst, x, y []float32) {
	dst, y = dst[:len(x)], y[:len(x)]
	if how == Product {
		for i, v := range x {
			dst[i] = v * y[i]
		}
		return
	}
	for i, v := range x {
		dst[i] = max(v, y[i])
	}
}

// Operand is a volume of one picture that broadcasting repeats along the axes on which its size is 1: [C, H, W].
type Operand struct{ C, H, W int }

// Broadcast combines two operands whose sizes are the result's or 1 along each axis, and applies the activation. dst is
// [N, C, H, W], x and y are [N, ...] as shapes says. dst may be the operand that has its shape.
func Broadcast(
	dst, x, y []float32, how Combination, n int, out Operand, shapes [2]Operand, act Activation, w *Workers,
) {
	split := splitPlanes(n, out.C, out.H*out.W, out.H, w.Size())
	wholePlanes := shapes[0].fills(out) && shapes[1].fills(out)
	launch(w, split.tasks(), broadcastJob{dst[:n*out.C*out.H*out.W], x, y, how, out, shapes, act, split, wholePlanes})
}

type broadcastJob struct {
	dst, x, y   []float32
	how         Combination
	out         Operand
	shapes      [2]Operand
	act         Activation
	split       planeSplit
	wholePlanes bool // rows need not be told apart
}

func (j *broadcastJob) do(task, _ int) {
	t := j.split.task(task)
	for plane := t.first; plane < t.last; plane++ {
		if j.wholePlanes {
			j.rows(plane, t.row0, t.row1)
			continue
		}
		for row := t.row0; row < t.row1; row++ {
			j.rows(plane, row, row+1)
		}
	}
}

// rows computes rows [row0, row1) of a plane.
func (j *broadcastJob) rows(plane, row0, row1 int) {
	image, channel := plane/j.out.C, plane%j.out.C
	dst := j.out.rows(j.dst, image, channel, row0, row1)
	x := j.shapes[0].rows(j.x, image, channel, row0, row1)
	y := j.shapes[1].rows(j.y, image, channel, row0, row1)
	j.how.apply(dst, x, y, j.act)
}

// fills reports whether the operand's planes are the result's, or a single value.
func (o Operand) fills(out Operand) bool { return o.H == out.H && o.W == out.W || o.H == 1 && o.W == 1 }

// rows returns the operand's values for rows [row0, row1) of a channel of the result.
func (o Operand) rows(values []float32, image, channel, row0, row1 int) []float32 {
	if o.C == 1 {
		channel = 0
	}
	if o.H == 1 {
		row0, row1 = 0, 1
	}
	first := (image*o.C + channel) * o.H
	return values[(first+row0)*o.W : (first+row1)*o.W]
}
