//go:build arm64 && !noasm

#include "neon_arm64.h"
#include "textflag.h"

// func splitRowsNEON(dst *float32, phase int, src *float32, rows, width, n int)
//
// The last block of a row begins at n-4 and may split some values twice.
TEXT ·splitRowsNEON(SB), NOSPLIT, $0-48
	MOVD dst+0(FP), R0
	MOVD phase+8(FP), R1
	MOVD src+16(FP), R2
	MOVD rows+24(FP), R3
	MOVD width+32(FP), R4
	MOVD n+40(FP), R5
	LSL  $2, R1, R1
	LSL  $2, R4, R4

row:
	MOVD R2, R6
	MOVD R5, R7
	MOVD R0, R10
	ADD  R1, R10, R11
	ADD  R1, R11, R12
	ADD  R1, R12, R13
	ADD  R1, R13, R0
	ADD  R4, R2, R2

split:
	SUBS $4, R7, R7
	BGE  four
	ADD  R7<<4, R6, R6
	ADD  R7<<2, R10, R10
	ADD  R7<<2, R11, R11
	ADD  R7<<2, R12, R12
	ADD  R7<<2, R13, R13
	MOVD $0, R7

four:
	VLD4.P 64(R6), [V0.S4, V1.S4, V2.S4, V3.S4]
	VST1.P [V0.S4], 16(R10)
	VST1.P [V1.S4], 16(R11)
	VST1.P [V2.S4], 16(R12)
	VST1.P [V3.S4], 16(R13)
	CBNZ   R7, split
	SUBS   $1, R3, R3
	BNE    row
	RET

// func splitGroupNEON(dst *float32, phase int, src *float32, rows, width int, places *[4]uint32)
TEXT ·splitGroupNEON(SB), NOSPLIT, $0-48
	MOVD dst+0(FP), R0
	MOVD phase+8(FP), R1
	MOVD src+16(FP), R2
	MOVD rows+24(FP), R3
	MOVD width+32(FP), R4
	MOVD places+40(FP), R5
	LSL  $2, R1, R1
	LSL  $2, R4, R4
	VLD1 (R5), [V1.S4]

group:
	VLD1.P (R2)(R4), [V0.S4]
	VTBL   V1.B16, [V0.B16], V0.B16
	VST1.P V0.S[0], (R0)(R1)
	VST1.P V0.S[1], (R0)(R1)
	VST1.P V0.S[2], (R0)(R1)
	VST1.P V0.S[3], (R0)(R1)
	SUBS   $1, R3, R3
	BNE    group
	RET

// The points of the six values in V0 to V3, V8 and V13 (inputPoints), in V8 to V13. V31 holds 4 and 5.
#define INPUT_POINTS \
	MOVE(6, 8)                 \
	FMLS_ELEMENT(6, 2, 31, 0)  \
	MOVE(7, 3)                 \
	FMLS_ELEMENT(7, 1, 31, 0)  \
	FADD(9, 6, 7)              \
	FSUB(10, 6, 7)             \
	FSUB(6, 8, 2)              \
	FSUB(7, 3, 1)              \
	FADD(7, 7, 7)              \
	FADD(11, 6, 7)             \
	FSUB(12, 6, 7)             \
	FMLA_ELEMENT(8, 0, 31, 0)  \
	FMLS_ELEMENT(8, 2, 31, 1)  \
	FMLA_ELEMENT(13, 1, 31, 0) \
	FMLS_ELEMENT(13, 3, 31, 1)

// func inputTransformNEON(dst *float32, step int, region *float32, phase int, offsets *[16]int32, temp *float32)
TEXT ·inputTransformNEON(SB), NOSPLIT, $0-48
	MOVD dst+0(FP), R0
	MOVD step+8(FP), R1
	MOVD region+16(FP), R2
	MOVD phase+24(FP), R3
	MOVD offsets+32(FP), R4
	MOVD temp+40(FP), R5
	MOVD $inputs<>(SB), R6
	VLD1 (R6), [V31.S4]
	MOVW (R4), R7
	MOVW 12(R4), R8
	LSL  $2, R1, R1
	LSL  $2, R3, R3

	// The four phases of a row, at the first tile, and the bytes to the next row.
	ADD  R7<<2, R2, R10
	ADD  R3, R10, R11
	ADD  R3, R11, R12
	ADD  R3, R12, R13
	LSL  $2, R3, R3
	MOVD R5, R6
	MOVD $6, R9
	SUB  R7, R8, R8
	CMP  $3, R8
	BNE  gaps

	// Rows, into temp: [row][point][tile].
