package kernel

// routines is a set of inner loops for one kind of processor. The program chooses a set when it starts. The generic set
// is always compiled, and all others are tested against it.
type routines struct {
	name string

	// mr and nr are the height and width of the panels of A and B.
	mr, nr int

	// lanes divides nr. Products with fewer columns than lanes take as long as with lanes columns.
	lanes int

	// few is the number of columns up to which a product takes only a small part of the time of lanes columns, or 0.
	few int

	// multiply computes a product. The routine chooses the order of each sum over kc. It is the same in all calls with
	// the same kc.
	multiply func(p product)

	// extraColumn reports whether multiply computes nr+1 columns in less time than nr and one: it reads A only once.
	extraColumn bool

	// strided reports whether multiply accepts any ldb and reads only cols values of each row of B. Otherwise ldb must
	// be nr and rows must be complete.
	strided bool

	// multiplyTaps computes a product with B in place, in the same order as multiply. It is nil if there is no routine.
	multiplyTaps func(p tapProduct)

	// packRows fills rows of vectors in dst, which are ldd apart, each by its share of the steps. Steps read every
	// stride-th value, 1 or 2, relative to src[at:]. The routine prefetches what they would read relative to
	// src[next:], which may be outside src. packRows is nil if copying row by row is as fast.
	packRows func(dst []float32, ldd int, src []float32, at, next, stride int, steps []packStep, rows int)

	// dot4 returns the inner products of x with four rows of weights, which are ldw apart and as long as x.
	dot4 func(weights []float32, ldw int, x []float32) [4]float32

	// dotBlock is the best length of x for dot4. Longer ones are split: a sum of many parts is more accurate than one
	// in few registers, and short rows stay in the cache. Blocks should not be too short, as memory idles between them.
	dotBlock int

	// rowTaps computes dst, adjacent outputs of a row of a depthwise convolution that read no padding on either side.
	// src begins at the first value that the first output reads, and must have stride-1 more values after the last that
	// an output reads. rowTaps returns false without doing anything if it does not support the stride or so few
	// outputs. It is nil if there is no routine.
	rowTaps func(dst, src []float32, t taps) bool

	// stripWidth is the width of strips for strip.depthwise and strip.maxPool, 0 without routines. They are methods, as a
	// strip passed to a function in this table would be allocated on the heap.
	stripWidth int

	// stripColumns is the smallest width of the input of a strip, 0 if any will do.
	stripColumns int

	// tiles is the number of tiles that the transforms of ConvWinograd compute at a time: at most winogradMaxTiles, and
	// a divisor of nr.
	tiles int

	// splitRows splits rows of width values into four phases: value from+4*i+q of row y is written to
	// dst[(4*y+q)*phase+i], for i below n and q below 4. Values outside the row are zero. The routine may prefetch the
	// values next values further on.
	splitRows func(dst []float32, phase int, src []float32, rows, width, from, n, next int)

	// inputTransform computes B^T d B for that number of tiles. Value (y, x) of tile i is
	// region[(4*y+x%4)*phase+x/4+offsets[i]], and point p is written to dst[p*step+i]. The offsets ascend, the last is
	// at most 2*tiles-2 above the first, and region has 2*tiles values from 23*phase+offsets[0] on. temp has room for
	// 36*tiles values.
	inputTransform func(
		dst []float32, step int, region []float32, phase int, offsets [winogradMaxTiles]int32, temp []float32)

	// outputTransform computes A^T m A plus bias, clamped to bounds, for that number of tiles. Point p of tile i is
	// products[p*step+i], and output (y, x) is written to dst[y*ldd+4*i+x]. temp has room for 36*tiles values. The
	// routine may prefetch the values next values after dst.
	outputTransform func(
		dst []float32, ldd int, products []float32, step int, temp []float32, bias float32, b bounds, next int)

	// move copies rows of cols values, which are ldd and lds values apart. It may prefetch the values next values after
	// dst.
	move func(dst []float32, ldd int, src []float32, lds, rows, cols, next int)

	// affine computes src*scale + shift, clamped to bounds. dst may be src. NaN stays NaN.
	affine func(dst, src []float32, scale, shift float32, b bounds)

	// activate applies an activation that is not a clamp. dst may be src. It returns false without doing anything if there
	// is no routine for act. It is nil if there are none.
	activate func(dst, src []float32, act Activation) bool

	// add computes x + y, clamped to bounds. dst may be either. NaN stays NaN.
	add func(dst, x, y []float32, b bounds)

	// maxRow sets each value of dst to the maximum of it and the corresponding stride-th value of src. If either is
	// NaN, so is the result.
	maxRow func(dst, src []float32, stride int)

	// evens copies every second value of src to dst.
	evens func(dst, src []float32)

	// sum returns the sum of values, of which there may be many: float64 keeps it accurate.
	sum func(values []float32) float64

	// fastWinograd reports whether the transforms are fast enough for ConvWinograd to pay.
	fastWinograd bool
}

// taps holds what all outputs of a row of a depthwise convolution share.
type taps struct {
	rows, step int       // rows of the input that are read, and their distance in values
	filter     []float32 // [rows, fw]
	fw, dw     int
	stride     int
	bias       float32
	bounds     bounds
}

// active is the set that the exported kernels use: the fastest that the processor supports.
var active = sets()[0]

// columns returns how many of the columns left a product computes: nr, or one more if that is the last, or all.
func (r *routines) columns(left int) int {
	if r.extraColumn && left == r.nr+1 {
		return left
	}
	return min(left, r.nr)
}
