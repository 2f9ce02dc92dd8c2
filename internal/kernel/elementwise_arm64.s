//go:build arm64 && !noasm

#include "neon_arm64.h"
#include "textflag.h"

// The loops take 16 values at a time, then 4, and the last ones one by one. A single value is computed in the first
// lane of a vector, so that it has the same bits as with others beside it.

// Clamps register s to V30 and V31. NaN stays NaN.
#define BOUND(s) \
	FMAX(s, s, 30) \
	FMIN(s, s, 31)

// s = source * V28 + V29, clamped.
#define AFFINE(s, source) \
	MOVE(s, 29)         \
	FMLA(s, source, 28) \
	BOUND(s)

// func affineNEON(dst, src *float32, n int, scale, shift, lo, hi float32)
TEXT ·affineNEON(SB), NOSPLIT, $0-40
	MOVD  dst+0(FP), R0
	MOVD  src+8(FP), R1
	MOVD  n+16(FP), R2
	MOVD  $scale+24(FP), R3
	VLD4R (R3), [V28.S4, V29.S4, V30.S4, V31.S4]
	SUBS  $16, R2, R2
	BLT   few

affine16:
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	AFFINE(4, 0)
	AFFINE(5, 1)
	AFFINE(6, 2)
	AFFINE(7, 3)
	VST1.P [V4.S4, V5.S4, V6.S4, V7.S4], 64(R0)
	SUBS   $16, R2, R2
	BGE    affine16

few:
	ADDS $12, R2, R2
	BLT  rest

affine4:
	VLD1.P 16(R1), [V0.S4]
	AFFINE(4, 0)
	VST1.P [V4.S4], 16(R0)
	SUBS   $4, R2, R2
	BGE    affine4

rest:
	ADDS $4, R2, R2
	BEQ  done

affine1:
	FMOVS.P 4(R1), F0
	AFFINE(4, 0)
	FMOVS.P F4, 4(R0)
	SUBS    $1, R2, R2
	BNE     affine1

done:
	RET

// s = s + y, clamped.
#define PLUS(s, y) \
	FADD(s, s, y) \
	BOUND(s)

// func addNEON(dst, x, y *float32, n int, lo, hi float32)
TEXT ·addNEON(SB), NOSPLIT, $0-40
	MOVD  dst+0(FP), R0
	MOVD  x+8(FP), R1
	MOVD  y+16(FP), R3
	MOVD  n+24(FP), R2
	MOVD  $lo+32(FP), R4
	VLD2R (R4), [V30.S4, V31.S4]
	SUBS  $16, R2, R2
	BLT   few

add16:
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R3), [V4.S4, V5.S4, V6.S4, V7.S4]
	PLUS(0, 4)
	PLUS(1, 5)
	PLUS(2, 6)
	PLUS(3, 7)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	SUBS   $16, R2, R2
	BGE    add16

few:
	ADDS $12, R2, R2
	BLT  rest

add4:
	VLD1.P 16(R1), [V0.S4]
	VLD1.P 16(R3), [V4.S4]
	PLUS(0, 4)
	VST1.P [V0.S4], 16(R0)
	SUBS   $4, R2, R2
	BGE    add4

rest:
	ADDS $4, R2, R2
	BEQ  done

add1:
	FMOVS.P 4(R1), F0
	FMOVS.P 4(R3), F4
	PLUS(0, 4)
	FMOVS.P F0, 4(R0)
	SUBS    $1, R2, R2
	BNE     add1

done:
	RET

