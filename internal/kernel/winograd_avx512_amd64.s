//go:build amd64 && !noasm

#include "textflag.h"

// 0 to 15.
DATA ·lane16+0(SB)/8, $0x0000000100000000
DATA ·lane16+8(SB)/8, $0x0000000300000002
DATA ·lane16+16(SB)/8, $0x0000000500000004
DATA ·lane16+24(SB)/8, $0x0000000700000006
DATA ·lane16+32(SB)/8, $0x0000000900000008
DATA ·lane16+40(SB)/8, $0x0000000b0000000a
DATA ·lane16+48(SB)/8, $0x0000000d0000000c
DATA ·lane16+56(SB)/8, $0x0000000f0000000e
GLOBL ·lane16(SB), RODATA|NOPTR, $64

// Indices of every fourth of 32 values from the first on, then from the second on. Adding two gives those from the
// third and fourth on.
DATA ·fourths+0(SB)/8, $0x0000000400000000
DATA ·fourths+8(SB)/8, $0x0000000c00000008
DATA ·fourths+16(SB)/8, $0x0000001400000010
DATA ·fourths+24(SB)/8, $0x0000001c00000018
DATA ·fourths+32(SB)/8, $0x0000000500000001
DATA ·fourths+40(SB)/8, $0x0000000d00000009
DATA ·fourths+48(SB)/8, $0x0000001500000011
DATA ·fourths+56(SB)/8, $0x0000001d00000019
GLOBL ·fourths(SB), RODATA|NOPTR, $64

// Interleaves the values of the lower halves of two registers. Adding eight gives the upper halves.
DATA ·turns+0(SB)/8, $0x0000001000000000
DATA ·turns+8(SB)/8, $0x0000001100000001
DATA ·turns+16(SB)/8, $0x0000001200000002
DATA ·turns+24(SB)/8, $0x0000001300000003
DATA ·turns+32(SB)/8, $0x0000001400000004
DATA ·turns+40(SB)/8, $0x0000001500000005
DATA ·turns+48(SB)/8, $0x0000001600000006
DATA ·turns+56(SB)/8, $0x0000001700000007
GLOBL ·turns(SB), RODATA|NOPTR, $64

// The same for pairs of values. Adding four gives the upper halves.
DATA ·pairTurns+0(SB)/8, $0
DATA ·pairTurns+8(SB)/8, $8
DATA ·pairTurns+16(SB)/8, $1
DATA ·pairTurns+24(SB)/8, $9
DATA ·pairTurns+32(SB)/8, $2
DATA ·pairTurns+40(SB)/8, $10
DATA ·pairTurns+48(SB)/8, $3
DATA ·pairTurns+56(SB)/8, $11
GLOBL ·pairTurns(SB), RODATA|NOPTR, $64

DATA ·lane2+0(SB)/4, $2
GLOBL ·lane2(SB), RODATA|NOPTR, $4
DATA ·pair4+0(SB)/8, $4
GLOBL ·pair4(SB), RODATA|NOPTR, $8
DATA ·lane8+0(SB)/4, $8
GLOBL ·lane8(SB), RODATA|NOPTR, $4
DATA ·lanes+0(SB)/4, $16
GLOBL ·lanes(SB), RODATA|NOPTR, $4

// The next 16 values of a row at R12, with zeros outside it. Z26 holds their positions in the row, Z29 its width.
#define ROW_VALUES(offset, z) \
	VPCMPUD   $1, Z29, Z26, K1         \
	VMOVUPS.Z offset(R12), K1, z       \
	VPADDD    Z30, Z26, Z26

// func splitRowsAVX512(dst *float32, phase int, src *float32, rows, width, from, n, next int)
TEXT ·splitRowsAVX512(SB), NOSPLIT, $0-64
	MOVQ         dst+0(FP), DI
	MOVQ         phase+8(FP), R8
	MOVQ         src+16(FP), SI
	MOVQ         rows+24(FP), R10
	MOVQ         width+32(FP), R11
	MOVQ         from+40(FP), DX
	MOVQ         next+56(FP), BX
	SHLQ         $2, BX
	SHLQ         $2, R8
	LEAQ         (R8)(R8*2), R9
	VPBROADCASTD R11, Z29
	VPBROADCASTD ·lanes(SB), Z30
	VPBROADCASTD DX, Z31
	VPADDD       ·lane16(SB), Z31, Z31
	VMOVDQU32    ·fourths(SB), Z27
	VPADDD.BCST  ·lane2(SB), Z27, Z28
	SHLQ         $2, R11
	LEAQ         (SI)(DX*4), SI

