//go:build amd64 && !noasm

#include "go_asm.h"
#include "textflag.h"

// A step of multiplyAVX512: adds a value of A times a row of B to a row of sums.
#define ROW3(offset, spread, sum0, sum1, sum2) \
	VBROADCASTSS offset(SI), spread \
	VFMADD231PS  Z24, spread, sum0  \
	VFMADD231PS  Z25, spread, sum1  \
	VFMADD231PS  Z26, spread, sum2

#define ROW2(offset, spread, sum0, sum1) \
	VBROADCASTSS offset(SI), spread \
	VFMADD231PS  Z25, spread, sum0  \
	VFMADD231PS  Z26, spread, sum1

#define ROW1(offset, spread, sum0) \
	VBROADCASTSS offset(SI), spread \
	VFMADD231PS  Z26, spread, sum0

// Adds the products of a step to a tile, whose sums are in Z0 to Z23, row by row.
#define ROWS3 \
	ROW3(0, Z27, Z0, Z1, Z2)     \
	ROW3(4, Z28, Z3, Z4, Z5)     \
	ROW3(8, Z29, Z6, Z7, Z8)     \
	ROW3(12, Z30, Z9, Z10, Z11)  \
	ROW3(16, Z27, Z12, Z13, Z14) \
	ROW3(20, Z28, Z15, Z16, Z17) \
	ROW3(24, Z29, Z18, Z19, Z20) \
	ROW3(28, Z30, Z21, Z22, Z23)

// A step of panels of three vectors.
#define STEP3 \
	PREFETCHT0 1536(SI)         \
	PREFETCHT1 (R15)            \
	ADDQ       step-8(SP), R15  \
	VMOVUPS    (AX), Z24        \
	VMOVUPS    64(AX), Z25      \
	VMOVUPS.Z  128(AX), K1, Z26 \
	ROWS3

// Adds a row of C to its sums. K1 masks the last vector.
#define ADD3(sum0, sum1, sum2) \
	VADDPS (R13), sum0, sum0        \
	VADDPS 64(R13), sum1, sum1      \
	VADDPS 128(R13), sum2, K1, sum2

#define ADD2(sum0, sum1) \
	VADDPS (R13), sum0, sum0       \
	VADDPS 64(R13), sum1, K1, sum1

#define ADD1(sum0) \
	VADDPS (R13), sum0, K1, sum0

// Adds the bias of a row to its sums and clamps them. If a sum is NaN, MAX and MIN return their first operand here, the
// sum.
#define BOUND3(offset, sum0, sum1, sum2) \
	VBROADCASTSS offset(R10), Z27 \
	VADDPS       Z27, sum0, sum0  \
	VADDPS       Z27, sum1, sum1  \
	VADDPS       Z27, sum2, sum2  \
	VMAXPS       sum0, Z30, sum0  \
	VMAXPS       sum1, Z30, sum1  \
	VMAXPS       sum2, Z30, sum2  \
	VMINPS       sum0, Z31, sum0  \
	VMINPS       sum1, Z31, sum1  \
	VMINPS       sum2, Z31, sum2

// The same for all rows of a tile. Advances to the biases of the next.
#define BOUND_TILE3 \
	BOUND3(0, Z0, Z1, Z2)     \
	BOUND3(4, Z3, Z4, Z5)     \
	BOUND3(8, Z6, Z7, Z8)     \
	BOUND3(12, Z9, Z10, Z11)  \
	BOUND3(16, Z12, Z13, Z14) \
	BOUND3(20, Z15, Z16, Z17) \
	BOUND3(24, Z18, Z19, Z20) \
	BOUND3(28, Z21, Z22, Z23) \
	ADDQ $32, R10

#define BOUND2(offset, sum0, sum1) \
	VBROADCASTSS offset(R10), Z27 \
	VADDPS       Z27, sum0, sum0  \
	VADDPS       Z27, sum1, sum1  \
	VMAXPS       sum0, Z30, sum0  \
	VMAXPS       sum1, Z30, sum1  \
	VMINPS       sum0, Z31, sum0  \
	VMINPS       sum1, Z31, sum1

#define BOUND1(offset, sum0) \
	VBROADCASTSS offset(R10), Z27 \
	VADDPS       Z27, sum0, sum0  \
	VMAXPS       sum0, Z30, sum0  \
	VMINPS       sum0, Z31, sum0

