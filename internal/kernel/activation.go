package kernel

import "math"

// ActivationKind names an element-wise function.
type ActivationKind uint8

// The element-wise functions, as PyTorch's modules of the same names with default settings. All map NaN to NaN.
const (
	Identity    ActivationKind = iota // x
	ReLU                              // max(x, 0)
	LeakyReLU                         // x for x > 0, Alpha*x otherwise
	ReLU6                             // min(max(x, 0), 6)
	Sigmoid                           // 1 / (1 + exp(-x))
	Tanh                              // tanh(x)
	ELU                               // x for x > 0, Alpha*(exp(x)-1) otherwise
	SiLU                              // x * sigmoid(x)
	GELU                              // x/2 * (1 + erf(x/sqrt(2))): the exact form
	HardSwish                         // x * relu6(x+3) / 6
	HardSigmoid                       // relu6(x+3) / 6
	Mish                              // x * tanh(log(1 + exp(x)))
	SELU                              // ELU times a constant, with an alpha of its own
	Softplus                          // log(1 + exp(Alpha*x)) / Alpha, or x if Alpha*x > Beta
	GELUTanh                          // GELU by an approximation with tanh
	Clip                              // min(max(x, Alpha), Beta)
	Ramp                              // min(max(Alpha*x + Beta, 0), 1): HardSigmoid with another slope and shift
)

// Activation is an element-wise function and its parameters. The zero value is the identity.
type Activation struct {
	Kind        ActivationKind
	Alpha, Beta float32 // for LeakyReLU and ELU the first, for Softplus, Clip and Ramp both
}

// Epilogue is what a kernel does to its sums before it stores them: it adds the channel's bias, then applies the
// activation. The zero value does nothing.
type Epilogue struct {
	Bias []float32 // one per output channel, or nil
	Act  Activation

	// Accumulate adds the sums to dst before the activation. Only [ConvIm2col] supports it.
	Accumulate bool
}

// bounds is the range to which values are clamped.
type bounds struct{ lo, hi float32 }

// bounds splits an activation into a clamp, which routines apply while values are in registers, and the rest, which is
// applied afterwards.
func (a Activation) bounds() (b bounds, rest Activation) {
	inf := float32(math.Inf(1))
	switch a.Kind {
	case ReLU:
		return bounds{0, inf}, Activation{}
	case ReLU6:
		return bounds{0, 6}, Activation{}
	case Clip:
		return bounds{a.Alpha, a.Beta}, Activation{}
	}
	return bounds{-inf, inf}, a
}

// finish applies the epilogue to row, which holds values of one output channel.
func (e *Epilogue) finish(row []float32, channel int) {
	if e.Bias == nil {
		if e.Act.Kind != Identity {
			activate(row, row, e.Act)
		}
		return
	}
	b, rest := e.Act.bounds()
	active.affine(row, row, 1, e.Bias[channel], b)
	if rest.Kind != Identity {
		activate(row, row, rest)
	}
}

// chunk is the number of values in a task of an element-wise kernel: small enough to balance the load, large enough
// that the cost of starting a task does not matter.
const chunk = 16 << 10

// Activate applies act to each value. dst and src are [n], n = len(src). dst may be src.
func Activate(dst, src []float32, act Activation, w *Workers) {
	launch(w, ceilDiv(len(src), chunk), activateJob{dst[:len(src)], src, act})
}

type activateJob struct {
	dst, src []float32
	act      Activation
}

func (j *activateJob) do(task, _ int) {
	lo := task * chunk
	hi := min(lo+chunk, len(j.src))
	activate(j.dst[lo:hi], j.src[lo:hi], j.act)
}

// activate applies act to each value, with the routines of this processor where they have it.
func activate(dst, src []float32, act Activation) { activateWith(active, dst, src, act) }

func activateWith(r *routines, dst, src []float32, act Activation) {
	if r.activate == nil || !r.activate(dst, src, act) {
		activateGeneric(r, dst, src, act)
	}
}

// activateGeneric uses the built-in max and min instead of comparisons: they keep NaN and compile without branches,
// which matters as the sign of an activation is hard to predict.
func activateGeneric(r *routines, dst, src []float32, act Activation) {
	dst = dst[:len(src)]
	alpha := act.Alpha
	switch act.Kind {
	case Identity:
		copy(dst, src)
	case ReLU, ReLU6, Clip:
		b, _ := act.bounds()
		r.affine(dst, src, 1, 0, b)
	case LeakyReLU:
		leaky(dst, src, alpha)
	case Sigmoid:
		for i, v := range src {
			dst[i] = float32(1 / (1 + math.Exp(-float64(v))))
		}
	case Tanh:
		for i, v := range src {
			dst[i] = float32(math.Tanh(float64(v)))
		}
	case ELU:
		for i, v := range src {
			if v <= 0 {
				v = float32(float64(alpha) * math.Expm1(float64(v)))
			}
			dst[i] = v
		}
	case SiLU:
		for i, v := range src {
			x := float64(v)
			dst[i] = float32(x / (1 + math.Exp(-x)))
		}
	case GELU:
		for i, v := range src {
			x := float64(v)
			dst[i] = float32(x / 2 * (1 + math.Erf(x/math.Sqrt2)))
		}
	case HardSwish:
		for i, v := range src {
			dst[i] = v * relu6(v+3) / 6
		}
	case HardSigmoid:
		r.affine(dst, src, 1.0/6, 0.5, bounds{0, 1})
	case Mish:
		for i, v := range src {
			x := float64(v)
			dst[i] = float32(x * math.Tanh(math.Log1p(math.Exp(x))))
		}
	case SELU:
		for i, v := range src {
			if v <= 0 {
				v = float32(seluAlpha * math.Expm1(float64(v)))
			}
			dst[i] = seluScale * v
		}
	case Softplus:
		softplus(dst, src, float64(act.Alpha), float64(act.Beta))
	case GELUTanh:
		for i, v := range src {
			x := float64(v)
			dst[i] = float32(x / 2 * (1 + math.Tanh(math.Sqrt2/math.SqrtPi*(x+0.044715*x*x*x))))
		}
	case Ramp:
		r.affine(dst, src, act.Alpha, act.Beta, bounds{0, 1})
	default:
		panic("kernel: unknown activation")
	}
}

