// What the routines for strips share. Their general registers:
//
//	AX        the strip
//	DI, R8    the row of outputs, and the bytes to the next row
//	SI, R9    the row of input, at the first window's column, and the bytes to the next row
//	CX, DX    rows of input and of outputs left
//	BX        rows of outputs above the first one wanted
//	R10       planes left
//	R11, R12  the plane's first rows of outputs and of input
//	R13, R14  the plane's filter and bias
//	R15       how far ahead rows are prefetched, in bytes
//
// Columns outside the input are never accessed, so a load may begin before the input or end after it. Rows are
// prefetched well ahead, as processors do not predict loads that are a row apart.

// Loads these registers, but for those of a plane. BX becomes the outputs that are wanted.
#define REGISTERS \
	MOVQ  s+0(FP), AX           \
	MOVQ  strip_dstStep(AX), R8 \
	MOVQ  strip_srcStep(AX), R9 \
	SHLQ  $2, R8                \
	SHLQ  $2, R9                \
	MOVQ  strip_ahead(AX), R15  \
	IMULQ R9, R15               \
	MOVQ  strip_planes(AX), R10 \
	MOVQ  strip_dst(AX), R11    \
	MOVQ  strip_src(AX), R12    \
	MOVQ  strip_left(AX), BX    \
	LEAQ  (R12)(BX*4), R12      \
	MOVQ  strip_lanes(AX), BX

// Begins a plane. BX becomes the number of rows of padding above.
#define PLANE \
	MOVQ R11, DI             \
	MOVQ R12, SI             \
	MOVQ strip_outs(AX), DX  \
	MOVQ strip_rows(AX), CX  \
	MOVQ strip_above(AX), BX

// Ends a plane. Zero is set after the last one.
#define NEXT_PLANE \
	MOVQ strip_dstPlane(AX), BX \
	LEAQ (R11)(BX*4), R11       \
	MOVQ strip_srcPlane(AX), BX \
	LEAQ (R12)(BX*4), R12       \
	DECQ R10

// Of a plane with windows of 5x5 and stride 2: BX, the rows of padding above, becomes the number of shared rows that
// end no window, 2 - (BX+1)/2.
#define SKIPS5 \
	INCQ BX     \
	SHRQ $1, BX \
	NEGQ BX     \
	ADDQ $2, BX