// Writes a row of sums to C.
#define STORE3(sum0, sum1, sum2) \
	VMOVUPS sum0, (R13)        \
	VMOVUPS sum1, 64(R13)      \
	VMOVUPS sum2, K1, 128(R13)

#define STORE2(sum0, sum1) \
	VMOVUPS sum0, (R13)       \
	VMOVUPS sum1, K1, 64(R13)

#define STORE1(sum0) \
	VMOVUPS sum0, K1, (R13)

// Advances to the next row of C, or jumps to label after the last.
#define NEXT(rows, label) \
	CMPQ R11, $rows \
	JLE  label      \
	ADDQ R8, R13

// Applies a macro to each row of C and its sums, or jumps to label after the last.
#define EACH_ROW3(do, label) \
	do(Z0, Z1, Z2)    \
	NEXT(1, label)    \
	do(Z3, Z4, Z5)    \
	NEXT(2, label)    \
	do(Z6, Z7, Z8)    \
	NEXT(3, label)    \
	do(Z9, Z10, Z11)  \
	NEXT(4, label)    \
	do(Z12, Z13, Z14) \
	NEXT(5, label)    \
	do(Z15, Z16, Z17) \
	NEXT(6, label)    \
	do(Z18, Z19, Z20) \
	NEXT(7, label)    \
	do(Z21, Z22, Z23)

// PREFETCHW 0(R13), 64(R13) and 128(R13), which Go's assembler does not support.
#define PREFETCHW_R13_0 \
	BYTE $0x41; BYTE $0x0F; BYTE $0x0D; BYTE $0x4D; BYTE $0x00

#define PREFETCHW_R13_64 \
	BYTE $0x41; BYTE $0x0F; BYTE $0x0D; BYTE $0x4D; BYTE $0x40

#define PREFETCHW_R13_128 \
	BYTE $0x41; BYTE $0x0F; BYTE $0x0D; BYTE $0x8D; LONG $0x00000080

// Sets eight sums to zero.
#define CLEAR8(z0, z1, z2, z3, z4, z5, z6, z7) \
	VPXORD  z0, z0, z0 \
	VMOVAPS z0, z1     \
	VMOVAPS z0, z2     \
	VMOVAPS z0, z3     \
	VMOVAPS z0, z4     \
	VMOVAPS z0, z5     \
	VMOVAPS z0, z6     \
	VMOVAPS z0, z7

// Prefetches the rows of C that a panel writes, so that they are in the cache after kc steps.
#define FETCH(label) \
	MOVQ   DX, R13    \
	MOVQ   $8, CX     \
label: \
	PREFETCHW_R13_0   \
	PREFETCHW_R13_64  \
	PREFETCHW_R13_128 \
	ADDQ   R8, R13    \
	DECQ   CX         \
	JNZ    label

// func multiplyAVX512(p *product)
//
// Three loops, for panels of B of one, two and three vectors. Each iteration multiplies a panel of A. Its sums are in
// the low registers, row by row, the row of B in Z24 to Z26, and values of A in Z27 to Z30.
//
//	SI  A               DI  the panel of B, its rows R9 bytes apart
//	DX  rows of C       R8 bytes apart, R11 of them left
//	R10 biases or nil   R12 kc
//	K1  the lanes of the last vector
//
// In panels of three vectors, the first three iterations each prefetch a line of every row of the next panel of B: the
// rows are too far apart for the processor to predict, and one row a step is as fast as memory delivers them. R14 is
// where the next iteration begins, or 0, R15 the line of the next step. Without any, R15 stays at a line that is at
// hand.
//
// The sums of an extra column are in Z31, each row's twice, and R13 is at its next value.
TEXT ·multiplyAVX512(SB), NOSPLIT, $48-8
	MOVQ p+0(FP), BX
	MOVQ product_kc(BX), R12
	MOVQ product_a(BX), SI
	MOVQ product_b(BX), DI
	MOVQ product_ldb(BX), R9
	MOVQ product_c(BX), DX
	MOVQ product_ldc(BX), R8
	MOVQ product_bias(BX), R10
	MOVQ product_rows(BX), R11
	SHLQ $2, R8
	SHLQ $2, R9

	// The last vector has 1 to 16 of the 1 to 48 columns, not counting an extra one.
	MOVQ    product_cols(BX), CX
	MOVQ    $48, AX
	CMPQ    CX, AX
	CMOVQGT AX, CX
	DECQ    CX
	MOVQ    CX, R15
	SHRQ    $4, R15
	ANDQ    $15, CX
	MOVL    $2, AX
	SHLL    CX, AX
	DECL    AX
	KMOVW   AX, K1
	MOVQ    product_ldextra(BX), AX
	SHLQ    $2, AX
	MOVQ    AX, ldextra-16(SP)
	MOVQ    product_ahead(BX), R14
	TESTQ   R14, R14
	JEQ     none
	LEAQ    (DI)(R14*4), R14

