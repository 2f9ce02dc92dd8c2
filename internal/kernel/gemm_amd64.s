//go:build amd64 && !noasm

#include "go_asm.h"
#include "textflag.h"

// A step of multiplyAVX2: adds a value of A times a row of B to a row of sums.
#define ROW2(offset, sum0, sum1) \
	VBROADCASTSS offset(SI), Y14 \
	VFMADD231PS  Y12, Y14, sum0  \
	VFMADD231PS  Y13, Y14, sum1

#define ROW1(value, spread, sum0) \
	VBROADCASTSS value, spread     \
	VFMADD231PS  Y12, spread, sum0

// Adds a row of C to its sums. Y15 masks the last vector.
#define ADD2(sum0, sum1) \
	VADDPS     (R13), sum0, sum0 \
	VMASKMOVPS 32(R13), Y15, Y12 \
	VADDPS     Y12, sum1, sum1

#define ADD1(sum0) \
	VMASKMOVPS (R13), Y15, Y12 \
	VADDPS     Y12, sum0, sum0

// Adds the bias of a row to its sums and clamps them. If a sum is NaN, MAX and MIN return their first operand here, the
// sum.
#define BOUND2(offset, sum0, sum1) \
	VBROADCASTSS offset(R10), Y12 \
	VADDPS       Y12, sum0, sum0  \
	VADDPS       Y12, sum1, sum1  \
	VMAXPS       sum0, Y13, sum0  \
	VMAXPS       sum1, Y13, sum1  \
	VMINPS       sum0, Y14, sum0  \
	VMINPS       sum1, Y14, sum1

#define BOUND1(offset, sum0) \
	VBROADCASTSS offset(R10), Y12 \
	VADDPS       Y12, sum0, sum0  \
	VMAXPS       sum0, Y13, sum0  \
	VMINPS       sum0, Y14, sum0

// Writes a row of sums to C: whole, or with Y15 as the mask of the last vector. Masks are slow on some processors.
#define STORE2(sum0, sum1) \
	VMOVUPS sum0, (R13)   \
	VMOVUPS sum1, 32(R13)

#define PART2(sum0, sum1) \
	VMOVUPS    sum0, (R13)        \
	VMASKMOVPS sum1, Y15, 32(R13)

#define PART1(sum0) \
	VMASKMOVPS sum0, Y15, (R13)

	// Prefetches a row of C that the panel writes, so that it is in the cache after kc steps, and advances to the next.
#define FETCH \
	PREFETCHT0 (R13)   \
	ADDQ       R8, R13

// Advances to the next row of C, or jumps to label after the last.
#define NEXT(rows, label) \
	CMPQ R11, $rows \
	JLE  label      \
	ADDQ R8, R13

// func multiplyAVX2(p *product)
//
// Each iteration multiplies a panel of A. There is a loop for panels of B of two vectors, whose last panel of A has its
// own code if it has at most four rows, and one for panels of a single vector, which multiplies two panels of A at a
// time: with six sums the processor would wait for each. The sums are in the low registers, row by row.
//
//	SI  A               DI  the panel of B
//	DX  rows of C       R8 bytes apart, R11 of them left
//	R10 biases or nil   R12 kc
//	Y15 the lanes of the last vector, R9 whether they are all
TEXT ·multiplyAVX2(SB), NOSPLIT, $0-8
	MOVQ p+0(FP), BX
	MOVQ product_kc(BX), R12
	MOVQ product_a(BX), SI
	MOVQ product_b(BX), DI
	MOVQ product_c(BX), DX
	MOVQ product_ldc(BX), R8
	MOVQ product_bias(BX), R10
	MOVQ product_rows(BX), R11
	SHLQ $2, R8

	// The last vector has 1 to 8 of the 1 to 16 columns.
	MOVQ    product_cols(BX), CX
	DECQ    CX
	MOVQ    CX, AX
	ANDQ    $7, CX
	XORQ    R9, R9
	CMPQ    CX, $7
	SETEQ   R9
	SHLQ    $2, CX
	LEAQ    lastLanes<>+28(SB), R13
	SUBQ    CX, R13
	VMOVUPS (R13), Y15
	CMPQ    AX, $8
	JLT     narrow

