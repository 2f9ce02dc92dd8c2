//go:build amd64 && !noasm

#include "textflag.h"

// One value of A times a row of B, added to a row of sums.
#define ROW2(offset, sum0, sum1) \
	VBROADCASTSS offset(SI), Y14 \
	VFMADD231PS  Y12, Y14, sum0  \
	VFMADD231PS  Y13, Y14, sum1

// Adds what a row of C holds to its sums, and moves on to the next row.
#define ADD2(sum0, sum1) \
	VADDPS (DX), sum0, sum0   \
	VADDPS 32(DX), sum1, sum1 \
	ADDQ   R8, DX

// Adds a row's bias to its sums and bounds them. Where a sum is NaN, MAX and MIN give their first operand here,
// the sum.
#define BOUND2(offset, sum0, sum1) \
	VBROADCASTSS offset(R10), Y12 \
	VADDPS       Y12, sum0, sum0  \
	VADDPS       Y12, sum1, sum1  \
	VMAXPS       sum0, Y14, sum0  \
	VMAXPS       sum1, Y14, sum1  \
	VMINPS       sum0, Y15, sum0  \
	VMINPS       sum1, Y15, sum1

// Writes a row of sums to C, and moves on to the next row.
#define STORE2(sum0, sum1) \
	VMOVUPS sum0, (DX)   \
	VMOVUPS sum1, 32(DX) \
	ADDQ    R8, DX

// func tileAVX2(kc int, a, b, c *float32, ldc int, add bool, bias *float32, lo, hi float32)
TEXT ·tileAVX2(SB), NOSPLIT, $0-64
	MOVQ    kc+0(FP), CX
	MOVQ    a+8(FP), SI
	MOVQ    b+16(FP), DI
	MOVQ    c+24(FP), DX
	MOVQ    ldc+32(FP), R8
	MOVBQZX add+40(FP), R9
	SHLQ    $2, R8
	VXORPS  Y0, Y0, Y0
	VXORPS  Y1, Y1, Y1
	VXORPS  Y2, Y2, Y2
	VXORPS  Y3, Y3, Y3
	VXORPS  Y4, Y4, Y4
	VXORPS  Y5, Y5, Y5
	VXORPS  Y6, Y6, Y6
	VXORPS  Y7, Y7, Y7
	VXORPS  Y8, Y8, Y8
	VXORPS  Y9, Y9, Y9
	VXORPS  Y10, Y10, Y10
	VXORPS  Y11, Y11, Y11

step2:
	VMOVUPS (DI), Y12
	VMOVUPS 32(DI), Y13
	ROW2(0, Y0, Y1)
	ROW2(4, Y2, Y3)
	ROW2(8, Y4, Y5)
	ROW2(12, Y6, Y7)
	ROW2(16, Y8, Y9)
	ROW2(20, Y10, Y11)
	ADDQ    $24, SI
	ADDQ    $64, DI
	DECQ    CX
	JNZ     step2

	MOVQ    DX, R11
	TESTQ   R9, R9
	JZ      bound2
	ADD2(Y0, Y1)
	ADD2(Y2, Y3)
	ADD2(Y4, Y5)
	ADD2(Y6, Y7)
	ADD2(Y8, Y9)
	ADD2(Y10, Y11)
	MOVQ    R11, DX

bound2:
	MOVQ    bias+48(FP), R10
	TESTQ   R10, R10
	JZ      store2
	VBROADCASTSS lo+56(FP), Y14
	VBROADCASTSS hi+60(FP), Y15
	BOUND2(0, Y0, Y1)
	BOUND2(4, Y2, Y3)
	BOUND2(8, Y4, Y5)
	BOUND2(12, Y6, Y7)
	BOUND2(16, Y8, Y9)
	BOUND2(20, Y10, Y11)

store2:
	STORE2(Y0, Y1)
	STORE2(Y2, Y3)
	STORE2(Y4, Y5)
	STORE2(Y6, Y7)
	STORE2(Y8, Y9)
	STORE2(Y10, Y11)
	VZEROUPPER
	RET

