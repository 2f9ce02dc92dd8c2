//go:build amd64 && !noasm

#include "textflag.h"

DATA ·two+0(SB)/4, $2.0
GLOBL ·two(SB), RODATA|NOPTR, $4
DATA ·four+0(SB)/4, $4.0
GLOBL ·four(SB), RODATA|NOPTR, $4
DATA ·five+0(SB)/4, $5.0
GLOBL ·five(SB), RODATA|NOPTR, $4
DATA ·eight+0(SB)/4, $8.0
GLOBL ·eight(SB), RODATA|NOPTR, $4

// The points of six values in Y0 to Y5 (inputPoints), written to DX on, R12 bytes apart. Y12, Y13
// and Y14 hold 2, 5 and 4.
#define INPUT_POINTS \
	VMOVAPS      Y4, Y6       \
	VFMADD231PS  Y0, Y14, Y6  \
	VFNMADD231PS Y2, Y13, Y6  \
	VMOVUPS      Y6, (DX)     \
	ADDQ         R12, DX      \
	VMOVAPS      Y4, Y7       \
	VFNMADD231PS Y2, Y14, Y7  \
	VMOVAPS      Y3, Y8       \
	VFNMADD231PS Y1, Y14, Y8  \
	VADDPS       Y8, Y7, Y9   \
	VSUBPS       Y8, Y7, Y10  \
	VMOVUPS      Y9, (DX)     \
	ADDQ         R12, DX      \
	VMOVUPS      Y10, (DX)    \
	ADDQ         R12, DX      \
	VSUBPS       Y2, Y4, Y7   \
	VSUBPS       Y1, Y3, Y8   \
	VMULPS       Y12, Y8, Y8  \
	VADDPS       Y8, Y7, Y9   \
	VSUBPS       Y8, Y7, Y10  \
	VMOVUPS      Y9, (DX)     \
	ADDQ         R12, DX      \
	VMOVUPS      Y10, (DX)    \
	ADDQ         R12, DX      \
	VFMADD231PS  Y1, Y14, Y5  \
	VFNMADD231PS Y3, Y13, Y5  \
	VMOVUPS      Y5, (DX)

// The values of eight tiles in a column of a row, at the offsets in Y15.
#define GATHER(base, y) \
	VPCMPEQD   Y11, Y11, Y11       \
	VGATHERDPS Y11, (base)(Y15*4), y

// func inputTransformAVX2(dst *float32, step int, region *float32, phase int, offsets *[16]int32, temp *float32)
TEXT ·inputTransformAVX2(SB), NOSPLIT, $0-48
	MOVQ         step+8(FP), R9
	MOVQ         region+16(FP), SI
	MOVQ         phase+24(FP), R8
	MOVQ         offsets+32(FP), R10
	MOVQ         temp+40(FP), DX
	SHLQ         $2, R8
	SHLQ         $2, R9
	LEAQ         (R8)(R8*2), R11
	VBROADCASTSS ·two(SB), Y12
	VBROADCASTSS ·five(SB), Y13
	VBROADCASTSS ·four(SB), Y14
	MOVQ         $32, R12
	MOVQ         $6, CX

	// Rows, into temp: [row][point][tile]. Adjacent tiles need no gather.
	VMOVDQU (R10), Y15
	MOVL    28(R10), AX
	SUBL    (R10), AX
	CMPL    AX, $7
	JNE     rows
	MOVLQSX (R10), AX
	LEAQ    (SI)(AX*4), SI

neighbours:
	VMOVUPS (SI), Y0
	VMOVUPS (SI)(R8*1), Y1
	VMOVUPS (SI)(R8*2), Y2
	VMOVUPS (SI)(R11*1), Y3
	VMOVUPS 4(SI), Y4
	VMOVUPS 4(SI)(R8*1), Y5
	INPUT_POINTS
	ADDQ R12, DX
	LEAQ (SI)(R8*4), SI
	DECQ CX
	JNZ  neighbours
	JMP  turned