row:
	MOVQ      SI, R12
	MOVQ      DI, R13
	MOVQ      n+48(FP), CX
	VMOVDQA32 Z31, Z26

values:
	PREFETCHT0 (R12)(BX*1)
	PREFETCHT0 64(R12)(BX*1)
	PREFETCHT0 128(R12)(BX*1)
	PREFETCHT0 192(R12)(BX*1)
	ROW_VALUES(0, Z0)
	ROW_VALUES(64, Z1)
	ROW_VALUES(128, Z2)
	ROW_VALUES(192, Z3)
	ADDQ       $256, R12
	VMOVAPS    Z0, Z4
	VMOVAPS    Z2, Z5
	VPERMT2PS  Z1, Z27, Z0
	VPERMT2PS  Z3, Z27, Z2
	VPERMT2PS  Z1, Z28, Z4
	VPERMT2PS  Z3, Z28, Z5
	VSHUFF64X2 $0x44, Z2, Z0, Z6
	VSHUFF64X2 $0xee, Z2, Z0, Z7
	VSHUFF64X2 $0x44, Z5, Z4, Z8
	VSHUFF64X2 $0xee, Z5, Z4, Z9
	CMPQ       CX, $16
	JLT        rest
	VMOVUPS    Z6, (R13)
	VMOVUPS    Z7, (R13)(R8*1)
	VMOVUPS    Z8, (R13)(R8*2)
	VMOVUPS    Z9, (R13)(R9*1)
	ADDQ       $64, R13
	SUBQ       $16, CX
	JNZ        values
	JMP        next

rest:
	MOVL    $1, AX
	SHLL    CX, AX
	DECL    AX
	KMOVW   AX, K1
	VMOVUPS Z6, K1, (R13)
	VMOVUPS Z7, K1, (R13)(R8*1)
	VMOVUPS Z8, K1, (R13)(R8*2)
	VMOVUPS Z9, K1, (R13)(R9*1)

next:
	ADDQ R11, SI
	LEAQ (DI)(R8*4), DI
	DECQ R10
	JNZ  row
	VZEROUPPER
	RET

// The values of sixteen tiles in a column of a row: those of 32 that Z28 selects.
#define COLUMN_OF(offset, base, z) \
	VMOVUPS   offset base, z       \
	VPERMT2PS 64+offset base, Z28, z

// The first three points of a row of each tile (inputPoints). Z29, Z30 and Z31 hold 2, 4 and 5.
#define ROW_POINTS012(p0, p1, p2) \
	COLUMN_OF(4, (SI), p0)        \
	COLUMN_OF(0, (SI)(R8*2), Z24) \
	COLUMN_OF(0, (SI)(R9*1), p2)  \
	COLUMN_OF(0, (SI)(R8*1), Z25) \
	COLUMN_OF(0, (SI), Z26)       \
	VMOVAPS      p0, p1           \
	VFNMADD231PS Z24, Z30, p1     \
	VFNMADD231PS Z25, Z30, p2     \
	VFNMADD231PS Z24, Z31, p0     \
	VFMADD231PS  Z26, Z30, p0     \
	VADDPS       p2, p1, Z27      \
	VSUBPS       p2, p1, p2       \
	VMOVAPS      Z27, p1          \
	LEAQ         (SI)(R8*4), SI

// The last three points of a row of each tile.
#define ROW_POINTS345(p3, p4, p5) \
	COLUMN_OF(0, (SI)(R8*1), Z24) \
	COLUMN_OF(0, (SI)(R9*1), Z25) \
	COLUMN_OF(4, (SI)(R8*1), p5)  \
	COLUMN_OF(4, (SI), p3)        \
	COLUMN_OF(0, (SI)(R8*2), Z26) \
	VFMADD231PS  Z24, Z30, p5     \
	VFNMADD231PS Z25, Z31, p5     \
	VSUBPS       Z24, Z25, Z24    \
	VSUBPS       Z26, p3, p3      \
	VMOVAPS      p3, p4           \
	VFMADD231PS  Z24, Z29, p3     \
	VFNMADD231PS Z24, Z29, p4     \
	LEAQ         (SI)(R8*4), SI