#define ROW5(offset, spread, sum0, sum1) \
	VBROADCASTSS offset(SI), spread  \
	VFMADD231PS  Z28, spread, sum0 \
	VFMADD231PS  Z29, spread, sum1

#define ADD5(sum0, sum1) \
	VADDPS (DX), sum0, sum0   \
	VADDPS 64(DX), sum1, sum1 \
	ADDQ   R8, DX

#define BOUND5(offset, sum0, sum1) \
	VBROADCASTSS offset(R10), Z28 \
	VADDPS       Z28, sum0, sum0  \
	VADDPS       Z28, sum1, sum1  \
	VMAXPS       sum0, Z30, sum0  \
	VMAXPS       sum1, Z30, sum1  \
	VMINPS       sum0, Z31, sum0  \
	VMINPS       sum1, Z31, sum1

#define STORE5(sum0, sum1) \
	VMOVUPS sum0, (DX)   \
	VMOVUPS sum1, 64(DX) \
	ADDQ    R8, DX

// func tileAVX512(kc int, a, b, c *float32, ldc int, add bool, bias *float32, lo, hi float32)
TEXT ·tileAVX512(SB), NOSPLIT, $0-64
	MOVQ    kc+0(FP), CX
	MOVQ    a+8(FP), SI
	MOVQ    b+16(FP), DI
	MOVQ    c+24(FP), DX
	MOVQ    ldc+32(FP), R8
	MOVBQZX add+40(FP), R9
	SHLQ    $2, R8
	VPXORD  Z0, Z0, Z0
	VMOVAPS Z0, Z1
	VMOVAPS Z0, Z2
	VMOVAPS Z0, Z3
	VMOVAPS Z0, Z4
	VMOVAPS Z0, Z5
	VMOVAPS Z0, Z6
	VMOVAPS Z0, Z7
	VMOVAPS Z0, Z8
	VMOVAPS Z0, Z9
	VMOVAPS Z0, Z10
	VMOVAPS Z0, Z11
	VMOVAPS Z0, Z12
	VMOVAPS Z0, Z13
	VMOVAPS Z0, Z14
	VMOVAPS Z0, Z15
	VMOVAPS Z0, Z16
	VMOVAPS Z0, Z17
	VMOVAPS Z0, Z18
	VMOVAPS Z0, Z19
	VMOVAPS Z0, Z20
	VMOVAPS Z0, Z21
	VMOVAPS Z0, Z22
	VMOVAPS Z0, Z23
	VMOVAPS Z0, Z24
	VMOVAPS Z0, Z25
	VMOVAPS Z0, Z26
	VMOVAPS Z0, Z27

step5:
	VMOVUPS (DI), Z28
	VMOVUPS 64(DI), Z29
	ROW5(0, Z30, Z0, Z1)
	ROW5(4, Z31, Z2, Z3)
	ROW5(8, Z30, Z4, Z5)
	ROW5(12, Z31, Z6, Z7)
	ROW5(16, Z30, Z8, Z9)
	ROW5(20, Z31, Z10, Z11)
	ROW5(24, Z30, Z12, Z13)
	ROW5(28, Z31, Z14, Z15)
	ROW5(32, Z30, Z16, Z17)
	ROW5(36, Z31, Z18, Z19)
	ROW5(40, Z30, Z20, Z21)
	ROW5(44, Z31, Z22, Z23)
	ROW5(48, Z30, Z24, Z25)
	ROW5(52, Z31, Z26, Z27)
	ADDQ    $56, SI
	ADDQ    $128, DI
	DECQ    CX
	JNZ     step5

	MOVQ    DX, R11
	TESTQ   R9, R9
	JZ      bound5
	ADD5(Z0, Z1)
	ADD5(Z2, Z3)
	ADD5(Z4, Z5)
	ADD5(Z6, Z7)
	ADD5(Z8, Z9)
	ADD5(Z10, Z11)
	ADD5(Z12, Z13)
	ADD5(Z14, Z15)
	ADD5(Z16, Z17)
	ADD5(Z18, Z19)
	ADD5(Z20, Z21)
	ADD5(Z22, Z23)
	ADD5(Z24, Z25)
	ADD5(Z26, Z27)
	MOVQ    R11, DX