none:
	CMPQ R15, $1
	JLT  panel1
	JEQ  panel2

panel3:
	CLEAR8(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7)
	CLEAR8(Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15)
	CLEAR8(Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23)
	MOVQ    DI, AX
	LEAQ    step-8(SP), R15
	MOVQ    $0, step-8(SP)
	TESTQ   R14, R14
	JEQ     fetch
	MOVQ    R14, R15
	MOVQ    R9, step-8(SP)
	ADDQ    $64, R14
	MOVQ    product_ahead(BX), R13
	LEAQ    192(DI)(R13*4), R13
	XORL    CX, CX
	CMPQ    R14, R13
	CMOVQEQ CX, R14

fetch:
	FETCH(next3)
	MOVQ  R12, CX
	MOVQ  product_extra(BX), R13
	TESTQ R13, R13
	JNE   extra

	PCALIGN $64

step3:
	STEP3
	ADDQ $32, SI
	ADDQ R9, AX
	DECQ CX
	JNZ  step3

sums3:
	MOVBQZX product_add(BX), AX
	TESTQ   AX, AX
	JZ      bound3
	MOVQ    DX, R13
	EACH_ROW3(ADD3, bound3)

bound3:
	TESTQ        R10, R10
	JZ           store3
	VBROADCASTSS product_bounds+bounds_lo(BX), Z30
	VBROADCASTSS product_bounds+bounds_hi(BX), Z31
	BOUND_TILE3

store3:
	MOVQ DX, R13
	EACH_ROW3(STORE3, done)
	LEAQ (DX)(R8*8), DX
	SUBQ $8, R11
	JG   panel3
	JMP  done

extra:
	VPXORD Z31, Z31, Z31

	PCALIGN $64

stepExtra:
	STEP3
	VBROADCASTF64X4  (SI), Z27
	VFMADD231PS.BCST (R13), Z27, Z31
	ADDQ             $32, SI
	ADDQ             R9, AX
	ADDQ             ldextra-16(SP), R13
	DECQ             CX
	JNZ              stepExtra

	VEXTRACTF64X4 $0, Z31, column-48(SP)
	VMOVSS        product_bounds+bounds_lo(BX), X30
	VMOVSS        product_bounds+bounds_hi(BX), X31
	LEAQ          192(DX), R13
	XORQ          CX, CX

row:
	VMOVSS  column-48(SP)(CX*4), X27
	MOVBQZX product_add(BX), AX
	TESTQ   AX, AX
	JZ      bound
	VADDSS  (R13), X27, X27

bound:
	TESTQ  R10, R10
	JZ     store
	VADDSS (R10)(CX*4), X27, X27
	VMAXSS X27, X30, X27
	VMINSS X27, X31, X27

store:
	VMOVSS X27, (R13)
	ADDQ   R8, R13
	INCQ   CX
	CMPQ   CX, R11
	JGE    sums3
	CMPQ   CX, $8
	JLT    row
	JMP    sums3

panel2:
	CLEAR8(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7)
	CLEAR8(Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15)
	FETCH(next2)
	MOVQ DI, AX
	MOVQ R12, CX

	PCALIGN $64