// Writes the points of a column from DX on, six steps apart. R11, R12 and R13 are six, 18 and 30 steps.
#define COLUMN_POINTS(d0, d1, d2, d3, d4, d5) \
	VMOVAPS      d4, Z24          \
	VFNMADD231PS d2, Z30, Z24     \
	VMOVAPS      d3, Z25          \
	VFNMADD231PS d1, Z30, Z25     \
	VSUBPS       d2, d4, Z26      \
	VSUBPS       d1, d3, Z27      \
	VFMADD231PS  d0, Z30, d4      \
	VFNMADD231PS d2, Z31, d4      \
	VFMADD231PS  d1, Z30, d5      \
	VFNMADD231PS d3, Z31, d5      \
	VADDPS       Z25, Z24, d0     \
	VSUBPS       Z25, Z24, d1     \
	VMOVAPS      Z26, d2          \
	VFMADD231PS  Z27, Z29, d2     \
	VFNMADD231PS Z27, Z29, Z26    \
	VMOVUPS      d4, (DX)         \
	VMOVUPS      d0, (DX)(R11*1)  \
	VMOVUPS      d1, (DX)(R11*2)  \
	VMOVUPS      d2, (DX)(R12*1)  \
	VMOVUPS      Z26, (DX)(R11*4) \
	VMOVUPS      d5, (DX)(R13*1)  \
	ADDQ         R10, DX

// func inputTransformAVX512(dst *float32, step int, region *float32, phase int, offsets *[16]int32)
//
// Computes half of the points of the rows at a time, as the registers hold 18 values of each tile but not 36.
TEXT ·inputTransformAVX512(SB), NOSPLIT, $0-40
	MOVQ         dst+0(FP), DX
	MOVQ         step+8(FP), R10
	MOVQ         region+16(FP), SI
	MOVQ         phase+24(FP), R8
	MOVQ         offsets+32(FP), AX
	SHLQ         $2, R8
	LEAQ         (R8)(R8*2), R9
	SHLQ         $2, R10
	IMUL3Q       $6, R10, R11
	LEAQ         (R11)(R11*2), R12
	LEAQ         (R12)(R11*2), R13
	VMOVDQU32    (AX), Z28
	VPSUBD.BCST  (AX), Z28, Z28
	MOVLQSX      (AX), AX
	LEAQ         (SI)(AX*4), SI
	MOVQ         SI, BX
	VBROADCASTSS ·two(SB), Z29
	VBROADCASTSS ·four(SB), Z30
	VBROADCASTSS ·five(SB), Z31
	ROW_POINTS012(Z0, Z6, Z12)
	ROW_POINTS012(Z1, Z7, Z13)
	ROW_POINTS012(Z2, Z8, Z14)
	ROW_POINTS012(Z3, Z9, Z15)
	ROW_POINTS012(Z4, Z10, Z16)
	ROW_POINTS012(Z5, Z11, Z17)
	COLUMN_POINTS(Z0, Z1, Z2, Z3, Z4, Z5)
	COLUMN_POINTS(Z6, Z7, Z8, Z9, Z10, Z11)
	COLUMN_POINTS(Z12, Z13, Z14, Z15, Z16, Z17)
	MOVQ         BX, SI
	ROW_POINTS345(Z0, Z6, Z12)
	ROW_POINTS345(Z1, Z7, Z13)
	ROW_POINTS345(Z2, Z8, Z14)
	ROW_POINTS345(Z3, Z9, Z15)
	ROW_POINTS345(Z4, Z10, Z16)
	ROW_POINTS345(Z5, Z11, Z17)
	COLUMN_POINTS(Z0, Z1, Z2, Z3, Z4, Z5)
	COLUMN_POINTS(Z6, Z7, Z8, Z9, Z10, Z11)
	COLUMN_POINTS(Z12, Z13, Z14, Z15, Z16, Z17)
	VZEROUPPER
	RET