// func maxRowNEON(dst, src *float32, n, stride int)
//
// With stride 2, a block reads one value after the last that it uses, so the last value of dst is computed by itself.
TEXT ·maxRowNEON(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R2
	MOVD stride+24(FP), R3
	SUB  $1, R3, R5        // values after the blocks: none or one
	LSL  $2, R3, R3
	SUB  R5, R2, R2
	SUBS $16, R2, R2
	BLT  few

max16:
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	CBZ    R5, take
	VLD1.P 64(R1), [V4.S4, V5.S4, V6.S4, V7.S4]
	VUZP1  V1.S4, V0.S4, V0.S4
	VUZP1  V3.S4, V2.S4, V1.S4
	VUZP1  V5.S4, V4.S4, V2.S4
	VUZP1  V7.S4, V6.S4, V3.S4

take:
	VLD1   (R0), [V16.S4, V17.S4, V18.S4, V19.S4]
	FMAX(0, 16, 0)
	FMAX(1, 17, 1)
	FMAX(2, 18, 2)
	FMAX(3, 19, 3)
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	SUBS   $16, R2, R2
	BGE    max16

few:
	ADDS $12, R2, R2
	BLT  rest

max4:
	VLD1.P 16(R1), [V0.S4]
	CBZ    R5, take4
	VLD1.P 16(R1), [V1.S4]
	VUZP1  V1.S4, V0.S4, V0.S4

take4:
	VLD1   (R0), [V16.S4]
	FMAX(0, 16, 0)
	VST1.P [V0.S4], 16(R0)
	SUBS   $4, R2, R2
	BGE    max4

rest:
	ADD  $4, R2, R2
	ADDS R5, R2, R2
	BEQ  done

max1:
	FMOVS   (R1), F0
	FMOVS   (R0), F16
	FMAX(0, 16, 0)
	FMOVS.P F0, 4(R0)
	ADD     R3, R1, R1
	SUBS    $1, R2, R2
	BNE     max1

done:
	RET

// func evensNEON(dst, src *float32, n int)
//
// A block reads one value after the last that it copies, so the last value is copied by itself.
TEXT ·evensNEON(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R2
	SUBS $17, R2, R2
	BLT  few

evens16:
	VLD1.P 64(R1), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1.P 64(R1), [V4.S4, V5.S4, V6.S4, V7.S4]
	VUZP1  V1.S4, V0.S4, V0.S4
	VUZP1  V3.S4, V2.S4, V1.S4
	VUZP1  V5.S4, V4.S4, V2.S4
	VUZP1  V7.S4, V6.S4, V3.S4
	VST1.P [V0.S4, V1.S4, V2.S4, V3.S4], 64(R0)
	SUBS   $16, R2, R2
	BGE    evens16

few:
	ADDS $12, R2, R2
	BLT  rest

evens4:
	VLD1.P 32(R1), [V0.S4, V1.S4]
	VUZP1  V1.S4, V0.S4, V0.S4
	VST1.P [V0.S4], 16(R0)
	SUBS   $4, R2, R2
	BGE    evens4

rest:
	ADD $5, R2, R2

evens1:
	FMOVS.P 8(R1), F0
	FMOVS.P F0, 4(R0)
	SUBS    $1, R2, R2
	BNE     evens1
	RET

// Adds the four values of register v to the sums in registers a and b.
#define SUM(v, a, b) \
	FCVTL(4, v)     \
	FCVTL2(5, v)    \
	FADD64(a, a, 4) \
	FADD64(b, b, 5)

// func sumNEON(values *float32, n int) float64
TEXT ·sumNEON(SB), NOSPLIT, $0-24
	MOVD values+0(FP), R0
	MOVD n+8(FP), R1
	VEOR V16.B16, V16.B16, V16.B16
	VEOR V17.B16, V17.B16, V17.B16
	VEOR V18.B16, V18.B16, V18.B16
	VEOR V19.B16, V19.B16, V19.B16
	VEOR V20.B16, V20.B16, V20.B16
	VEOR V21.B16, V21.B16, V21.B16
	VEOR V22.B16, V22.B16, V22.B16
	VEOR V23.B16, V23.B16, V23.B16

sum:
	VLD1.P 64(R0), [V0.S4, V1.S4, V2.S4, V3.S4]
	SUM(0, 16, 17)
	SUM(1, 18, 19)
	SUM(2, 20, 21)
	SUM(3, 22, 23)
	SUBS   $16, R1, R1
	BNE    sum

	FADD64(16, 16, 17)
	FADD64(18, 18, 19)
	FADD64(20, 20, 21)
	FADD64(22, 22, 23)
	FADD64(16, 16, 18)
	FADD64(20, 20, 22)
	FADD64(16, 16, 20)
	FADDP64(16, 16, 16)
	FMOVD F16, ret+16(FP)
	RET

// func moveNEON(dst *float32, ldd int, src *float32, lds, rows, cols int)
//
// The last block of a row begins at cols-4 and may copy some values twice.
TEXT ·moveNEON(SB), NOSPLIT, $0-48
	MOVD dst+0(FP), R0
	MOVD ldd+8(FP), R1
	MOVD src+16(FP), R2
	MOVD lds+24(FP), R3
	MOVD rows+32(FP), R4
	MOVD cols+40(FP), R5
	LSL  $2, R1, R1
	LSL  $2, R3, R3

row:
	MOVD R0, R6
	MOVD R2, R7
	SUBS $4, R5, R8
	BLT  narrow

move4:
	VLD1.P 16(R7), [V0.S4]
	VST1.P [V0.S4], 16(R6)
	SUBS   $4, R8, R8
	BGE    move4
	ADDS   $4, R8, R8
	BEQ    next
	SUB    $4, R8, R8
	ADD    R8<<2, R7, R7
	ADD    R8<<2, R6, R6
	VLD1   (R7), [V0.S4]
	VST1   [V0.S4], (R6)
	B      next

narrow:
	ADD $4, R8, R8

move1:
	FMOVS.P 4(R7), F0
	FMOVS.P F0, 4(R6)
	SUBS    $1, R8, R8
	BNE     move1

next:
	ADD  R1, R0, R0
	ADD  R3, R2, R2
	SUBS $1, R4, R4
	BNE  row
	RET