step2:
	PREFETCHT0 1536(SI)
	VMOVUPS    (AX), Z25
	VMOVUPS.Z  64(AX), K1, Z26
	ROW2(0, Z27, Z0, Z1)
	ROW2(4, Z28, Z2, Z3)
	ROW2(8, Z29, Z4, Z5)
	ROW2(12, Z30, Z6, Z7)
	ROW2(16, Z27, Z8, Z9)
	ROW2(20, Z28, Z10, Z11)
	ROW2(24, Z29, Z12, Z13)
	ROW2(28, Z30, Z14, Z15)
	ADDQ       $32, SI
	ADDQ       R9, AX
	DECQ       CX
	JNZ        step2

	MOVBQZX product_add(BX), AX
	TESTQ   AX, AX
	JZ      bound2
	MOVQ    DX, R13
	ADD2(Z0, Z1)
	NEXT(1, bound2)
	ADD2(Z2, Z3)
	NEXT(2, bound2)
	ADD2(Z4, Z5)
	NEXT(3, bound2)
	ADD2(Z6, Z7)
	NEXT(4, bound2)
	ADD2(Z8, Z9)
	NEXT(5, bound2)
	ADD2(Z10, Z11)
	NEXT(6, bound2)
	ADD2(Z12, Z13)
	NEXT(7, bound2)
	ADD2(Z14, Z15)

bound2:
	TESTQ        R10, R10
	JZ           store2
	VBROADCASTSS product_bounds+bounds_lo(BX), Z30
	VBROADCASTSS product_bounds+bounds_hi(BX), Z31
	BOUND2(0, Z0, Z1)
	BOUND2(4, Z2, Z3)
	BOUND2(8, Z4, Z5)
	BOUND2(12, Z6, Z7)
	BOUND2(16, Z8, Z9)
	BOUND2(20, Z10, Z11)
	BOUND2(24, Z12, Z13)
	BOUND2(28, Z14, Z15)
	ADDQ         $32, R10

store2:
	MOVQ DX, R13
	STORE2(Z0, Z1)
	NEXT(1, done)
	STORE2(Z2, Z3)
	NEXT(2, done)
	STORE2(Z4, Z5)
	NEXT(3, done)
	STORE2(Z6, Z7)
	NEXT(4, done)
	STORE2(Z8, Z9)
	NEXT(5, done)
	STORE2(Z10, Z11)
	NEXT(6, done)
	STORE2(Z12, Z13)
	NEXT(7, done)
	STORE2(Z14, Z15)
	LEAQ (DX)(R8*8), DX
	SUBQ $8, R11
	JG   panel2
	JMP  done

panel1:
	CLEAR8(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7)
	FETCH(next1)
	MOVQ DI, AX
	MOVQ R12, CX

	PCALIGN $64

step1:
	PREFETCHT0 1536(SI)
	VMOVUPS.Z  (AX), K1, Z26
	ROW1(0, Z27, Z0)
	ROW1(4, Z28, Z1)
	ROW1(8, Z29, Z2)
	ROW1(12, Z30, Z3)
	ROW1(16, Z27, Z4)
	ROW1(20, Z28, Z5)
	ROW1(24, Z29, Z6)
	ROW1(28, Z30, Z7)
	ADDQ       $32, SI
	ADDQ       R9, AX
	DECQ       CX
	JNZ        step1

	MOVBQZX product_add(BX), AX
	TESTQ   AX, AX
	JZ      bound1
	MOVQ    DX, R13
	ADD1(Z0)
	NEXT(1, bound1)
	ADD1(Z1)
	NEXT(2, bound1)
	ADD1(Z2)
	NEXT(3, bound1)
	ADD1(Z3)
	NEXT(4, bound1)
	ADD1(Z4)
	NEXT(5, bound1)
	ADD1(Z5)
	NEXT(6, bound1)
	ADD1(Z6)
	NEXT(7, bound1)
	ADD1(Z7)

bound1:
	TESTQ        R10, R10
	JZ           store1
	VBROADCASTSS product_bounds+bounds_lo(BX), Z30
	VBROADCASTSS product_bounds+bounds_hi(BX), Z31
	BOUND1(0, Z0)
	BOUND1(4, Z1)
	BOUND1(8, Z2)
	BOUND1(12, Z3)
	BOUND1(16, Z4)
	BOUND1(20, Z5)
	BOUND1(24, Z6)
	BOUND1(28, Z7)
	ADDQ         $32, R10