// The first and third output of a row of products at SI (outputPoints), R10 bytes apart. Advances to the next row. R11,
// R12 and R13 are three, five and six steps. Z29, Z30 and Z31 hold 2, 4 and 8.
#define ROW_OUTPUTS02(s0, s2) \
	VMOVUPS     (SI)(R10*1), s2        \
	VADDPS      (SI)(R10*2), s2, s2    \
	VMOVUPS     (SI)(R11*1), Z26       \
	VADDPS      (SI)(R10*4), Z26, Z26  \
	VADDPS      (SI), s2, s0           \
	VADDPS      Z26, s0, s0            \
	VFMADD231PS Z26, Z30, s2           \
	ADDQ        R13, SI

// The second and fourth output.
#define ROW_OUTPUTS13(s1, s3) \
	VMOVUPS     (SI)(R10*1), s1        \
	VSUBPS      (SI)(R10*2), s1, s1    \
	VMOVUPS     (SI)(R11*1), Z26       \
	VSUBPS      (SI)(R10*4), Z26, Z26  \
	VADDPS      (SI)(R12*1), s1, s3    \
	VFMADD231PS Z26, Z31, s3           \
	VFMADD231PS Z26, Z29, s1           \
	ADDQ        R13, SI

// The outputs of a column of six registers, in the first four of them, plus the bias in Z23.
#define COLUMN_OUTPUTS(d0, d1, d2, d3, d4, d5) \
	VADDPS      Z23, d1, d1     \
	VADDPS      d2, d1, Z26     \
	VSUBPS      d2, d1, Z27     \
	VADDPS      d4, d3, Z28     \
	VSUBPS      d4, d3, d4      \
	VADDPS      Z26, d0, d0     \
	VADDPS      Z28, d0, d0     \
	VADDPS      d5, Z27, d3     \
	VFMADD231PS d4, Z31, d3     \
	VMOVAPS     Z27, d1         \
	VFMADD231PS d4, Z29, d1     \
	VMOVAPS     Z26, d2         \
	VFMADD231PS Z28, Z30, d2

// Clamps four registers to Z24 and Z25. NaN stays NaN.
#define WITHIN4(a, b, c, d) \
	VMAXPS a, Z24, a \
	VMAXPS b, Z24, b \
	VMAXPS c, Z24, c \
	VMAXPS d, Z24, d \
	VMINPS a, Z25, a \
	VMINPS b, Z25, b \
	VMINPS c, Z25, c \
	VMINPS d, Z25, d

// Writes a row of outputs, four of each tile, in order: 64 values from DI on.
#define ROW_IN_ORDER(x0, x1, x2, x3) \
	PREFETCHT0 (DI)(BX*4)      \
	PREFETCHT0 64(DI)(BX*4)    \
	PREFETCHT0 128(DI)(BX*4)   \
	PREFETCHT0 192(DI)(BX*4)   \
	VMOVAPS   x0, Z24          \
	VMOVAPS   x2, Z25          \
	VPERMT2PS x1, Z28, x0      \
	VPERMT2PS x3, Z28, x2      \
	VPERMT2PS x1, Z29, Z24     \
	VPERMT2PS x3, Z29, Z25     \
	VMOVAPS   x0, Z26          \
	VMOVAPS   Z24, Z27         \
	VPERMT2PD x2, Z30, x0      \
	VPERMT2PD x2, Z31, Z26     \
	VPERMT2PD Z25, Z30, Z24    \
	VPERMT2PD Z25, Z31, Z27    \
	VMOVUPS   x0, (DI)         \
	VMOVUPS   Z26, 64(DI)      \
	VMOVUPS   Z24, 128(DI)     \
	VMOVUPS   Z27, 192(DI)     \
	ADDQ      R8, DI