wide:
	CMPQ    R11, $4
	JLE     low
	VXORPS  Y0, Y0, Y0
	VMOVAPS Y0, Y1
	VMOVAPS Y0, Y2
	VMOVAPS Y0, Y3
	VMOVAPS Y0, Y4
	VMOVAPS Y0, Y5
	VMOVAPS Y0, Y6
	VMOVAPS Y0, Y7
	VMOVAPS Y0, Y8
	VMOVAPS Y0, Y9
	VMOVAPS Y0, Y10
	VMOVAPS Y0, Y11
	MOVQ    DI, AX
	MOVQ    R12, CX
	MOVQ    DX, R13
	FETCH
	FETCH
	FETCH
	FETCH
	FETCH
	FETCH

wideStep:
	PREFETCHT0 1536(SI)
	VMOVUPS    (AX), Y12
	VMOVUPS    32(AX), Y13
	ROW2(0, Y0, Y1)
	ROW2(4, Y2, Y3)
	ROW2(8, Y4, Y5)
	ROW2(12, Y6, Y7)
	ROW2(16, Y8, Y9)
	ROW2(20, Y10, Y11)
	ADDQ       $24, SI
	ADDQ       $64, AX
	DECQ       CX
	JNZ        wideStep

	MOVBQZX product_add(BX), AX
	TESTQ   AX, AX
	JZ      wideBound
	MOVQ    DX, R13
	ADD2(Y0, Y1)
	ADDQ    R8, R13
	ADD2(Y2, Y3)
	ADDQ    R8, R13
	ADD2(Y4, Y5)
	ADDQ    R8, R13
	ADD2(Y6, Y7)
	ADDQ    R8, R13
	ADD2(Y8, Y9)
	NEXT(5, wideBound)
	ADD2(Y10, Y11)

wideBound:
	TESTQ        R10, R10
	JZ           wideStore
	VBROADCASTSS product_bounds+bounds_lo(BX), Y13
	VBROADCASTSS product_bounds+bounds_hi(BX), Y14
	BOUND2(0, Y0, Y1)
	BOUND2(4, Y2, Y3)
	BOUND2(8, Y4, Y5)
	BOUND2(12, Y6, Y7)
	BOUND2(16, Y8, Y9)
	BOUND2(20, Y10, Y11)
	ADDQ         $24, R10

wideStore:
	MOVQ  DX, R13
	TESTQ R9, R9
	JZ    widePart
	STORE2(Y0, Y1)
	ADDQ  R8, R13
	STORE2(Y2, Y3)
	ADDQ  R8, R13
	STORE2(Y4, Y5)
	ADDQ  R8, R13
	STORE2(Y6, Y7)
	ADDQ  R8, R13
	STORE2(Y8, Y9)
	NEXT(5, done)
	STORE2(Y10, Y11)
	JMP   wideNext

widePart:
	PART2(Y0, Y1)
	ADDQ R8, R13
	PART2(Y2, Y3)
	ADDQ R8, R13
	PART2(Y4, Y5)
	ADDQ R8, R13
	PART2(Y6, Y7)
	ADDQ R8, R13
	PART2(Y8, Y9)
	NEXT(5, done)
	PART2(Y10, Y11)

wideNext:
	LEAQ (R8)(R8*2), AX
	LEAQ (DX)(AX*2), DX
	SUBQ $6, R11
	JG   wide
	JMP  done

low:
	VXORPS  Y0, Y0, Y0
	VMOVAPS Y0, Y1
	VMOVAPS Y0, Y2
	VMOVAPS Y0, Y3
	VMOVAPS Y0, Y4
	VMOVAPS Y0, Y5
	VMOVAPS Y0, Y6
	VMOVAPS Y0, Y7
	MOVQ    DI, AX
	MOVQ    R12, CX

lowStep:
	VMOVUPS (AX), Y12
	VMOVUPS 32(AX), Y13
	ROW2(0, Y0, Y1)
	ROW2(4, Y2, Y3)
	ROW2(8, Y4, Y5)
	ROW2(12, Y6, Y7)
	ADDQ    $24, SI
	ADDQ    $64, AX
	DECQ    CX
	JNZ     lowStep

	MOVBQZX product_add(BX), AX
	TESTQ   AX, AX
	JZ      lowBound
	MOVQ    DX, R13
	ADD2(Y0, Y1)
	NEXT(1, lowBound)
	ADD2(Y2, Y3)
	NEXT(2, lowBound)
	ADD2(Y4, Y5)
	NEXT(3, lowBound)
	ADD2(Y6, Y7)

