//go:build amd64 && !noasm

#include "textflag.h"
#include "activation_amd64.h"

// Activation functions for eight values at a time. In each loop Y5 holds x, Y6 to Y11 and Y13 to Y15 what EXP
// needs, and Y0 the result. Constants are broadcast from activationFloats.

#define LOAD_EXP \
	VBROADCASTSS one, Y6      \
	VBROADCASTSS exp5, Y7     \
	VBROADCASTSS exp4, Y8     \
	VBROADCASTSS exp3, Y9     \
	VBROADCASTSS exp2, Y10    \
	VBROADCASTSS exp1, Y11    \
	VBROADCASTSS ln2Low, Y13  \
	VBROADCASTSS ln2High, Y14 \
	VBROADCASTSS log2e, Y15

// Brings Y0 to the range in which 2^n is a normal number. Y3 and Y4 are set where it was above and below. NaN stays
// NaN, as MIN and MAX return their first operand here.
#define LIMIT \
	VBROADCASTSS expHigh, Y1       \
	VCMPPS       $0x1e, Y1, Y0, Y3 \
	VMINPS       Y0, Y1, Y0        \
	VBROADCASTSS expLow, Y1        \
	VCMPPS       $0x11, Y1, Y0, Y4 \
	VMAXPS       Y0, Y1, Y0

// Y2 = exp(r) - 1 and Y1 = n, where Y0 = n*log(2) + r: the polynomial of Cephes' expf.
#define REDUCE \
	VMULPS       Y0, Y15, Y1 \
	VROUNDPS     $0, Y1, Y1  \
	VFNMADD231PS Y1, Y14, Y0 \
	VFNMADD231PS Y1, Y13, Y0 \
	VBROADCASTSS exp0, Y2    \
	VFMADD213PS  Y11, Y0, Y2 \
	VFMADD213PS  Y10, Y0, Y2 \
	VFMADD213PS  Y9, Y0, Y2  \
	VFMADD213PS  Y8, Y0, Y2  \
	VFMADD213PS  Y7, Y0, Y2  \
	VMULPS       Y0, Y2, Y2  \
	VFMADD213PS  Y0, Y0, Y2  \
	VCVTPS2DQ    Y1, Y1      \
	VPSLLD       $23, Y1, Y1

// Y0 = exp(Y0). It is 0 instead of a denormal number, and infinite from 0.35 before the largest number on.
#define EXP \
	LIMIT                       \
	REDUCE                      \
	VADDPS       Y6, Y2, Y2     \
	VPADDD       Y1, Y2, Y0     \
	VANDNPS      Y0, Y4, Y0     \
	VBROADCASTSS inf, Y1        \
	VBLENDVPS    Y3, Y1, Y0, Y0

// y = y*x + a constant
#define STEP(c, x, y) \
	VBROADCASTSS c, Y1    \
	VFMADD213PS  Y1, x, y