// func outputTransformAVX512(dst *float32, ldd int, products *float32, step int, bias, lo, hi float32, next int)
TEXT ·outputTransformAVX512(SB), NOSPLIT, $0-56
	MOVQ         dst+0(FP), DI
	MOVQ         next+48(FP), BX
	MOVQ         ldd+8(FP), R8
	MOVQ         products+16(FP), SI
	MOVQ         step+24(FP), R10
	SHLQ         $2, R8
	SHLQ         $2, R10
	LEAQ         (R10)(R10*2), R11
	LEAQ         (R10)(R10*4), R12
	LEAQ         (R11)(R11*1), R13
	VBROADCASTSS ·two(SB), Z29
	VBROADCASTSS ·four(SB), Z30
	VBROADCASTSS ·eight(SB), Z31
	VBROADCASTSS bias+32(FP), Z23
	VBROADCASTSS lo+36(FP), Z24
	VBROADCASTSS hi+40(FP), Z25
	ROW_OUTPUTS02(Z0, Z6)
	ROW_OUTPUTS02(Z1, Z7)
	ROW_OUTPUTS02(Z2, Z8)
	ROW_OUTPUTS02(Z3, Z9)
	ROW_OUTPUTS02(Z4, Z10)
	ROW_OUTPUTS02(Z5, Z11)
	COLUMN_OUTPUTS(Z0, Z1, Z2, Z3, Z4, Z5)
	COLUMN_OUTPUTS(Z6, Z7, Z8, Z9, Z10, Z11)
	WITHIN4(Z0, Z1, Z2, Z3)
	WITHIN4(Z6, Z7, Z8, Z9)
	MOVQ         products+16(FP), SI
	ROW_OUTPUTS13(Z10, Z16)
	ROW_OUTPUTS13(Z11, Z17)
	ROW_OUTPUTS13(Z12, Z18)
	ROW_OUTPUTS13(Z13, Z19)
	ROW_OUTPUTS13(Z14, Z20)
	ROW_OUTPUTS13(Z15, Z21)
	COLUMN_OUTPUTS(Z10, Z11, Z12, Z13, Z14, Z15)
	COLUMN_OUTPUTS(Z16, Z17, Z18, Z19, Z20, Z21)
	WITHIN4(Z10, Z11, Z12, Z13)
	WITHIN4(Z16, Z17, Z18, Z19)
	VMOVDQU32    ·turns(SB), Z28
	VPADDD.BCST  ·lane8(SB), Z28, Z29
	VMOVDQU64    ·pairTurns(SB), Z30
	VPADDQ.BCST  ·pair4(SB), Z30, Z31
	ROW_IN_ORDER(Z0, Z10, Z6, Z16)
	ROW_IN_ORDER(Z1, Z11, Z7, Z17)
	ROW_IN_ORDER(Z2, Z12, Z8, Z18)
	ROW_IN_ORDER(Z3, Z13, Z9, Z19)
	VZEROUPPER
	RET

// func moveAVX512(dst *float32, ldd int, src *float32, lds, rows, cols, next int)
TEXT ·moveAVX512(SB), NOSPLIT, $0-56
	MOVQ  next+48(FP), R10
	MOVQ  dst+0(FP), DI
	MOVQ  ldd+8(FP), R8
	MOVQ  src+16(FP), SI
	MOVQ  lds+24(FP), R9
	MOVQ  cols+40(FP), CX
	SHLQ  $2, R8
	SHLQ  $2, R9

columns:
	CMPQ  CX, $16
	JLT   rest
	MOVQ  rows+32(FP), BX
	MOVQ  SI, R12
	MOVQ  DI, R13

whole:
	PREFETCHT0 (R13)(R10*4)
	VMOVUPS (R12), Z0
	VMOVUPS Z0, (R13)
	ADDQ    R9, R12
	ADDQ    R8, R13
	DECQ    BX
	JNZ     whole
	ADDQ    $64, SI
	ADDQ    $64, DI
	SUBQ    $16, CX
	JMP     columns

rest:
	TESTQ CX, CX
	JZ    done
	MOVL  $1, AX
	SHLL  CX, AX
	DECL  AX
	KMOVW AX, K1
	MOVQ  rows+32(FP), BX

part:
	PREFETCHT0 (DI)(R10*4)
	VMOVUPS.Z (SI), K1, Z0
	VMOVUPS   Z0, K1, (DI)
	ADDQ      R9, SI
	ADDQ      R8, DI
	DECQ      BX
	JNZ       part

done:
	VZEROUPPER
	RET