store1:
	MOVQ DX, R13
	STORE1(Z0)
	NEXT(1, done)
	STORE1(Z1)
	NEXT(2, done)
	STORE1(Z2)
	NEXT(3, done)
	STORE1(Z3)
	NEXT(4, done)
	STORE1(Z4)
	NEXT(5, done)
	STORE1(Z5)
	NEXT(6, done)
	STORE1(Z6)
	NEXT(7, done)
	STORE1(Z7)
	LEAQ (DX)(R8*8), DX
	SUBQ $8, R11
	JG   panel1

done:
	VZEROUPPER
	RET

// Adds the values of C that are wanted to a row of sums: K1 to K3 mark their lanes, and K4 to K6 as many low lanes. In C
// they are adjacent, those of the second and third vector R14 and R15 bytes after the first.
#define ADD_WANTED(sum0, sum1, sum2) \
	VMOVUPS.Z   (R13), K4, Z24         \
	VMOVUPS.Z   (R13)(R14*1), K5, Z25  \
	VMOVUPS.Z   (R13)(R15*1), K6, Z26  \
	VEXPANDPS.Z Z24, K1, Z24           \
	VEXPANDPS.Z Z25, K2, Z25           \
	VEXPANDPS.Z Z26, K3, Z26           \
	VADDPS      Z24, sum0, sum0        \
	VADDPS      Z25, sum1, sum1        \
	VADDPS      Z26, sum2, sum2

// Writes the sums that are wanted to C.
#define STORE_WANTED(sum0, sum1, sum2) \
	VCOMPRESSPS.Z sum0, K1, Z24         \
	VCOMPRESSPS.Z sum1, K2, Z25         \
	VCOMPRESSPS.Z sum2, K3, Z26         \
	VMOVUPS       Z24, K4, (R13)        \
	VMOVUPS       Z25, K5, (R13)(R14*1) \
	VMOVUPS       Z26, K6, (R13)(R15*1)

// Marks the lanes of AX, 16 of a tile's, in k, and as many low lanes in low. DI becomes their number.
#define WANTED(k, low) \
	MOVWLZX AX, AX \
	KMOVW   AX, k  \
	POPCNTL AX, DI \
	MOVL    $1, R9 \
	MOVL    DI, CX \
	SHLL    CX, R9 \
	DECL    R9     \
	KMOVW   R9, low

// func multiplyTapsAVX512(p *tapProduct)
//
// As the loop for three vectors of multiplyAVX512, with rows of B at the offsets in R9. The product comes first in p.
TEXT ·multiplyTapsAVX512(SB), NOSPLIT, $0-8
	MOVQ p+0(FP), BX
	MOVQ tapProduct_wanted(BX), R10
	MOVQ R10, AX
	WANTED(K1, K4)
	LEAQ (DI*4), R14
	MOVQ R10, AX
	SHRQ $16, AX
	WANTED(K2, K5)
	LEAQ (R14)(DI*4), R15
	MOVQ R10, AX
	SHRQ $32, AX
	WANTED(K3, K6)
	MOVQ product_a(BX), SI
	MOVQ product_b(BX), DI
	MOVQ product_c(BX), DX
	MOVQ product_ldc(BX), R8
	MOVQ product_bias(BX), R10
	MOVQ product_rows(BX), R11
	MOVQ tapProduct_offsets(BX), R9
	MOVQ product_kc(BX), R12
	SHLQ $2, R8
	LEAQ (R9)(R12*4), R9
	NEGQ R12

panel:
	CLEAR8(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7)
	CLEAR8(Z8, Z9, Z10, Z11, Z12, Z13, Z14, Z15)
	CLEAR8(Z16, Z17, Z18, Z19, Z20, Z21, Z22, Z23)
	FETCH(next)
	MOVQ R12, CX

	PCALIGN $64

step:
	MOVLQSX    (R9)(CX*4), AX
	PREFETCHT0 1536(SI)
	VMOVUPS    (DI)(AX*4), Z24
	VMOVUPS    64(DI)(AX*4), Z25
	VMOVUPS    128(DI)(AX*4), Z26
	ROWS3
	ADDQ       $32, SI
	INCQ       CX
	JNZ        step

	MOVBQZX product_add(BX), AX
	TESTQ   AX, AX
	JZ      bound
	MOVQ    DX, R13
	EACH_ROW3(ADD_WANTED, bound)

bound:
	TESTQ        R10, R10
	JZ           store
	VBROADCASTSS product_bounds+bounds_lo(BX), Z30
	VBROADCASTSS product_bounds+bounds_hi(BX), Z31
	BOUND_TILE3