// The constants of SELU, to float32's precision and beyond ("Self-Normalizing Neural Networks").
const (
	seluAlpha = 1.6732632423543772
	seluScale = 1.0507009873554805
)

func softplus(dst, src []float32, beta, threshold float64) {
	dst = dst[:len(src)]
	for i, v := range src {
		if x := beta * float64(v); !(x > threshold) {
			v = float32(math.Log1p(math.Exp(x)) / beta)
		}
		dst[i] = v
	}
}

func relu6(v float32) float32 { return min(max(v, 0), 6) }

// leaky splits v into its positive and negative parts, so that no branch depends on the data. If alpha is finite, an
// infinite v leads to 0*alpha, never to 0*Inf.
func leaky(dst, src []float32, alpha float32) {
	dst = dst[:len(src)]
	for i, v := range src {
		dst[i] = max(v, 0) + alpha*min(v, 0)
	}
}

// PReLU computes x for x > 0 and alpha*x otherwise. dst and src are [N, C, area]; alpha is [C], or [1] if all channels
// share it. dst may be src.
func PReLU(dst, src, alpha []float32, n, c, area int, w *Workers) {
	size := n * c * area
	launch(w, n*c, preluJob{dst[:size], src[:size], alpha, c, area})
}

type preluJob struct {
	dst, src, alpha []float32
	c, area         int
}

func (j *preluJob) do(task, _ int) {
	alpha := j.alpha[0]
	if len(j.alpha) > 1 {
		alpha = j.alpha[task%j.c]
	}
	lo, hi := task*j.area, (task+1)*j.area
	leaky(j.dst[lo:hi], j.src[lo:hi], alpha)
}

// positions is the number of positions of a plane that kernels across channels process at a time. Their sums stay in
// the first-level cache while the kernel loops over the channels.
const positions = 64

// Softmax computes exp(x) divided by the sum of exp(x) across the channels, at each position. dst and src are [N, C,
// area]. The largest value is subtracted first to avoid overflow. dst may be src.
func Softmax(dst, src []float32, n, c, area int, w *Workers) {
	softmax(dst, src, n, c, area, false, w)
}

// LogSoftmax computes the logarithm of what Softmax computes, without its rounding.
func LogSoftmax(dst, src []float32, n, c, area int, w *Workers) {
	softmax(dst, src, n, c, area, true, w)
}

func softmax(dst, src []float32, n, c, area int, log bool, w *Workers) {
	size := n * c * area
	if size == 0 {
		return
	}
	launch(w, n*ceilDiv(area, positions), softmaxJob{dst[:size], src[:size], c, area, log})
}

type softmaxJob struct {
	dst, src []float32
	c, area  int
	log      bool
}

func (j *softmaxJob) do(task, _ int) {
	blocks := ceilDiv(j.area, positions)
	image, p := task/blocks, task%blocks*positions
	width := min(positions, j.area-p)
	first := image*j.c*j.area + p

	var largestBuf [positions]float32
	var sumBuf [positions]float64
	largest, sum := largestBuf[:width], sumBuf[:width]
	copy(largest, j.src[first:])
	for c := range j.c {
		for i, v := range j.src[first+c*j.area:][:width] {
			largest[i] = max(largest[i], v)
		}
	}
	if j.log {
		j.logarithms(first, largest, sum)
		return
	}
	for c := range j.c {
		at := first + c*j.area
		dst := j.dst[at : at+width]
		for i, v := range j.src[at : at+width] {
			e := math.Exp(float64(v) - float64(largest[i]))
			sum[i] += e
			dst[i] = float32(e)
		}
	}
	for c := range j.c {
		dst := j.dst[first+c*j.area:][:width]
		for i := range dst {
			dst[i] = float32(float64(dst[i]) / sum[i])
		}
	}
}

// logarithms computes the logarithms of the positions from index first on, whose largest values are known.
func (j *softmaxJob) logarithms(first int, largest []float32, sum []float64) {
	for c := range j.c {
		for i, v := range j.src[first+c*j.area:][:len(largest)] {
			sum[i] += math.Exp(float64(v) - float64(largest[i]))
		}
	}
	for i := range sum {
		sum[i] = float64(largest[i]) + math.Log(sum[i])
	}
	for c := range j.c {
		dst := j.dst[first+c*j.area:][:len(largest)]
		for i, v := range j.src[first+c*j.area:][:len(largest)] {
			dst[i] = float32(float64(v) - sum[i])
		}
	}
}
