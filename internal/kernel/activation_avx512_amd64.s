//go:build amd64 && !noasm

#include "textflag.h"
#include "activation_amd64.h"

// Activation functions for sixteen values at a time, of those that large networks apply to many values. Z5 holds x, Z0
// the result, and K1 has a bit for each value: fewer than sixteen at the end.

#define BEGIN \
	MOVQ         dst+0(FP), DI \
	MOVQ         src+8(FP), SI \
	MOVQ         n+16(FP), CX  \
	KXNORW       K1, K1, K1    \
	VBROADCASTSS one, Z6

#define LOAD_EXP \
	VBROADCASTSS expInfinite, Z7 \
	VBROADCASTSS expLow, Z8      \
	VBROADCASTSS exp0, Z9

// Loads the next values. The last ones get their mask first.
#define LOAD \
	CMPQ      CX, $16      \
	JGE       5(PC)        \
	MOVL      $-1, AX      \
	SHLL      CX, AX       \
	NOTL      AX           \
	KMOVW     AX, K1       \
	VMOVUPS.Z (SI), K1, Z5

// Stores the result, and goes on with the next values.
#define STORE(next) \
	VMOVUPS Z0, K1, (DI) \
	ADDQ    $64, SI      \
	ADDQ    $64, DI      \
	SUBQ    $16, CX      \
	JG      next         \
	VZEROUPPER           \
	RET

// y = y*x + a constant
#define STEP(c, x, y) VFMADD213PS.BCST c, x, y

// Z0 = exp(Z0): n = round(Z0*log2(e)), r = Z0 - n*log(2), and 2^n times the polynomial of Cephes' expf for exp(r). It
// is 0 instead of a denormal number, which would take a hundred times as long. NaN stays NaN, as MIN returns its first
// operand here, and is not below.
#define EXP \
	VMINPS            Z0, Z7, Z0      \
	VCMPPS            $5, Z8, Z0, K3  \
	VMULPS.BCST       log2e, Z0, Z1   \
	VRNDSCALEPS       $8, Z1, Z1      \
	VFNMADD231PS.BCST ln2High, Z1, Z0 \
	VFNMADD231PS.BCST ln2Low, Z1, Z0  \
	VMOVAPS           Z9, Z2          \
	STEP(exp1, Z0, Z2)                \
	STEP(exp2, Z0, Z2)                \
	STEP(exp3, Z0, Z2)                \
	STEP(exp4, Z0, Z2)                \
	STEP(exp5, Z0, Z2)                \
	VMULPS            Z0, Z2, Z2      \
	VFMADD213PS       Z0, Z0, Z2      \
	VADDPS            Z6, Z2, Z2      \
	VSCALEFPS.Z       Z1, Z2, K3, Z0

// func sigmoidAVX512(dst, src *float32, n int)
TEXT ·sigmoidAVX512(SB), NOSPLIT, $0-24
	BEGIN
	LOAD_EXP

sigmoid:
	LOAD
	VPXORD Z0, Z0, Z0
	VSUBPS Z5, Z0, Z0
	EXP
	VADDPS Z6, Z0, Z0
	VDIVPS Z0, Z6, Z0
	STORE(sigmoid)

// func siluAVX512(dst, src *float32, n int)
TEXT ·siluAVX512(SB), NOSPLIT, $0-24
	BEGIN
	LOAD_EXP

silu:
	LOAD
	VPXORD Z0, Z0, Z0
	VSUBPS Z5, Z0, Z0
	EXP
	VADDPS Z6, Z0, Z0
	VDIVPS Z0, Z5, Z0
	STORE(silu)

// func geluAVX512(dst, src *float32, n int)
//
// The formula is that of geluAssembly.
TEXT ·geluAVX512(SB), NOSPLIT, $0-24
	BEGIN
	LOAD_EXP
	VBROADCASTSS erfc0, Z10
	VBROADCASTSS geluHigh, Z11
	VBROADCASTSS half, Z13

gelu:
	LOAD
	VPANDD.BCST  absolute, Z5, Z4
	VMULPS.BCST  rootHalf, Z4, Z3
	VMOVAPS      Z13, Z12
	VFMADD213PS  Z6, Z3, Z12
	VDIVPS       Z12, Z6, Z12
	VMOVAPS      Z10, Z0
	STEP(erfc1, Z12, Z0)
	STEP(erfc2, Z12, Z0)
	STEP(erfc3, Z12, Z0)
	STEP(erfc4, Z12, Z0)
	STEP(erfc5, Z12, Z0)
	STEP(erfc6, Z12, Z0)
	STEP(erfc7, Z12, Z0)
	STEP(erfc8, Z12, Z0)
	STEP(erfc9, Z12, Z0)
	VFNMADD231PS Z3, Z3, Z0
	EXP
	VMULPS       Z12, Z0, Z0
	VMULPS       Z13, Z4, Z4
	VPXORD       Z2, Z2, Z2
	VMAXPS       Z5, Z2, Z2
	VFNMADD213PS Z2, Z4, Z0
	VCMPPS       $0x1e, Z11, Z5, K2
	VMOVAPS      Z5, K2, Z0
	STORE(gelu)

// func hardSwishAVX512(dst, src *float32, n int)
TEXT ·hardSwishAVX512(SB), NOSPLIT, $0-24
	BEGIN
	VBROADCASTSS three, Z6
	VBROADCASTSS six, Z7
	VBROADCASTSS sixth, Z9
	VPXORD       Z8, Z8, Z8

hardSwish:
	LOAD
	VADDPS Z6, Z5, Z0
	VMAXPS Z0, Z8, Z0
	VMINPS Z0, Z7, Z0
	VMULPS Z0, Z5, Z0
	VMULPS Z9, Z0, Z0
	STORE(hardSwish)