store:
	MOVQ DX, R13
	EACH_ROW3(STORE_WANTED, done)
	LEAQ (DX)(R8*8), DX
	SUBQ $8, R11
	JG   panel

done:
	VZEROUPPER
	RET

// The sums of a row at offset(AX), for the columns of K1. Adds the values of C for the columns of K2, and the bias at
// CX, unless it is nil, and clamps. Advances to the next of DI rows, or jumps to done after the last.
#define FEW_ROW(offset, label) \
	VMOVUPS.Z    offset(AX), K1, Z0 \
	VADDPS       (DX), Z0, K2, Z0   \
	TESTQ        CX, CX             \
	JZ           label              \
	VBROADCASTSS (CX), Z1           \
	VADDPS       Z1, Z0, Z0         \
	VMAXPS       Z0, Z30, Z0        \
	VMINPS       Z0, Z31, Z0        \
	ADDQ         $4, CX             \
label: \
	VMOVUPS      Z0, K1, (DX)       \
	ADDQ         R8, DX             \
	DECQ         DI                 \
	JZ           done

// Writes four registers of columns, each with the rows of two panels, as rows of four values: every fourth row
// together, 128 bytes apart.
#define FEW_ROWS(c0, c1, c2, c3, offset) \
	VUNPCKLPS c1, c0, Z8          \
	VUNPCKHPS c1, c0, Z9          \
	VUNPCKLPS c3, c2, Z10         \
	VUNPCKHPS c3, c2, Z11         \
	VUNPCKLPD Z10, Z8, Z12        \
	VUNPCKHPD Z10, Z8, Z13        \
	VUNPCKLPD Z11, Z9, Z14        \
	VUNPCKHPD Z11, Z9, Z15        \
	VMOVUPS   Z12, offset(AX)     \
	VMOVUPS   Z13, 128+offset(AX) \
	VMOVUPS   Z14, 256+offset(AX) \
	VMOVUPS   Z15, 384+offset(AX)

// func multiplyFewAVX512(p *product)
//
// For two to four columns of B, such as the last of the 196 of a 14x14 plane, registers hold columns: the sums of a
// column and two panels of A. An iteration multiplies four panels, with the sums of the first two in Z0 to Z3 and of
// the others in Z4 to Z7. Panels after the last are the last again, and so are columns.
//
//	SI, R13, R14, R15  four panels of A, R12 bytes each
//	AX                 a row of B, the next is R9 bytes further, its third and fourth value at R10 and R11
//	DX                 rows of C, R8 bytes apart, DI of them left
//	K1, K2             the columns; those to which C is added
TEXT ·multiplyFewAVX512(SB), NOSPLIT, $0-8
	MOVQ         p+0(FP), BX
	MOVQ         product_kc(BX), R12
	MOVQ         product_a(BX), SI
	MOVQ         product_ldb(BX), R9
	MOVQ         product_c(BX), DX
	MOVQ         product_ldc(BX), R8
	MOVQ         product_rows(BX), DI
	SHLQ         $5, R12
	SHLQ         $2, R9
	SHLQ         $2, R8
	VBROADCASTSS product_bounds+bounds_lo(BX), Z30
	VBROADCASTSS product_bounds+bounds_hi(BX), Z31

	MOVQ    product_cols(BX), CX
	MOVL    $1, AX
	SHLL    CX, AX
	DECL    AX
	KMOVW   AX, K1
	MOVBLZX product_add(BX), R10
	NEGL    R10
	ANDL    R10, AX
	KMOVW   AX, K2
	LEAQ    -4(CX*4), R11
	MOVQ    $8, R10
	CMPQ    R11, R10
	CMOVQLT R11, R10

panels:
	LEAQ    (SI)(R12*1), R13
	CMPQ    DI, $8
	CMOVQLE SI, R13
	LEAQ    (R13)(R12*1), R14
	CMPQ    DI, $16
	CMOVQLE R13, R14
	LEAQ    (R14)(R12*1), R15
	CMPQ    DI, $24
	CMOVQLE R14, R15
	CLEAR8(Z0, Z1, Z2, Z3, Z4, Z5, Z6, Z7)
	MOVQ    product_b(BX), AX
	XORQ    CX, CX

