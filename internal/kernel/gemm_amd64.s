//go:build amd64 && !noasm

#include "textflag.h"

// Adds a value of A times a row of B to a row of sums.
#define ROW2(offset, sum0, sum1) \
	VBROADCASTSS offset(SI), Y14 \
	VFMADD231PS  Y12, Y14, sum0  \
	VFMADD231PS  Y13, Y14, sum1

// Adds a row of C to its sums, and advances to the next row.
#define ADD2(sum0, sum1) \
	VADDPS (DX), sum0, sum0   \
	VADDPS 32(DX), sum1, sum1 \
	ADDQ   R8, DX

// Adds the bias of a row to its sums and clamps them. If a sum is NaN, MAX and MIN return their first operand here, the
// sum.
#define BOUND2(offset, sum0, sum1) \
	VBROADCASTSS offset(R10), Y12 \
	VADDPS       Y12, sum0, sum0  \
	VADDPS       Y12, sum1, sum1  \
	VMAXPS       sum0, Y14, sum0  \
	VMAXPS       sum1, Y14, sum1  \
	VMINPS       sum0, Y15, sum0  \
	VMINPS       sum1, Y15, sum1

// Writes a row of sums to C, and advances to the next row.
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

