//go:build arm64 && !noasm

#include "neon_arm64.h"
#include "textflag.h"

// Activation functions for four values at a time, by the formulas of activation_amd64.s. In each loop V0 holds the
// result, V5 holds x, V16 to V25 hold the constants of EXP, and the registers from V7 on that are left belong to the
// function.

// The constants of EXP are broadcast, except for FACTORS: log2(e), the two parts of log(2), and the first coefficient.
#define FACTORS 16
#define ONE 17
#define EXP_HIGH 18
#define EXP_LOW 19
#define INF 20
#define EXP1 21
#define EXP2 22
#define EXP3 23
#define EXP4 24
#define EXP5 25

// EXP5 is one half.
#define HALF EXP5

// Loads the arguments of (dst, src *float32, n int) and the constants of EXP.
#define LOAD_EXP \
	MOVD    dst+0(FP), R0                            \
	MOVD    src+8(FP), R1                            \
	MOVD    n+16(FP), R2                             \
	MOVD    $exp<>(SB), R3                           \
	VLD1.P  16(R3), [V16.S4]                         \
	VLD4R.P 16(R3), [V17.S4, V18.S4, V19.S4, V20.S4] \
	VLD4R.P 16(R3), [V21.S4, V22.S4, V23.S4, V24.S4] \
	VLD1R   (R3), [V25.S4]

// Brings V0 to the range in which 2^n is a normal number. V3 and V4 are set where it was above and below. NaN stays
// NaN.
#define LIMIT \
	FCMGT(3, 0, EXP_HIGH) \
	FCMGT(4, EXP_LOW, 0)  \
	FMIN(0, 0, EXP_HIGH)  \
	FMAX(0, 0, EXP_LOW)

// y = x*z + c
#define STEP(y, x, z, c) \
	MOVE(y, c)    \
	FMLA(y, x, z)

// V2 = exp(r) - 1 and V1 = n in the place of the exponent, where V0 = n*log(2) + r: the polynomial of Cephes' expf. It
// also changes V0 and V6.
#define REDUCE \
	FMUL_ELEMENT(1, 0, FACTORS, 0) \
	FRINTN(1, 1)                   \
	FMLS_ELEMENT(0, 1, FACTORS, 1) \
	FMLS_ELEMENT(0, 1, FACTORS, 2) \
	FCVTNS(1, 1)                   \
	VSHL $23, V1.S4, V1.S4         \
	MOVE(2, EXP1)                  \
	FMLA_ELEMENT(2, 0, FACTORS, 3) \
	STEP(6, 2, 0, EXP2)            \
	STEP(2, 6, 0, EXP3)            \
	STEP(6, 2, 0, EXP4)            \
	STEP(2, 6, 0, EXP5)            \
	FMUL(6, 2, 0)                  \
	STEP(2, 6, 0, 0)

// V0 = exp(V0). It is 0 instead of a denormal number, and infinite from 0.35 before the largest number on. V1 to V4 and
// V6 change.
#define EXP \
	LIMIT                        \
	REDUCE                       \
	FADD(2, 2, ONE)              \
	VADD V1.S4, V2.S4, V0.S4     \
	BIC(0, 0, 4)                 \
	VBIT V3.B16, V20.B16, V0.B16

// func sigmoidAssembly(dst, src *float32, n int)
TEXT ·sigmoidAssembly(SB), NOSPLIT, $0-24
	LOAD_EXP

sigmoid:
	VLD1.P 16(R1), [V5.S4]
	FNEG(0, 5)
	EXP
	FADD(0, 0, ONE)
	FDIV(0, ONE, 0)
	VST1.P [V0.S4], 16(R0)
	SUBS   $4, R2, R2
	BNE    sigmoid
	RET

// func siluAssembly(dst, src *float32, n int)
TEXT ·siluAssembly(SB), NOSPLIT, $0-24
	LOAD_EXP

silu:
	VLD1.P 16(R1), [V5.S4]
	FNEG(0, 5)
	EXP
	FADD(0, 0, ONE)
	FDIV(0, 5, 0)
	VST1.P [V0.S4], 16(R0)
	SUBS   $4, R2, R2
	BNE    silu
	RET

// func geluTanhAssembly(dst, src *float32, n int)
//
// x/2 * (1 + tanh(u)) = x / (1 + exp(-2u)), without the cancellation of the former.
TEXT ·geluTanhAssembly(SB), NOSPLIT, $0-24
	LOAD_EXP
	MOVD  $geluTanh<>(SB), R3
	VLD2R (R3), [V30.S4, V31.S4]

geluTanh:
	VLD1.P 16(R1), [V5.S4]
	FMUL(1, 5, 5)
	STEP(0, 1, 30, 31)
	FMUL(0, 0, 5)
	EXP
	FADD(0, 0, ONE)
	FDIV(0, 5, 0)
	VST1.P [V0.S4], 16(R0)
	SUBS   $4, R2, R2
	BNE    geluTanh
	RET