rows:
	GATHER(SI, Y0)
	LEAQ (SI)(R8*1), AX
	GATHER(AX, Y1)
	LEAQ (SI)(R8*2), AX
	GATHER(AX, Y2)
	LEAQ (SI)(R11*1), AX
	GATHER(AX, Y3)
	LEAQ 4(SI), AX
	GATHER(AX, Y4)
	LEAQ 4(SI)(R8*1), AX
	GATHER(AX, Y5)
	INPUT_POINTS
	ADDQ R12, DX
	LEAQ (SI)(R8*4), SI
	DECQ CX
	JNZ  rows

turned:
	// Columns of temp, into dst.
	MOVQ  temp+40(FP), SI
	MOVQ  dst+0(FP), DI
	IMUL3Q $6, R9, R12
	MOVQ  $6, CX

columns:
	VMOVUPS (SI), Y0
	VMOVUPS 192(SI), Y1
	VMOVUPS 384(SI), Y2
	VMOVUPS 576(SI), Y3
	VMOVUPS 768(SI), Y4
	VMOVUPS 960(SI), Y5
	MOVQ    DI, DX
	INPUT_POINTS
	ADDQ $32, SI
	ADDQ R9, DI
	DECQ CX
	JNZ  columns
	VZEROUPPER
	RET

// The outputs of six products in Y0 to Y5 (outputPoints), in Y0 to Y3. Y13, Y14 and Y15 hold 2, 4 and 8.
#define OUTPUT_POINTS \
	VADDPS      Y2, Y1, Y6   \
	VSUBPS      Y2, Y1, Y7   \
	VADDPS      Y4, Y3, Y8   \
	VSUBPS      Y4, Y3, Y9   \
	VADDPS      Y6, Y0, Y0   \
	VADDPS      Y8, Y0, Y0   \
	VADDPS      Y5, Y7, Y3   \
	VFMADD231PS Y9, Y15, Y3  \
	VMOVAPS     Y7, Y1       \
	VFMADD231PS Y9, Y13, Y1  \
	VMOVAPS     Y6, Y2       \
	VFMADD231PS Y8, Y14, Y2

// Adds the bias in Y10 and clamps to Y11 and Y12. NaN stays NaN.
#define FINISH(y) \
	VADDPS Y10, y, y \
	VMAXPS y, Y11, y \
	VMINPS y, Y12, y

// func outputTransformAVX2(dst *float32, ldd int, products *float32, step int, temp *float32, bias, lo, hi float32)
TEXT ·outputTransformAVX2(SB), NOSPLIT, $0-52
	MOVQ         products+16(FP), SI
	MOVQ         step+24(FP), R9
	MOVQ         temp+32(FP), DX
	SHLQ         $2, R9
	VBROADCASTSS ·two(SB), Y13
	VBROADCASTSS ·four(SB), Y14
	VBROADCASTSS ·eight(SB), Y15
	MOVQ         $6, CX

	// Rows, into temp: [row][output][tile].
rows:
	VMOVUPS (SI), Y0
	ADDQ    R9, SI
	VMOVUPS (SI), Y1
	ADDQ    R9, SI
	VMOVUPS (SI), Y2
	ADDQ    R9, SI
	VMOVUPS (SI), Y3
	ADDQ    R9, SI
	VMOVUPS (SI), Y4
	ADDQ    R9, SI
	VMOVUPS (SI), Y5
	ADDQ    R9, SI
	OUTPUT_POINTS
	VMOVUPS Y0, (DX)
	VMOVUPS Y1, 32(DX)
	VMOVUPS Y2, 64(DX)
	VMOVUPS Y3, 96(DX)
	ADDQ    $128, DX
	DECQ    CX
	JNZ     rows

	// Columns of temp, in place: its first four rows become the outputs.
	MOVQ         temp+32(FP), DX
	VBROADCASTSS bias+40(FP), Y10
	VBROADCASTSS lo+44(FP), Y11
	VBROADCASTSS hi+48(FP), Y12
	MOVQ         $4, CX

