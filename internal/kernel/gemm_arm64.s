//go:build arm64 && !noasm

#include "neon_arm64.h"
#include "textflag.h"

// Adds element i of register a times the row of B in V2 to V4 to the sums in registers s to s+2.
#define ROW(s, a, i) \
	FMLA_ELEMENT(s, 2, a, i)     \
	FMLA_ELEMENT((s)+1, 3, a, i) \
	FMLA_ELEMENT((s)+2, 4, a, i)

// Adds a row of C to its sums, and advances to the next row.
#define ADD_C(s) \
	VLD1 (R4), [V2.S4, V3.S4, V4.S4] \
	FADD(s, s, 2)                    \
	FADD((s)+1, (s)+1, 3)            \
	FADD((s)+2, (s)+2, 4)            \
	ADD  R5, R4, R4

// Adds the bias of a row to its sums, and clamps them to V0 and V1.
#define BOUND(s) \
	VLD1R.P 4(R7), [V2.S4] \
	FADD(s, s, 2)          \
	FADD((s)+1, (s)+1, 2)  \
	FADD((s)+2, (s)+2, 2)  \
	FMAX(s, s, 0)          \
	FMAX((s)+1, (s)+1, 0)  \
	FMAX((s)+2, (s)+2, 0)  \
	FMIN(s, s, 1)          \
	FMIN((s)+1, (s)+1, 1)  \
	FMIN((s)+2, (s)+2, 1)

// func tileNEON(kc int, a, b, c *float32, ldc int, add bool, bias *float32, lo, hi float32)
TEXT ·tileNEON(SB), NOSPLIT, $0-64
	MOVD  kc+0(FP), R0
	MOVD  a+8(FP), R1
	MOVD  b+16(FP), R2
	MOVD  c+24(FP), R3
	MOVD  ldc+32(FP), R5
	MOVBU add+40(FP), R6
	MOVD  bias+48(FP), R7
	LSL   $2, R5, R5
	VEOR  V8.B16, V8.B16, V8.B16
	VEOR  V9.B16, V9.B16, V9.B16
	VEOR  V10.B16, V10.B16, V10.B16
	VEOR  V11.B16, V11.B16, V11.B16
	VEOR  V12.B16, V12.B16, V12.B16
	VEOR  V13.B16, V13.B16, V13.B16
	VEOR  V14.B16, V14.B16, V14.B16
	VEOR  V15.B16, V15.B16, V15.B16
	VEOR  V16.B16, V16.B16, V16.B16
	VEOR  V17.B16, V17.B16, V17.B16
	VEOR  V18.B16, V18.B16, V18.B16
	VEOR  V19.B16, V19.B16, V19.B16
	VEOR  V20.B16, V20.B16, V20.B16
	VEOR  V21.B16, V21.B16, V21.B16
	VEOR  V22.B16, V22.B16, V22.B16
	VEOR  V23.B16, V23.B16, V23.B16
	VEOR  V24.B16, V24.B16, V24.B16
	VEOR  V25.B16, V25.B16, V25.B16
	VEOR  V26.B16, V26.B16, V26.B16
	VEOR  V27.B16, V27.B16, V27.B16
	VEOR  V28.B16, V28.B16, V28.B16
	VEOR  V29.B16, V29.B16, V29.B16
	VEOR  V30.B16, V30.B16, V30.B16
	VEOR  V31.B16, V31.B16, V31.B16

step:
	VLD1.P 32(R1), [V0.S4, V1.S4]
	VLD1.P 48(R2), [V2.S4, V3.S4, V4.S4]
	ROW(8, 0, 0)
	ROW(11, 0, 1)
	ROW(14, 0, 2)
	ROW(17, 0, 3)
	ROW(20, 1, 0)
	ROW(23, 1, 1)
	ROW(26, 1, 2)
	ROW(29, 1, 3)
	SUBS   $1, R0, R0
	BNE    step

	CBZ  R6, bound
	MOVD R3, R4
	ADD_C(8)
	ADD_C(11)
	ADD_C(14)
	ADD_C(17)
	ADD_C(20)
	ADD_C(23)
	ADD_C(26)
	ADD_C(29)

bound:
	CBZ   R7, store
	MOVD  $lo+56(FP), R8
	VLD1R (R8), [V0.S4]
	MOVD  $hi+60(FP), R8
	VLD1R (R8), [V1.S4]
	BOUND(8)
	BOUND(11)
	BOUND(14)
	BOUND(17)
	BOUND(20)
	BOUND(23)
	BOUND(26)
	BOUND(29)

store:
	VST1 [V8.S4, V9.S4, V10.S4], (R3)
	ADD  R5, R3, R3
	VST1 [V11.S4, V12.S4, V13.S4], (R3)
	ADD  R5, R3, R3
	VST1 [V14.S4, V15.S4, V16.S4], (R3)
	ADD  R5, R3, R3
	VST1 [V17.S4, V18.S4, V19.S4], (R3)
	ADD  R5, R3, R3
	VST1 [V20.S4, V21.S4, V22.S4], (R3)
	ADD  R5, R3, R3
	VST1 [V23.S4, V24.S4, V25.S4], (R3)
	ADD  R5, R3, R3
	VST1 [V26.S4, V27.S4, V28.S4], (R3)
	ADD  R5, R3, R3
	VST1 [V29.S4, V30.S4, V31.S4], (R3)
	ADD  R5, R3, R3
	RET

// func dot4NEON(n int, weights *float32, ldw int, x *float32, sums *[4]float32)
TEXT ·dot4NEON(SB), NOSPLIT, $0-40
	MOVD n+0(FP), R0
	MOVD weights+8(FP), R1
	MOVD ldw+16(FP), R5
	MOVD x+24(FP), R6
	MOVD sums+32(FP), R7
	LSL  $2, R5, R5
	ADD  R5, R1, R2
	ADD  R5, R2, R3
	ADD  R5, R3, R4
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16

dots:
	VLD1.P 16(R6), [V4.S4]
	VLD1.P 16(R1), [V5.S4]
	VLD1.P 16(R2), [V6.S4]
	VLD1.P 16(R3), [V7.S4]
	VLD1.P 16(R4), [V16.S4]
	VFMLA  V4.S4, V5.S4, V0.S4
	VFMLA  V4.S4, V6.S4, V1.S4
	VFMLA  V4.S4, V7.S4, V2.S4
	VFMLA  V4.S4, V16.S4, V3.S4
	SUBS   $4, R0, R0
	BNE    dots

	FADDP(0, 0, 1)
	FADDP(2, 2, 3)
	FADDP(0, 0, 2)
	VST1 [V0.S4], (R7)
	RET