// func mishAssembly(dst, src *float32, n int)
//
// With t = exp(x), tanh(log(1+t)) is (t*t + 2t) / (t*t + 2t + 2). From x = 12 on it is 1.
TEXT ·mishAssembly(SB), NOSPLIT, $0-24
	LOAD_EXP
	MOVD  $mish<>(SB), R3
	VLD2R (R3), [V30.S4, V31.S4]

mish:
	VLD1.P 16(R1), [V5.S4]
	MOVE(0, 5)
	EXP
	FADD(1, 0, 30)
	FMUL(0, 0, 1)
	FADD(1, 0, 30)
	FDIV(0, 0, 1)
	FCMGT(1, 5, 31)
	VBIT   V1.B16, V17.B16, V0.B16
	FMUL(0, 0, 5)
	VST1.P [V0.S4], 16(R0)
	SUBS   $4, R2, R2
	BNE    mish
	RET

// func tanhAssembly(dst, src *float32, n int)
//
// 1 - 2/(exp(2|x|) + 1) with the sign of x, and near 0, where that cancels, the polynomial of Cephes' tanhf.
TEXT ·tanhAssembly(SB), NOSPLIT, $0-24
	LOAD_EXP
	MOVD    $tanh<>(SB), R3
	VLD4R.P 16(R3), [V8.S4, V9.S4, V10.S4, V11.S4]
	VLD4R   (R3), [V12.S4, V13.S4, V14.S4, V15.S4]

tanh:
	VLD1.P 16(R1), [V5.S4]
	FABS(0, 5)
	FADD(0, 0, 0)
	EXP
	FADD(0, 0, ONE)
	FDIV(0, 13, 0)
	FSUB(0, ONE, 0)
	VBIT   V15.B16, V5.B16, V0.B16
	FMUL(3, 5, 5)
	STEP(1, 8, 3, 9)
	STEP(2, 1, 3, 10)
	STEP(1, 2, 3, 11)
	STEP(2, 1, 3, 12)
	FMUL(1, 2, 3)
	STEP(2, 1, 5, 5)
	FACGT(3, 14, 5)
	VBIT   V3.B16, V2.B16, V0.B16
	VST1.P [V0.S4], 16(R0)
	SUBS   $4, R2, R2
	BNE    tanh
	RET

// func geluAssembly(dst, src *float32, n int)
//
// max(x, 0) - |x|/2 * erfc(z) with z = |x|/sqrt(2), which does not cancel for a negative x. erfc(z) is
// t * exp(-z*z + p(t)) with t = 1/(1 + z/2) and a polynomial p, to 1.2e-7 of itself (Press et al., "Numerical Recipes",
// erfcc). From 13 on the result is x.
TEXT ·geluAssembly(SB), NOSPLIT, $0-24
	LOAD_EXP
	MOVD    $gelu<>(SB), R3
	VLD4R.P 16(R3), [V8.S4, V9.S4, V10.S4, V11.S4]
	VLD4R.P 16(R3), [V12.S4, V13.S4, V14.S4, V15.S4]
	VLD4R   (R3), [V26.S4, V27.S4, V28.S4, V29.S4]

gelu:
	VLD1.P 16(R1), [V5.S4]
	FABS(31, 5)
	FMUL(3, 31, 28)
	STEP(7, 3, HALF, ONE)
	FDIV(7, ONE, 7)
	STEP(1, 8, 7, 9)
	STEP(0, 1, 7, 10)
	STEP(1, 0, 7, 11)
	STEP(0, 1, 7, 12)
	STEP(1, 0, 7, 13)
	STEP(0, 1, 7, 14)
	STEP(1, 0, 7, 15)
	STEP(0, 1, 7, 26)
	STEP(1, 0, 7, 27)
	FMLS(1, 3, 3)
	MOVE(0, 1)
	EXP
	FMUL(0, 0, 7)
	FMUL(1, 31, HALF)
	VEOR   V2.B16, V2.B16, V2.B16
	FMAX(2, 5, 2)
	FMLS(2, 0, 1)
	FCMGT(1, 5, 29)
	VBIT   V1.B16, V5.B16, V2.B16
	VST1.P [V2.S4], 16(R0)
	SUBS   $4, R2, R2
	BNE    gelu
	RET

// func eluAssembly(dst, src *float32, n int, alpha, scale float32)
//
// scale*x for x > 0, else alpha * (exp(x) - 1), of which the 1 is subtracted from 2^n: near 0 nothing cancels.
TEXT ·eluAssembly(SB), NOSPLIT, $0-32
	LOAD_EXP
	MOVD  $alpha+24(FP), R3
	VLD2R (R3), [V30.S4, V31.S4]
	VEOR  V29.B16, V29.B16, V29.B16