neighbours:
	FMOVQ  4(R10), F8
	FMOVQ  4(R11), F13
	VLD1.P (R10)(R3), [V0.S4]
	VLD1.P (R11)(R3), [V1.S4]
	VLD1.P (R12)(R3), [V2.S4]
	VLD1.P (R13)(R3), [V3.S4]
	INPUT_POINTS
	VST1.P [V8.S4, V9.S4, V10.S4, V11.S4], 64(R6)
	VST1.P [V12.S4, V13.S4], 32(R6)
	SUBS   $1, R9, R9
	BNE    neighbours
	B      turned

	// Where tiles are not adjacent, tables put their values together: V28 holds the bytes of the values at the tiles'
	// offsets from the first one, V29 those of the next values.
gaps:
	VLD1  (R4), [V28.S4]
	VDUP  V28.S[0], V29.S4
	VSUB  V29.S4, V28.S4, V28.S4
	VSHL  $2, V28.S4, V28.S4
	VSHL  $8, V28.S4, V29.S4
	VORR  V29.B16, V28.B16, V28.B16
	VSHL  $16, V28.S4, V29.S4
	VORR  V29.B16, V28.B16, V28.B16
	MOVD  $0x03020100, R7
	VDUP  R7, V29.S4
	VADD  V29.S4, V28.S4, V28.S4
	VMOVI $4, V29.B16
	VADD  V29.B16, V28.B16, V29.B16

rows:
	VLD1.P (R10)(R3), [V16.S4, V17.S4]
	VLD1.P (R11)(R3), [V18.S4, V19.S4]
	VLD1.P (R12)(R3), [V20.S4, V21.S4]
	VLD1.P (R13)(R3), [V22.S4, V23.S4]
	VTBL   V28.B16, [V16.B16, V17.B16], V0.B16
	VTBL   V29.B16, [V16.B16, V17.B16], V8.B16
	VTBL   V28.B16, [V18.B16, V19.B16], V1.B16
	VTBL   V29.B16, [V18.B16, V19.B16], V13.B16
	VTBL   V28.B16, [V20.B16, V21.B16], V2.B16
	VTBL   V28.B16, [V22.B16, V23.B16], V3.B16
	INPUT_POINTS
	VST1.P [V8.S4, V9.S4, V10.S4, V11.S4], 64(R6)
	VST1.P [V12.S4, V13.S4], 32(R6)
	SUBS   $1, R9, R9
	BNE    rows

	// Columns of temp, into dst.
turned:
	ADD  R1<<1, R1, R7
	LSL  $1, R7, R7
	MOVD $6, R9

columns:
	FMOVQ  96(R5), F1
	FMOVQ  192(R5), F2
	FMOVQ  288(R5), F3
	FMOVQ  384(R5), F8
	FMOVQ  480(R5), F13
	VLD1.P 16(R5), [V0.S4]
	INPUT_POINTS
	MOVD   R0, R6
	ADD    R1, R0, R0
	VST1.P [V8.S4], (R6)(R7)
	VST1.P [V9.S4], (R6)(R7)
	VST1.P [V10.S4], (R6)(R7)
	VST1.P [V11.S4], (R6)(R7)
	VST1.P [V12.S4], (R6)(R7)
	VST1   [V13.S4], (R6)
	SUBS   $1, R9, R9
	BNE    columns
	RET