step:
	VMOVUPS      (SI)(CX*1), Y8
	VINSERTF64X4 $1, (R13)(CX*1), Z8, Z8
	VMOVUPS      (R14)(CX*1), Y9
	VINSERTF64X4 $1, (R15)(CX*1), Z9, Z9
	VBROADCASTSS (AX), Z10
	VBROADCASTSS 4(AX), Z11
	VBROADCASTSS (AX)(R10*1), Z12
	VBROADCASTSS (AX)(R11*1), Z13
	VFMADD231PS  Z10, Z8, Z0
	VFMADD231PS  Z11, Z8, Z1
	VFMADD231PS  Z12, Z8, Z2
	VFMADD231PS  Z13, Z8, Z3
	VFMADD231PS  Z10, Z9, Z4
	VFMADD231PS  Z11, Z9, Z5
	VFMADD231PS  Z12, Z9, Z6
	VFMADD231PS  Z13, Z9, Z7
	ADDQ         R9, AX
	ADDQ         $32, CX
	CMPQ         CX, R12
	JNE          step

	LEAQ  (SI)(R12*4), SI
	MOVQ  product_edge(BX), AX
	FEW_ROWS(Z0, Z1, Z2, Z3, 0)
	FEW_ROWS(Z4, Z5, Z6, Z7, 64)
	MOVQ  product_bias(BX), CX
	TESTQ CX, CX
	JZ    rows
	MOVQ  product_rows(BX), R13
	SUBQ  DI, R13
	LEAQ  (CX)(R13*4), CX

rows:
	MOVQ $8, R13

four:
	FEW_ROW(0, store0)
	FEW_ROW(128, store1)
	FEW_ROW(256, store2)
	FEW_ROW(384, store3)
	ADDQ $16, AX
	DECQ R13
	JNZ  four
	JMP  panels

done:
	VZEROUPPER
	RET

// func columnAVX512(kc int, a *float32, panels int, b *float32, ldb int, sums *float32)
//
// For a single column of B, a panel of A is a sequence of vectors of eight rows. Eight panels are computed at a time,
// as each addition waits for the previous one, and the remaining panels one by one.
TEXT ·columnAVX512(SB), NOSPLIT, $0-48
	MOVQ kc+0(FP), R12
	MOVQ a+8(FP), SI
	MOVQ panels+16(FP), R10
	MOVQ b+24(FP), DI
	MOVQ ldb+32(FP), R9
	MOVQ sums+40(FP), DX
	SHLQ $2, R9
	MOVQ R12, R15
	SHLQ $5, R15            // bytes of a panel

more:
	MOVQ   R12, CX
	MOVQ   DI, AX
	VXORPS Y0, Y0, Y0
	CMPQ   R10, $8
	JLT    single

	LEAQ    (R15)(R15*2), R13
	LEAQ    (SI)(R13*2), R14
	ADDQ    SI, R13
	VMOVAPS Y0, Y1
	VMOVAPS Y0, Y2
	VMOVAPS Y0, Y3
	VMOVAPS Y0, Y4
	VMOVAPS Y0, Y5
	VMOVAPS Y0, Y6
	VMOVAPS Y0, Y7

eight:
	VBROADCASTSS (AX), Y8
	VFMADD231PS  (SI), Y8, Y0
	VFMADD231PS  (SI)(R15*1), Y8, Y1
	VFMADD231PS  (SI)(R15*2), Y8, Y2
	VFMADD231PS  (R13), Y8, Y3
	VFMADD231PS  (R13)(R15*1), Y8, Y4
	VFMADD231PS  (R13)(R15*2), Y8, Y5
	VFMADD231PS  (R14), Y8, Y6
	VFMADD231PS  (R14)(R15*1), Y8, Y7
	ADDQ         $32, SI
	ADDQ         $32, R13
	ADDQ         $32, R14
	ADDQ         R9, AX
	DECQ         CX
	JNZ          eight

	VMOVUPS Y0, (DX)
	VMOVUPS Y1, 32(DX)
	VMOVUPS Y2, 64(DX)
	VMOVUPS Y3, 96(DX)
	VMOVUPS Y4, 128(DX)
	VMOVUPS Y5, 160(DX)
	VMOVUPS Y6, 192(DX)
	VMOVUPS Y7, 224(DX)
	ADDQ    $256, DX
	LEAQ    (R14)(R15*1), SI // SI, R13 and R14 are at the end of a panel
	SUBQ    $8, R10
	JNZ     more
	JMP     end