bound5:
	MOVQ    bias+48(FP), R10
	TESTQ   R10, R10
	JZ      store5
	VBROADCASTSS lo+56(FP), Z30
	VBROADCASTSS hi+60(FP), Z31
	BOUND5(0, Z0, Z1)
	BOUND5(4, Z2, Z3)
	BOUND5(8, Z4, Z5)
	BOUND5(12, Z6, Z7)
	BOUND5(16, Z8, Z9)
	BOUND5(20, Z10, Z11)
	BOUND5(24, Z12, Z13)
	BOUND5(28, Z14, Z15)
	BOUND5(32, Z16, Z17)
	BOUND5(36, Z18, Z19)
	BOUND5(40, Z20, Z21)
	BOUND5(44, Z22, Z23)
	BOUND5(48, Z24, Z25)
	BOUND5(52, Z26, Z27)

store5:
	STORE5(Z0, Z1)
	STORE5(Z2, Z3)
	STORE5(Z4, Z5)
	STORE5(Z6, Z7)
	STORE5(Z8, Z9)
	STORE5(Z10, Z11)
	STORE5(Z12, Z13)
	STORE5(Z14, Z15)
	STORE5(Z16, Z17)
	STORE5(Z18, Z19)
	STORE5(Z20, Z21)
	STORE5(Z22, Z23)
	STORE5(Z24, Z25)
	STORE5(Z26, Z27)
	VZEROUPPER
	RET

// Adds the eight sums of a register up into its lowest.
#define REDUCE(y, x, xt) \
	VEXTRACTF128 $1, y, xt \
	VADDPS       xt, x, x  \
	VMOVHLPS     x, x, xt  \
	VADDPS       xt, x, x  \
	VMOVSHDUP    x, xt     \
	VADDSS       xt, x, x

// func dot4AVX2(n int, weights *float32, ldw int, x *float32, sums *[4]float32)
//
// Two registers of sums for each of the four rows, so that no addition waits for the one before.
TEXT ·dot4AVX2(SB), NOSPLIT, $0-40
	MOVQ   n+0(FP), CX
	MOVQ   weights+8(FP), SI
	MOVQ   ldw+16(FP), R8
	MOVQ   x+24(FP), DI
	MOVQ   sums+32(FP), DX
	LEAQ   (SI)(R8*4), R9
	LEAQ   (R9)(R8*4), R10
	LEAQ   (R10)(R8*4), R11
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
	XORQ   AX, AX

dots:
	VMOVUPS     (DI)(AX*4), Y8
	VMOVUPS     32(DI)(AX*4), Y9
	VFMADD231PS (SI)(AX*4), Y8, Y0
	VFMADD231PS 32(SI)(AX*4), Y9, Y1
	VFMADD231PS (R9)(AX*4), Y8, Y2
	VFMADD231PS 32(R9)(AX*4), Y9, Y3
	VFMADD231PS (R10)(AX*4), Y8, Y4
	VFMADD231PS 32(R10)(AX*4), Y9, Y5
	VFMADD231PS (R11)(AX*4), Y8, Y6
	VFMADD231PS 32(R11)(AX*4), Y9, Y7
	ADDQ        $16, AX
	CMPQ        AX, CX
	JLT         dots

	VADDPS Y1, Y0, Y0
	VADDPS Y3, Y2, Y2
	VADDPS Y5, Y4, Y4
	VADDPS Y7, Y6, Y6
	REDUCE(Y0, X0, X8)
	REDUCE(Y2, X2, X8)
	REDUCE(Y4, X4, X8)
	REDUCE(Y6, X6, X8)
	VMOVSS X0, (DX)
	VMOVSS X2, 4(DX)
	VMOVSS X4, 8(DX)
	VMOVSS X6, 12(DX)
	VZEROUPPER
	RET