lowBound:
	TESTQ        R10, R10
	JZ           lowStore
	VBROADCASTSS product_bounds+bounds_lo(BX), Y13
	VBROADCASTSS product_bounds+bounds_hi(BX), Y14
	BOUND2(0, Y0, Y1)
	BOUND2(4, Y2, Y3)
	BOUND2(8, Y4, Y5)
	BOUND2(12, Y6, Y7)

lowStore:
	MOVQ  DX, R13
	TESTQ R9, R9
	JZ    lowPart
	STORE2(Y0, Y1)
	NEXT(1, done)
	STORE2(Y2, Y3)
	NEXT(2, done)
	STORE2(Y4, Y5)
	NEXT(3, done)
	STORE2(Y6, Y7)
	JMP   done

lowPart:
	PART2(Y0, Y1)
	NEXT(1, done)
	PART2(Y2, Y3)
	NEXT(2, done)
	PART2(Y4, Y5)
	NEXT(3, done)
	PART2(Y6, Y7)
	JMP done

narrow:
	LEAQ (R12)(R12*2), R14
	SHLQ $3, R14           // the bytes of a panel of A

pair:
	CMPQ    R11, $6
	JLE     single
	VXORPS  Y0, Y0, Y0
	VMOVAPS Y0, Y1
	VMOVAPS Y0, Y2
	VMOVAPS Y0, Y3
	VMOVAPS Y0, Y4
	VMOVAPS Y0, Y5
	VMOVAPS Y0, Y6
	VMOVAPS Y0, Y7
	VMOVAPS Y0, Y8
	VMOVAPS Y0, Y9
	VMOVAPS Y0, Y10
	VMOVAPS Y0, Y11
	MOVQ    DI, AX
	MOVQ    R12, CX

pairStep:
	VMOVUPS (AX), Y12
	ROW1(0(SI), Y13, Y0)
	ROW1(0(SI)(R14*1), Y14, Y6)
	ROW1(4(SI), Y13, Y1)
	ROW1(4(SI)(R14*1), Y14, Y7)
	ROW1(8(SI), Y13, Y2)
	ROW1(8(SI)(R14*1), Y14, Y8)
	ROW1(12(SI), Y13, Y3)
	ROW1(12(SI)(R14*1), Y14, Y9)
	ROW1(16(SI), Y13, Y4)
	ROW1(16(SI)(R14*1), Y14, Y10)
	ROW1(20(SI), Y13, Y5)
	ROW1(20(SI)(R14*1), Y14, Y11)
	ADDQ    $24, SI
	ADDQ    $64, AX
	DECQ    CX
	JNZ     pairStep
	ADDQ    R14, SI

	MOVBQZX product_add(BX), AX
	TESTQ   AX, AX
	JZ      pairBound
	MOVQ    DX, R13
	ADD1(Y0)
	ADDQ    R8, R13
	ADD1(Y1)
	ADDQ    R8, R13
	ADD1(Y2)
	ADDQ    R8, R13
	ADD1(Y3)
	ADDQ    R8, R13
	ADD1(Y4)
	ADDQ    R8, R13
	ADD1(Y5)
	ADDQ    R8, R13
	ADD1(Y6)
	NEXT(7, pairBound)
	ADD1(Y7)
	NEXT(8, pairBound)
	ADD1(Y8)
	NEXT(9, pairBound)
	ADD1(Y9)
	NEXT(10, pairBound)
	ADD1(Y10)
	NEXT(11, pairBound)
	ADD1(Y11)

pairBound:
	TESTQ        R10, R10
	JZ           pairStore
	VBROADCASTSS product_bounds+bounds_lo(BX), Y13
	VBROADCASTSS product_bounds+bounds_hi(BX), Y14
	BOUND1(0, Y0)
	BOUND1(4, Y1)
	BOUND1(8, Y2)
	BOUND1(12, Y3)
	BOUND1(16, Y4)
	BOUND1(20, Y5)
	BOUND1(24, Y6)
	BOUND1(28, Y7)
	BOUND1(32, Y8)
	BOUND1(36, Y9)
	BOUND1(40, Y10)
	BOUND1(44, Y11)
	ADDQ         $48, R10

