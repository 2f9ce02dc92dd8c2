package kernel

// routines are the inner loops that are worth writing once per processor. A
// set is chosen when the program starts; the generic one is always compiled,
// and is the oracle that any other is tested against.
type routines struct {
	name string

	// mr and nr are the height and width of the panels of A and B.
	mr, nr int

	// lanes divides nr: that many columns of a product take as long as fewer.
	lanes int

	// multiply computes a product. Each sum runs over kc in one order of the
	// routine's choice, the same for every call with that kc.
	multiply func(p product)

	// strided tells that multiply takes any ldb, and reads no more of a row of B
	// than its columns. Otherwise ldb is nr, and rows are whole.
	strided bool

	// packRows fills rows of vectors in dst, ldd apart, each by its share of the
	// steps, which go by src[at:], of which they read every stride-th value: 1 or
	// 2. The same steps are likely to go by src[next:] soon, be that inside of src
	// or not. It is nil where copying row by row is as good.
	packRows func(dst []float32, ldd int, src []float32, at, next, stride int, steps []packStep, rows int)

	// dot4 is the inner products of x with four rows of weights, which begin
	// ldw apart and are as long as x.
	dot4 func(weights []float32, ldw int, x []float32) [4]float32

	// dotBlock is how long an x is best given to dot4. Longer ones are cut: a
	// sum of many parts is more exact than one in few registers, and short rows
	// stay in a cache. Memory idles between two blocks.
	dotBlock int

	// rowTaps computes dst, neighbouring outputs of one row of a depthwise
	// convolution that see no padding on either side; src begins at the first
	// value that the first of them sees. It reports false, having done nothing,
	// where the routine is not made for that stride or so few outputs; nil
	// stands for one that is made for none. The caller must be able to spare
	// stride-1 values of src behind the last that an output sees.
	rowTaps func(dst, src []float32, t taps) bool

	// strips tells that the methods of strip that compute serve. They are no
	// fields of this table: a strip passed to one of those would be allocated.
	strips bool

	// tiles is the number of tiles that the transforms of ConvWinograd take at
	// a time: at most winogradMaxTiles, and a divisor of nr.
	tiles int

	// splitRows takes rows of width values apart: value from+4*i+q of row y
	// goes to dst[(4*y+q)*phase+i], for i below n and q below 4. It is zero
	// outside the row. What lies next values further on is likely to be read
	// next.
	splitRows func(dst []float32, phase int, src []float32, rows, width, from, n, next int)

	// inputTransform is B^T d B of as many tiles. Value (y, x) of tile i is
	// region[(4*y+x%4)*phase+x/4+offsets[i]], and point p of it goes to
	// dst[p*step+i]. The offsets ascend, the last is at most 2*tiles-2 above the
	// first, and region has 2*tiles values from 23*phase+offsets[0] on. temp is
	// room for 36*tiles values.
	inputTransform func(dst []float32, step int, region []float32, phase int, offsets [winogradMaxTiles]int32, temp []float32)

	// outputTransform is A^T m A of as many tiles, plus bias, within bounds:
	// point p of tile i is products[p*step+i], and output (y, x) goes to
	// dst[y*ldd+4*i+x]. temp is room for 36*tiles values. What lies next values
	// further on than dst is likely to be written next.
	outputTransform func(dst []float32, ldd int, products []float32, step int, temp []float32, bias float32, b bounds, next int)

	// move copies rows of cols values, which begin ldd and lds apart. What lies
	// next values further on than dst is likely to be written next.
	move func(dst []float32, ldd int, src []float32, lds, rows, cols, next int)

	// affine is src*scale + shift within bounds; dst may be src. NaN stays NaN.
	affine func(dst, src []float32, scale, shift float32, b bounds)

	// add is x + y within bounds; dst may be either. NaN stays NaN.
	add func(dst, x, y []float32, b bounds)

	// maxRow raises each value of dst to every stride-th value of src. NaN in
	// either is the result.
	maxRow func(dst, src []float32, stride int)

	// evens copies every second value of src to dst.
	evens func(dst, src []float32)

	// fastWinograd tells that both transforms are fast enough to pay.
	fastWinograd bool
}

// taps is what the outputs of one row of a depthwise convolution share.
type taps struct {
	rows, step int       // rows of the input seen, and the distance of their beginnings
	filter     []float32 // [rows, fw]
	fw, dw     int
	stride     int
	bias       float32
	bounds     bounds
}

// active is the set that the exported kernels use: the fastest that this
// processor can run.
var active = sets()[0]