elu:
	VLD1.P 16(R1), [V5.S4]
	FMIN(0, 5, 29)
	LIMIT
	REDUCE
	VADD   V17.S4, V1.S4, V1.S4
	FSUB(0, 1, ONE)
	FMLA(0, 2, 1)
	FMUL(0, 0, 30)
	FMUL(2, 5, 31)
	FCMGT(1, 5, 29)
	VBIT   V1.B16, V2.B16, V0.B16
	VST1.P [V0.S4], 16(R0)
	SUBS   $4, R2, R2
	BNE    elu
	RET

// func hardSwishAssembly(dst, src *float32, n int)
TEXT ·hardSwishAssembly(SB), NOSPLIT, $0-24
	MOVD  dst+0(FP), R0
	MOVD  src+8(FP), R1
	MOVD  n+16(FP), R2
	MOVD  $hardSwish<>(SB), R3
	VLD3R (R3), [V16.S4, V17.S4, V18.S4]

hardSwish:
	VLD1.P 16(R1), [V5.S4]
	FADD(0, 5, 16)
	FMAX(0, 0, 18)
	FMIN(0, 0, 17)
	FMUL(0, 0, 5)
	FDIV(0, 0, 17)
	VST1.P [V0.S4], 16(R0)
	SUBS   $4, R2, R2
	BNE    hardSwish
	RET

DATA exp<>+0(SB)/4, $0x3fb8aa3b // 1.442695041
DATA exp<>+4(SB)/4, $0x3f318000 // 0.693359375
DATA exp<>+8(SB)/4, $0xb95e8083 // -0.00021219444
DATA exp<>+12(SB)/4, $0x39506967 // 0.000198756915
DATA exp<>+16(SB)/4, $0x3f800000 // 1
DATA exp<>+20(SB)/4, $0x42b0c0a5 // 88.37626
DATA exp<>+24(SB)/4, $0xc2aeac4f // -87.33654
DATA exp<>+28(SB)/4, $0x7f800000 // inf
DATA exp<>+32(SB)/4, $0x3ab743ce // 0.001398199951
DATA exp<>+36(SB)/4, $0x3c088908 // 0.008333451907
DATA exp<>+40(SB)/4, $0x3d2aa9c1 // 0.04166579589
DATA exp<>+44(SB)/4, $0x3e2aaaaa // 0.1666666546
DATA exp<>+48(SB)/4, $0x3f000000 // 0.500000012
GLOBL exp<>(SB), RODATA|NOPTR, $52

DATA geluTanh<>+0(SB)/4, $0xbd922279 // -0.07135481627
DATA geluTanh<>+4(SB)/4, $0xbfcc422a // -1.595769122
GLOBL geluTanh<>(SB), RODATA|NOPTR, $8

DATA mish<>+0(SB)/4, $0x40000000 // 2
DATA mish<>+4(SB)/4, $0x41400000 // 12
GLOBL mish<>(SB), RODATA|NOPTR, $8

DATA tanh<>+0(SB)/4, $0xbbbaf0ea // -0.005704988727
DATA tanh<>+4(SB)/4, $0x3ca9134e // 0.0206390888
DATA tanh<>+8(SB)/4, $0xbd5c1e2d // -0.05373971555
DATA tanh<>+12(SB)/4, $0x3e088393 // 0.133314422
DATA tanh<>+16(SB)/4, $0xbeaaaa99 // -0.3333328194
DATA tanh<>+20(SB)/4, $0x40000000 // 2
DATA tanh<>+24(SB)/4, $0x3f200000 // 0.625, up to which the polynomial is used
DATA tanh<>+28(SB)/4, $0x80000000 // the bit of the sign
GLOBL tanh<>(SB), RODATA|NOPTR, $32

DATA gelu<>+0(SB)/4, $0x3e2ef945 // 0.17087277
DATA gelu<>+4(SB)/4, $0xbf527892 // -0.82215223
DATA gelu<>+8(SB)/4, $0x3fbe87b0 // 1.48851587
DATA gelu<>+12(SB)/4, $0xbf914e5d // -1.13520398
DATA gelu<>+16(SB)/4, $0x3e8ec7cc // 0.27886807
DATA gelu<>+20(SB)/4, $0xbe3ec24c // -0.18628806
DATA gelu<>+24(SB)/4, $0x3dc636c9 // 0.09678418
DATA gelu<>+28(SB)/4, $0x3ebf88fb // 0.37409196
DATA gelu<>+32(SB)/4, $0x3f8000c7 // 1.00002368
DATA gelu<>+36(SB)/4, $0xbfa1fc4e // -1.26551223
DATA gelu<>+40(SB)/4, $0x3f3504f3 // sqrt(1/2)
DATA gelu<>+44(SB)/4, $0x41500000 // 13
GLOBL gelu<>(SB), RODATA|NOPTR, $48

DATA hardSwish<>+0(SB)/4, $0x40400000 // 3
DATA hardSwish<>+4(SB)/4, $0x40c00000 // 6
DATA hardSwish<>+8(SB)/4, $0x00000000 // 0
GLOBL hardSwish<>(SB), RODATA|NOPTR, $12