columns:
	VMOVUPS (DX), Y0
	VMOVUPS 128(DX), Y1
	VMOVUPS 256(DX), Y2
	VMOVUPS 384(DX), Y3
	VMOVUPS 512(DX), Y4
	VMOVUPS 640(DX), Y5
	OUTPUT_POINTS
	FINISH(Y0)
	FINISH(Y1)
	FINISH(Y2)
	FINISH(Y3)
	VMOVUPS Y0, (DX)
	VMOVUPS Y1, 128(DX)
	VMOVUPS Y2, 256(DX)
	VMOVUPS Y3, 384(DX)
	ADDQ    $32, DX
	DECQ    CX
	JNZ     columns

	// The four outputs of eight tiles in each row, in order. The halves of a register hold tiles four apart.
	MOVQ temp+32(FP), SI
	MOVQ dst+0(FP), DI
	MOVQ ldd+8(FP), R8
	SHLQ $2, R8
	MOVQ $4, CX

turn:
	VMOVUPS      (SI), Y0
	VMOVUPS      32(SI), Y1
	VMOVUPS      64(SI), Y2
	VMOVUPS      96(SI), Y3
	VUNPCKLPS    Y1, Y0, Y4
	VUNPCKHPS    Y1, Y0, Y5
	VUNPCKLPS    Y3, Y2, Y6
	VUNPCKHPS    Y3, Y2, Y7
	VUNPCKLPD    Y6, Y4, Y0
	VUNPCKHPD    Y6, Y4, Y1
	VUNPCKLPD    Y7, Y5, Y2
	VUNPCKHPD    Y7, Y5, Y3
	VMOVUPS      X0, (DI)
	VMOVUPS      X1, 16(DI)
	VMOVUPS      X2, 32(DI)
	VMOVUPS      X3, 48(DI)
	VEXTRACTF128 $1, Y0, 64(DI)
	VEXTRACTF128 $1, Y1, 80(DI)
	VEXTRACTF128 $1, Y2, 96(DI)
	VEXTRACTF128 $1, Y3, 112(DI)
	ADDQ         $128, SI
	ADDQ         R8, DI
	DECQ         CX
	JNZ          turn
	VZEROUPPER
	RET

// func splitRowsAVX2(dst *float32, phase int, src *float32, n int)
TEXT ·splitRowsAVX2(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ phase+8(FP), R8
	MOVQ src+16(FP), SI
	MOVQ n+24(FP), CX
	SHLQ $2, R8
	LEAQ (R8)(R8*2), R9

	// First pairs the halves of registers, so that each register holds values sixteen apart; then transposes a
	// four by four matrix in each half.
split:
	VMOVUPS     (SI), X0
	VMOVUPS     16(SI), X1
	VMOVUPS     32(SI), X2
	VMOVUPS     48(SI), X3
	VINSERTF128 $1, 64(SI), Y0, Y0
	VINSERTF128 $1, 80(SI), Y1, Y1
	VINSERTF128 $1, 96(SI), Y2, Y2
	VINSERTF128 $1, 112(SI), Y3, Y3
	VUNPCKLPS   Y1, Y0, Y4
	VUNPCKHPS   Y1, Y0, Y5
	VUNPCKLPS   Y3, Y2, Y6
	VUNPCKHPS   Y3, Y2, Y7
	VUNPCKLPD   Y6, Y4, Y0
	VUNPCKHPD   Y6, Y4, Y1
	VUNPCKLPD   Y7, Y5, Y2
	VUNPCKHPD   Y7, Y5, Y3
	VMOVUPS     Y0, (DI)
	VMOVUPS     Y1, (DI)(R8*1)
	VMOVUPS     Y2, (DI)(R8*2)
	VMOVUPS     Y3, (DI)(R9*1)
	ADDQ        $128, SI
	ADDQ        $32, DI
	SUBQ        $8, CX
	JNZ         split
	VZEROUPPER
	RET