pairStore:
	MOVQ DX, R13
	PART1(Y0)
	ADDQ R8, R13
	PART1(Y1)
	ADDQ R8, R13
	PART1(Y2)
	ADDQ R8, R13
	PART1(Y3)
	ADDQ R8, R13
	PART1(Y4)
	ADDQ R8, R13
	PART1(Y5)
	ADDQ R8, R13
	PART1(Y6)
	NEXT(7, done)
	PART1(Y7)
	NEXT(8, done)
	PART1(Y8)
	NEXT(9, done)
	PART1(Y9)
	NEXT(10, done)
	PART1(Y10)
	NEXT(11, done)
	PART1(Y11)
	LEAQ (R8)(R8*2), AX
	LEAQ (DX)(AX*4), DX
	SUBQ $12, R11
	JG   pair
	JMP  done

single:
	VXORPS  Y0, Y0, Y0
	VMOVAPS Y0, Y1
	VMOVAPS Y0, Y2
	VMOVAPS Y0, Y3
	VMOVAPS Y0, Y4
	VMOVAPS Y0, Y5
	MOVQ    DI, AX
	MOVQ    R12, CX

singleStep:
	VMOVUPS (AX), Y12
	ROW1(0(SI), Y13, Y0)
	ROW1(4(SI), Y14, Y1)
	ROW1(8(SI), Y13, Y2)
	ROW1(12(SI), Y14, Y3)
	ROW1(16(SI), Y13, Y4)
	ROW1(20(SI), Y14, Y5)
	ADDQ    $24, SI
	ADDQ    $64, AX
	DECQ    CX
	JNZ     singleStep

	MOVBQZX product_add(BX), AX
	TESTQ   AX, AX
	JZ      singleBound
	MOVQ    DX, R13
	ADD1(Y0)
	NEXT(1, singleBound)
	ADD1(Y1)
	NEXT(2, singleBound)
	ADD1(Y2)
	NEXT(3, singleBound)
	ADD1(Y3)
	NEXT(4, singleBound)
	ADD1(Y4)
	NEXT(5, singleBound)
	ADD1(Y5)

singleBound:
	TESTQ        R10, R10
	JZ           singleStore
	VBROADCASTSS product_bounds+bounds_lo(BX), Y13
	VBROADCASTSS product_bounds+bounds_hi(BX), Y14
	BOUND1(0, Y0)
	BOUND1(4, Y1)
	BOUND1(8, Y2)
	BOUND1(12, Y3)
	BOUND1(16, Y4)
	BOUND1(20, Y5)

singleStore:
	MOVQ DX, R13
	PART1(Y0)
	NEXT(1, done)
	PART1(Y1)
	NEXT(2, done)
	PART1(Y2)
	NEXT(3, done)
	PART1(Y3)
	NEXT(4, done)
	PART1(Y4)
	NEXT(5, done)
	PART1(Y5)

done:
	VZEROUPPER
	RET

// Eight lanes, then none: a mask of the first n lanes begins at lane 8-n.
DATA lastLanes<>+0(SB)/4, $0xffffffff
DATA lastLanes<>+4(SB)/4, $0xffffffff
DATA lastLanes<>+8(SB)/4, $0xffffffff
DATA lastLanes<>+12(SB)/4, $0xffffffff
DATA lastLanes<>+16(SB)/4, $0xffffffff
DATA lastLanes<>+20(SB)/4, $0xffffffff
DATA lastLanes<>+24(SB)/4, $0xffffffff
DATA lastLanes<>+28(SB)/4, $0xffffffff
DATA lastLanes<>+32(SB)/4, $0
DATA lastLanes<>+36(SB)/4, $0
DATA lastLanes<>+40(SB)/4, $0
DATA lastLanes<>+44(SB)/4, $0
DATA lastLanes<>+48(SB)/4, $0
DATA lastLanes<>+52(SB)/4, $0
DATA lastLanes<>+56(SB)/4, $0
DATA lastLanes<>+60(SB)/4, $0
GLOBL lastLanes<>(SB), RODATA|NOPTR, $64