single:
	VBROADCASTSS (AX), Y8
	VFMADD231PS  (SI), Y8, Y0
	ADDQ         $32, SI
	ADDQ         R9, AX
	DECQ         CX
	JNZ          single
	VMOVUPS      Y0, (DX)
	ADDQ         $32, DX
	DECQ         R10
	JNZ          more

end:
	VZEROUPPER
	RET

// func packRowsAVX512(dst *float32, ldd int, src *float32, at, next, stride int, steps *packStep, n, rows int)
//
// Each step also prefetches from src[next:], which is packed later: rows of planes are too short and too far apart for
// the processor to predict.
//
// Z0 holds the vector of dst that consecutive steps fill. It is written after each step, which costs less than
// detecting the last one.
TEXT ·packRowsAVX512(SB), NOSPLIT, $0-72
	MOVQ    dst+0(FP), DI
	MOVQ    ldd+8(FP), DX
	MOVQ    src+16(FP), SI
	MOVQ    at+24(FP), AX
	MOVQ    next+32(FP), CX
	LEAQ    (SI)(CX*4), R12
	LEAQ    (SI)(AX*4), SI
	MOVQ    steps+48(FP), R8
	MOVQ    rows+64(FP), R10
	SHLQ    $2, DX
	MOVL    $0x55555555, R11
	VMOVUPS evens<>(SB), Z3

row:
	MOVQ n+56(FP), R9
	CMPQ stride+40(FP), $2
	JEQ  step2

step:
	MOVLQSX    packStep_src(R8), AX
	MOVLQSX    packStep_dst(R8), CX
	KMOVW      packStep_lanes(R8), K1
	KMOVW      packStep_kept(R8), K2
	PREFETCHT0 (R12)(AX*4)
	VMOVAPS.Z  Z0, K2, Z0
	VMOVUPS    (SI)(AX*4), K1, Z0
	VMOVUPS    Z0, (DI)(CX*4)
	ADDQ       $packStep__size, R8
	DECQ       R9
	JNZ        step
	JMP        next

	// The lanes are the even ones of two vectors. Masks prevent reading others.
	PCALIGN $64

step2:
	MOVLQSX    packStep_src(R8), AX
	MOVLQSX    packStep_dst(R8), CX
	MOVWLZX    packStep_lanes(R8), BX
	KMOVW      BX, K1
	KMOVW      packStep_kept(R8), K2
	PDEPL      R11, BX, BX
	KMOVW      BX, K3
	SHRL       $16, BX
	KMOVW      BX, K4
	PREFETCHT0 (R12)(AX*4)
	PREFETCHT0 64(R12)(AX*4)
	VMOVUPS.Z  (SI)(AX*4), K3, Z1
	VMOVUPS.Z  64(SI)(AX*4), K4, Z2
	VPERMT2PS  Z2, Z3, Z1
	VMOVAPS.Z  Z0, K2, Z0
	VMOVAPS    Z1, K1, Z0
	VMOVUPS    Z0, (DI)(CX*4)
	ADDQ       $packStep__size, R8
	DECQ       R9
	JNZ        step2

next:
	ADDQ DX, DI
	DECQ R10
	JNZ  row
	VZEROUPPER
	RET

DATA evens<>+0(SB)/4, $0
DATA evens<>+4(SB)/4, $2
DATA evens<>+8(SB)/4, $4
DATA evens<>+12(SB)/4, $6
DATA evens<>+16(SB)/4, $8
DATA evens<>+20(SB)/4, $10
DATA evens<>+24(SB)/4, $12
DATA evens<>+28(SB)/4, $14
DATA evens<>+32(SB)/4, $16
DATA evens<>+36(SB)/4, $18
DATA evens<>+40(SB)/4, $20
DATA evens<>+44(SB)/4, $22
DATA evens<>+48(SB)/4, $24
DATA evens<>+52(SB)/4, $26
DATA evens<>+56(SB)/4, $28
DATA evens<>+60(SB)/4, $30
GLOBL evens<>(SB), RODATA|NOPTR, $64
