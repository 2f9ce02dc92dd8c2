//go:build arm64 && !noasm

#include "neon_arm64.h"
#include "textflag.h"

// Clamps register s to V30 and V31. NaN stays NaN.
#define BOUND(s) \
	FMAX(s, s, 30) \
	FMIN(s, s, 31)

// func rowTapsNEON(dst *float32, n int, src *float32, step, rows int, filter *float32, fw, dw, stride int, bias, lo, hi float32)
//
// Each iteration of "next" computes a block of outputs with all taps: 16 if as many are left, otherwise 4. The last
// block begins at n-4 and may compute some outputs a second time. V16 to V19 hold the sums, V29 the bias.
TEXT ·rowTapsNEON(SB), NOSPLIT, $0-84
	MOVD  dst+0(FP), R0
	MOVD  n+8(FP), R1
	MOVD  src+16(FP), R2
	MOVD  step+24(FP), R3
	MOVD  rows+32(FP), R4
	MOVD  filter+40(FP), R5
	MOVD  fw+48(FP), R6
	MOVD  dw+56(FP), R7
	MOVD  stride+64(FP), R8
	MOVD  $bias+72(FP), R9
	VLD3R (R9), [V29.S4, V30.S4, V31.S4]
	LSL   $2, R3, R3
	LSL   $2, R7, R7
	LSL   $2, R8, R8                     // bytes of input for each output

next:
	MOVD R5, R9
	MOVD R4, R10
	MOVD R2, R11
	MOVE(16, 29)
	CMP  $16, R1
	BLT  few
	MOVE(17, 29)
	MOVE(18, 29)
	MOVE(19, 29)

row16:
	MOVD R11, R12
	MOVD R6, R13
	TBNZ $3, R8, strided16

tap16:
	VLD1R.P 4(R9), [V4.S4]
	VLD1    (R12), [V0.S4, V1.S4, V2.S4, V3.S4]
	ADD     R7, R12, R12
	FMLA(16, 0, 4)
	FMLA(17, 1, 4)
	FMLA(18, 2, 4)
	FMLA(19, 3, 4)
	SUBS    $1, R13, R13
	BNE     tap16
	B       ended16

	// The even ones of 32 values.
strided16:
	VLD1R.P 4(R9), [V8.S4]
	ADD     $64, R12, R14
	VLD1    (R12), [V0.S4, V1.S4, V2.S4, V3.S4]
	VLD1    (R14), [V4.S4, V5.S4, V6.S4, V7.S4]
	VUZP1   V1.S4, V0.S4, V0.S4
	VUZP1   V3.S4, V2.S4, V2.S4
	VUZP1   V5.S4, V4.S4, V4.S4
	VUZP1   V7.S4, V6.S4, V6.S4
	ADD     R7, R12, R12
	FMLA(16, 0, 8)
	FMLA(17, 2, 8)
	FMLA(18, 4, 8)
	FMLA(19, 6, 8)
	SUBS    $1, R13, R13
	BNE     strided16

ended16:
	ADD    R3, R11, R11
	SUBS   $1, R10, R10
	BNE    row16
	BOUND(16)
	BOUND(17)
	BOUND(18)
	BOUND(19)
	VST1.P [V16.S4, V17.S4, V18.S4, V19.S4], 64(R0)
	ADD    R8<<4, R2, R2
	SUBS   $16, R1, R1
	BNE    next
	RET

few:
	SUBS $4, R1, R12    // negative by the values that the last block computes again
	BGE  row4
	ADD  R12<<2, R0, R0
	MUL  R8, R12, R12
	ADD  R12, R2, R2
	MOVD R2, R11
	MOVD $4, R1

row4:
	MOVD R11, R12
	MOVD R6, R13
	TBNZ $3, R8, strided4

tap4:
	VLD1R.P 4(R9), [V4.S4]
	VLD1    (R12), [V0.S4]
	ADD     R7, R12, R12
	FMLA(16, 0, 4)
	SUBS    $1, R13, R13
	BNE     tap4
	B       ended4

strided4:
	VLD1R.P 4(R9), [V4.S4]
	VLD2    (R12), [V0.S4, V1.S4]
	ADD     R7, R12, R12
	FMLA(16, 0, 4)
	SUBS    $1, R13, R13
	BNE     strided4

ended4:
	ADD    R3, R11, R11
	SUBS   $1, R10, R10
	BNE    row4
	BOUND(16)
	VST1.P [V16.S4], 16(R0)
	ADD    R8<<2, R2, R2
	SUBS   $4, R1, R1
	BNE    next
	RET