// func sigmoidAssembly(dst, src *float32, n int)
TEXT ·sigmoidAssembly(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	LOAD_EXP

sigmoid:
	VMOVUPS (SI), Y5
	VXORPS  Y0, Y0, Y0
	VSUBPS  Y5, Y0, Y0
	EXP
	VADDPS  Y6, Y0, Y0
	VDIVPS  Y0, Y6, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     sigmoid
	VZEROUPPER
	RET

// func siluAssembly(dst, src *float32, n int)
TEXT ·siluAssembly(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	LOAD_EXP

silu:
	VMOVUPS (SI), Y5
	VXORPS  Y0, Y0, Y0
	VSUBPS  Y5, Y0, Y0
	EXP
	VADDPS  Y6, Y0, Y0
	VDIVPS  Y0, Y5, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     silu
	VZEROUPPER
	RET

// func geluTanhAssembly(dst, src *float32, n int)
//
// x/2 * (1 + tanh(u)) = x / (1 + exp(-2u)), without the cancellation of the former.
TEXT ·geluTanhAssembly(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	LOAD_EXP

geluTanh:
	VMOVUPS      (SI), Y5
	VMULPS       Y5, Y5, Y1
	VBROADCASTSS geluTanh0, Y0
	VBROADCASTSS geluTanh1, Y2
	VFMADD213PS  Y2, Y1, Y0
	VMULPS       Y5, Y0, Y0
	EXP
	VADDPS       Y6, Y0, Y0
	VDIVPS       Y0, Y5, Y0
	VMOVUPS      Y0, (DI)
	ADDQ         $32, SI
	ADDQ         $32, DI
	SUBQ         $8, CX
	JNZ          geluTanh
	VZEROUPPER
	RET

// func mishAssembly(dst, src *float32, n int)
//
// With t = exp(x), tanh(log(1+t)) is (t*t + 2t) / (t*t + 2t + 2). From x = 12 on it is 1.
TEXT ·mishAssembly(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	LOAD_EXP

mish:
	VMOVUPS      (SI), Y5
	VMOVAPS      Y5, Y0
	EXP
	VBROADCASTSS two, Y2
	VADDPS       Y2, Y0, Y1
	VMULPS       Y1, Y0, Y0
	VADDPS       Y2, Y0, Y1
	VDIVPS       Y1, Y0, Y0
	VBROADCASTSS six, Y1
	VADDPS       Y1, Y1, Y1
	VCMPPS       $0x1e, Y1, Y5, Y1
	VBLENDVPS    Y1, Y6, Y0, Y0
	VMULPS       Y5, Y0, Y0
	VMOVUPS      Y0, (DI)
	ADDQ         $32, SI
	ADDQ         $32, DI
	SUBQ         $8, CX
	JNZ          mish
	VZEROUPPER
	RET

// func tanhAssembly(dst, src *float32, n int)
//
// 1 - 2/(exp(2x) + 1), and near 0, where that cancels, the polynomial of Cephes' tanhf.
TEXT ·tanhAssembly(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	LOAD_EXP

tanh:
	VMOVUPS      (SI), Y5
	VBROADCASTSS absolute, Y1
	VANDPS       Y1, Y5, Y0
	VADDPS       Y0, Y0, Y0
	EXP
	VADDPS       Y6, Y0, Y0
	VBROADCASTSS two, Y1
	VDIVPS       Y0, Y1, Y0
	VSUBPS       Y0, Y6, Y0
	VBROADCASTSS sign, Y1
	VANDPS       Y1, Y5, Y1
	VORPS        Y1, Y0, Y0
	VMULPS       Y5, Y5, Y3
	VBROADCASTSS tanh0, Y2
	STEP(tanh1, Y3, Y2)
	STEP(tanh2, Y3, Y2)
	STEP(tanh3, Y3, Y2)
	STEP(tanh4, Y3, Y2)
	VMULPS       Y3, Y2, Y2
	VFMADD213PS  Y5, Y5, Y2
	VBROADCASTSS absolute, Y1
	VANDPS       Y1, Y5, Y3
	VBROADCASTSS tanhSmall, Y1
	VCMPPS       $0x11, Y1, Y3, Y3
	VBLENDVPS    Y3, Y2, Y0, Y0
	VMOVUPS      Y0, (DI)
	ADDQ         $32, SI
	ADDQ         $32, DI
	SUBQ         $8, CX
	JNZ          tanh
	VZEROUPPER
	RET

// func geluAssembly(dst, src *float32, n int)
//
// max(x, 0) - |x|/2 * erfc(z) with z = |x|/sqrt(2), which does not cancel for a negative x. erfc(z) is t * exp(-z*z +
// p(t)) with t = 1/(1 + z/2) and a polynomial p, to 1.2e-7 of itself (Press et al., "Numerical Recipes", erfcc). From
// 13 on the result is x.
TEXT ·geluAssembly(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	LOAD_EXP

gelu:
	VMOVUPS      (SI), Y5
	VBROADCASTSS absolute, Y1
	VANDPS       Y1, Y5, Y3
	VBROADCASTSS rootHalf, Y1
	VMULPS       Y1, Y3, Y3
	VBROADCASTSS half, Y12
	VFMADD213PS  Y6, Y3, Y12
	VDIVPS       Y12, Y6, Y12
	VBROADCASTSS erfc0, Y0
	STEP(erfc1, Y12, Y0)
	STEP(erfc2, Y12, Y0)
	STEP(erfc3, Y12, Y0)
	STEP(erfc4, Y12, Y0)
	STEP(erfc5, Y12, Y0)
	STEP(erfc6, Y12, Y0)
	STEP(erfc7, Y12, Y0)
	STEP(erfc8, Y12, Y0)
	STEP(erfc9, Y12, Y0)
	VFNMADD231PS Y3, Y3, Y0
	EXP
	VMULPS       Y12, Y0, Y0
	VBROADCASTSS absolute, Y1
	VANDPS       Y1, Y5, Y1
	VBROADCASTSS half, Y2
	VMULPS       Y2, Y1, Y1
	VXORPS       Y2, Y2, Y2
	VMAXPS       Y5, Y2, Y2
	VFNMADD213PS Y2, Y1, Y0
	VBROADCASTSS geluHigh, Y1
	VCMPPS       $0x1e, Y1, Y5, Y1
	VBLENDVPS    Y1, Y5, Y0, Y0
	VMOVUPS      Y0, (DI)
	ADDQ         $32, SI
	ADDQ         $32, DI
	SUBQ         $8, CX
	JNZ          gelu
	VZEROUPPER
	RET

// func eluAssembly(dst, src *float32, n int, alpha, scale float32)
//
// scale*x for x > 0, else alpha * (exp(x) - 1), of which the 1 is subtracted from 2^n: near 0 nothing cancels.
TEXT ·eluAssembly(SB), NOSPLIT, $0-32
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         n+16(FP), CX
	LOAD_EXP
	VBROADCASTSS alpha+24(FP), Y12

elu:
	VMOVUPS      (SI), Y5
	VXORPS       Y0, Y0, Y0
	VMINPS       Y5, Y0, Y0
	LIMIT
	REDUCE
	VPADDD       Y6, Y1, Y1
	VSUBPS       Y6, Y1, Y0
	VFMADD231PS  Y1, Y2, Y0
	VMULPS       Y12, Y0, Y0
	VXORPS       Y1, Y1, Y1
	VCMPPS       $0x1e, Y1, Y5, Y1
	VBROADCASTSS scale+28(FP), Y2
	VMULPS       Y5, Y2, Y2
	VBLENDVPS    Y1, Y2, Y0, Y0
	VMOVUPS      Y0, (DI)
	ADDQ         $32, SI
	ADDQ         $32, DI
	SUBQ         $8, CX
	JNZ          elu
	VZEROUPPER
	RET

// func hardSwishAssembly(dst, src *float32, n int)
TEXT ·hardSwishAssembly(SB), NOSPLIT, $0-24
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS three, Y6
	VBROADCASTSS six, Y7
	VBROADCASTSS sixth, Y9
	VXORPS       Y8, Y8, Y8

hardSwish:
	VMOVUPS (SI), Y5
	VADDPS  Y6, Y5, Y0
	VMAXPS  Y0, Y8, Y0
	VMINPS  Y0, Y7, Y0
	VMULPS  Y0, Y5, Y0
	VMULPS  Y9, Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     hardSwish
	VZEROUPPER
	RET

DATA ·activationFloats+0(SB)/4, $0x3f800000 // 1
DATA ·activationFloats+4(SB)/4, $0x3f000000 // 0.5
DATA ·activationFloats+8(SB)/4, $0x40000000 // 2
DATA ·activationFloats+12(SB)/4, $0x40400000 // 3
DATA ·activationFloats+16(SB)/4, $0x40c00000 // 6
DATA ·activationFloats+20(SB)/4, $0x7f800000 // inf
DATA ·activationFloats+24(SB)/4, $0x80000000
DATA ·activationFloats+28(SB)/4, $0x7fffffff
DATA ·activationFloats+32(SB)/4, $0x42b0c0a5 // 88.37626
DATA ·activationFloats+36(SB)/4, $0xc2aeac4f // -87.33654
DATA ·activationFloats+40(SB)/4, $0x3fb8aa3b // 1.442695041
DATA ·activationFloats+44(SB)/4, $0x3f318000 // 0.693359375
DATA ·activationFloats+48(SB)/4, $0xb95e8083 // -0.00021219444
DATA ·activationFloats+52(SB)/4, $0x39506967 // 0.000198756915
DATA ·activationFloats+56(SB)/4, $0x3ab743ce // 0.001398199951
DATA ·activationFloats+60(SB)/4, $0x3c088908 // 0.008333451907
DATA ·activationFloats+64(SB)/4, $0x3d2aa9c1 // 0.04166579589
DATA ·activationFloats+68(SB)/4, $0x3e2aaaaa // 0.1666666546
DATA ·activationFloats+72(SB)/4, $0x3f000000 // 0.500000012
DATA ·activationFloats+76(SB)/4, $0x3f200000 // 0.625
DATA ·activationFloats+80(SB)/4, $0xbbbaf0ea // -0.005704988727
DATA ·activationFloats+84(SB)/4, $0x3ca9134e // 0.0206390888
DATA ·activationFloats+88(SB)/4, $0xbd5c1e2d // -0.05373971555
DATA ·activationFloats+92(SB)/4, $0x3e088393 // 0.133314422
DATA ·activationFloats+96(SB)/4, $0xbeaaaa99 // -0.3333328194
DATA ·activationFloats+100(SB)/4, $0x3f3504f3 // 0.7071067812
DATA ·activationFloats+104(SB)/4, $0x41500000 // 13
DATA ·activationFloats+108(SB)/4, $0x3e2ef945 // 0.17087277
DATA ·activationFloats+112(SB)/4, $0xbf527892 // -0.82215223
DATA ·activationFloats+116(SB)/4, $0x3fbe87b0 // 1.48851587
DATA ·activationFloats+120(SB)/4, $0xbf914e5d // -1.13520398
DATA ·activationFloats+124(SB)/4, $0x3e8ec7cc // 0.27886807
DATA ·activationFloats+128(SB)/4, $0xbe3ec24c // -0.18628806
DATA ·activationFloats+132(SB)/4, $0x3dc636c9 // 0.09678418
DATA ·activationFloats+136(SB)/4, $0x3ebf88fb // 0.37409196
DATA ·activationFloats+140(SB)/4, $0x3f8000c7 // 1.00002368
DATA ·activationFloats+144(SB)/4, $0xbfa1fc4e // -1.26551223
DATA ·activationFloats+148(SB)/4, $0xbd922279 // -0.07135481627
DATA ·activationFloats+152(SB)/4, $0xbfcc422a // -1.595769122
DATA ·activationFloats+156(SB)/4, $0x42b20000 // 89, from which on exp is infinite
DATA ·activationFloats+160(SB)/4, $0x3e2aaaab // 1/6
GLOBL ·activationFloats(SB), RODATA|NOPTR, $164
