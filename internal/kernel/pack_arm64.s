//go:build arm64 && !noasm

#include "go_asm.h"
#include "neon_arm64.h"
#include "textflag.h"

// The bits of all lanes of a step.
#define ALL 0xfff

// func packRowsNEON(dst *float32, ldd int, src *float32, at, stride int, steps *packStep, n, rows int)
//
// A step writes the lanes that it reads and zeros to all others that it does not keep. The latter may come first and be
// overwritten, as vectors that overlap cost less than single values. Most steps fill all lanes.
//
//	R0, R1  the row of dst, and the bytes to the next row
//	R2      src[at:]
//	R3      the step
//	R4, R7  rows left, and steps left in the row
//	R5      steps of a row
//	R6      stride
//	R8, R9  where lane 0 is read and written
TEXT ·packRowsNEON(SB), NOSPLIT, $0-64
	MOVD dst+0(FP), R0
	MOVD ldd+8(FP), R1
	MOVD src+16(FP), R2
	MOVD at+24(FP), R3
	ADD  R3<<2, R2, R2
	MOVD stride+32(FP), R6
	MOVD steps+40(FP), R3
	MOVD n+48(FP), R5
	MOVD rows+56(FP), R4
	LSL  $2, R1, R1
	VEOR V29.B16, V29.B16, V29.B16
	VEOR V30.B16, V30.B16, V30.B16
	VEOR V31.B16, V31.B16, V31.B16
	MOVD $lastEvens<>(SB), R7
	VLD1 (R7), [V28.B16]

row:
	MOVD R5, R7

step:
	LDPSW packStep_src(R3), (R8, R9)
	MOVHU packStep_lanes(R3), R10
	ADD   R8<<2, R2, R8
	ADD   R9<<2, R0, R9
	CMP   $ALL, R10
	BNE   some
	TBNZ  $1, R6, strided
	VLD1  (R8), [V0.S4, V1.S4, V2.S4]
	VST1  [V0.S4, V1.S4, V2.S4], (R9)
	ADD   $packStep__size, R3, R3
	SUBS  $1, R7, R7
	BNE   step
	B     next

	// The lanes are the even ones of 24 values. The last vector begins one value earlier, as its last value may not be
	// read.
strided:
	VLD2.P 32(R8), [V0.S4, V1.S4]
	VLD2.P 32(R8), [V1.S4, V2.S4]
	FMOVQ  (R8), F2
	FMOVQ  12(R8), F3
	VTBL   V28.B16, [V2.B16, V3.B16], V2.B16
	VST1   [V0.S4, V1.S4, V2.S4], (R9)
	B      stepped

some:
	MOVHU packStep_kept(R3), R11
	ORR   R10, R11, R12
	CMP   $ALL, R12
	BEQ   copy
	CBNZ  R11, after
	VST1  [V29.S4, V30.S4, V31.S4], (R9)
	B     copy

	// Zeros from lane R11 on, of which R12 are left.
after:
	CLZ    R11, R12
	SUB    $52, R12, R12
	ADD    $48, R9, R14
	SUB    R12<<2, R14, R13
	CMP    $4, R12
	BLT    zero
	SUB    $16, R14, R14
	VST1   [V31.S4], (R14)
	VST1.P [V31.S4], 16(R13)
	CMP    R14, R13
	CSEL   LO, R13, R14, R13
	VST1   [V31.S4], (R13)
	B      copy

zero:
	MOVW.P ZR, 4(R13)
	SUBS   $1, R12, R12
	BNE    zero

	// R10 lanes from R12 on, read from R8 on and written from R9 on.
copy:
	CBZ  R10, stepped
	RBIT R10, R12
	CLZ  R12, R12
	CLZ  R10, R10
	MOVD $64, R13
	SUB  R12, R13, R13
	SUB  R10, R13, R10
	ADD  R12<<2, R9, R9
	TBNZ $1, R6, copyEvens
	ADD  R12<<2, R8, R8
	SUBS $4, R10, R11
	BLT  few

	// Three vectors: the first, the last, and one between them or equal to the last.
	LSL   $2, R11, R11
	MOVD  $16, R12
	CMP   R12, R11
	CSEL  LO, R11, R12, R12
	FMOVQ (R8), F0
	LOAD(1, 8, 12)
	LOAD(2, 8, 11)
	FMOVQ F0, (R9)
	SAVE(1, 9, 12)
	SAVE(2, 9, 11)
	B     stepped

few:
	TBZ     $1, R10, one
	FMOVD.P 8(R8), F0
	FMOVD.P F0, 8(R9)

one:
	TBZ   $0, R10, stepped
	FMOVS (R8), F0
	FMOVS F0, (R9)

stepped:
	ADD  $packStep__size, R3, R3
	SUBS $1, R7, R7
	BNE  step

next:
	ADD  R1, R0, R0
	SUBS $1, R4, R4
	BNE  row
	RET

// Vectors read one value after the last that they use, so the last lane is copied by itself.
copyEvens:
	ADD  R12<<3, R8, R8
	SUBS $5, R10, R10
	BLT  fewEvens

evens:
	VLD2.P 32(R8), [V0.S4, V1.S4]
	VST1.P [V0.S4], 16(R9)
	SUBS   $4, R10, R10
	BGE    evens

fewEvens:
	ADD $5, R10, R10

even:
	FMOVS.P 8(R8), F0
	FMOVS.P F0, 4(R9)
	SUBS    $1, R10, R10
	BNE     even
	B       stepped

// The bytes of values 0 and 2 of a register, and of values 1 and 3 of the next.
DATA lastEvens<>+0(SB)/8, $0x0b0a090803020100
DATA lastEvens<>+8(SB)/8, $0x1f1e1d1c17161514
GLOBL lastEvens<>(SB), RODATA|NOPTR, $16