// Loads six products and sets registers o to o+3 to their outputs (outputPoints). V6 holds 2, 4 and 8.
#define OUTPUT_ROW(o) \
	VLD1.P (R2)(R3), [V0.S4]     \
	VLD1.P (R2)(R3), [V1.S4]     \
	VLD1.P (R2)(R3), [V2.S4]     \
	FADD((o)+2, 1, 2)            \
	FSUB((o)+1, 1, 2)            \
	VLD1.P (R2)(R3), [V1.S4]     \
	VLD1.P (R2)(R3), [V2.S4]     \
	VLD1.P (R2)(R3), [V5.S4]     \
	FADD(3, 1, 2)                \
	FSUB(4, 1, 2)                \
	FADD(o, 0, (o)+2)            \
	FADD(o, o, 3)                \
	FADD((o)+3, (o)+1, 5)        \
	FMLA_ELEMENT((o)+3, 4, 6, 2) \
	FMLA_ELEMENT((o)+1, 4, 6, 0) \
	FMLA_ELEMENT((o)+2, 3, 6, 1)

// Sets registers m, m+4, m+8 and m+12 to the outputs of m, m+4 and so on to m+20, with the bias in V3 and clamped to V4
// and V5. NaN stays NaN.
#define OUTPUT_COLUMN(m) \
	FSUB(0, (m)+4, (m)+8)         \
	FADD((m)+8, (m)+4, (m)+8)     \
	FADD(1, (m)+12, (m)+16)       \
	FSUB(2, (m)+12, (m)+16)       \
	FADD(m, m, (m)+8)             \
	FADD(m, m, 1)                 \
	FADD((m)+12, 0, (m)+20)       \
	FMLA_ELEMENT((m)+12, 2, 6, 2) \
	FMLA_ELEMENT(0, 2, 6, 0)      \
	FMLA_ELEMENT((m)+8, 1, 6, 1)  \
	FADD(m, m, 3)                 \
	FADD((m)+4, 0, 3)             \
	FADD((m)+8, (m)+8, 3)         \
	FADD((m)+12, (m)+12, 3)       \
	FMAX(m, m, 4)                 \
	FMAX((m)+4, (m)+4, 4)         \
	FMAX((m)+8, (m)+8, 4)         \
	FMAX((m)+12, (m)+12, 4)       \
	FMIN(m, m, 5)                 \
	FMIN((m)+4, (m)+4, 5)         \
	FMIN((m)+8, (m)+8, 5)         \
	FMIN((m)+12, (m)+12, 5)

// func outputTransformNEON(dst *float32, ldd int, products *float32, step int, bias, lo, hi float32)
//
// V8 to V31 hold six rows of four outputs, and then the outputs in four of the rows.
TEXT ·outputTransformNEON(SB), NOSPLIT, $0-44
	MOVD   dst+0(FP), R0
	MOVD   ldd+8(FP), R1
	MOVD   products+16(FP), R2
	MOVD   step+24(FP), R3
	MOVD   $outputs<>(SB), R4
	VLD1   (R4), [V6.S4]
	LSL    $2, R1, R1
	LSL    $2, R3, R3
	OUTPUT_ROW(8)
	OUTPUT_ROW(12)
	OUTPUT_ROW(16)
	OUTPUT_ROW(20)
	OUTPUT_ROW(24)
	OUTPUT_ROW(28)
	MOVD   $bias+32(FP), R4
	VLD3R  (R4), [V3.S4, V4.S4, V5.S4]
	OUTPUT_COLUMN(8)
	OUTPUT_COLUMN(9)
	OUTPUT_COLUMN(10)
	OUTPUT_COLUMN(11)
	VST4.P [V8.S4, V9.S4, V10.S4, V11.S4], (R0)(R1)
	VST4.P [V12.S4, V13.S4, V14.S4, V15.S4], (R0)(R1)
	VST4.P [V16.S4, V17.S4, V18.S4, V19.S4], (R0)(R1)
	VST4   [V20.S4, V21.S4, V22.S4, V23.S4], (R0)
	RET

DATA inputs<>+0(SB)/4, $4.0
DATA inputs<>+4(SB)/4, $5.0
DATA inputs<>+8(SB)/4, $0.0
DATA inputs<>+12(SB)/4, $0.0
GLOBL inputs<>(SB), RODATA|NOPTR, $16

DATA outputs<>+0(SB)/4, $2.0
DATA outputs<>+4(SB)/4, $4.0
DATA outputs<>+8(SB)/4, $8.0
DATA outputs<>+12(SB)/4, $0.0
GLOBL outputs<>(SB), RODATA|NOPTR, $16
