//go:build amd64 && !noasm

#include "go_asm.h"
#include "textflag.h"
#include "window_strip_amd64.h"

// The general registers are those of window_strip_amd64.h. K1 to K3 are the masks of the three loads: the columns inside
// the input. K4 is the mask of the outputs that are wanted.

// Loads what all planes share. shift2 and shift3 are the columns from the first load to the others.
#define STRIP(shift2, shift3) \
	REGISTERS                 \
	KMOVW BX, K4              \
	MOVQ  strip_valid(AX), BX \
	KMOVW BX, K1              \
	MOVQ  BX, CX              \
	SHRQ  shift2, CX          \
	KMOVW CX, K2              \
	SHRQ  shift3, BX          \
	KMOVW BX, K3

// Loads what all planes of a depthwise convolution share.
#define BOUNDS \
	VBROADCASTSS strip_lo(AX), Z30     \
	VBROADCASTSS strip_hi(AX), Z31     \
	MOVQ         strip_filter(AX), R13 \
	MOVQ         strip_bias(AX), R14   \
	VPXORD       Z29, Z29, Z29

// Loads the plane's bias, if there is one, into Z29.
#define BIAS \
	TESTQ        R14, R14   \
	JZ           3(PC)      \
	VBROADCASTSS (R14), Z29 \
	ADDQ         $4, R14

// Loads the plane's bias, and the rows of its filter into Z20-Z22, Z23-Z25 and Z26-Z28.
#define FILTER \
	VBROADCASTSS (R13), Z20   \
	VBROADCASTSS 4(R13), Z21  \
	VBROADCASTSS 8(R13), Z22  \
	VBROADCASTSS 12(R13), Z23 \
	VBROADCASTSS 16(R13), Z24 \
	VBROADCASTSS 20(R13), Z25 \
	VBROADCASTSS 24(R13), Z26 \
	VBROADCASTSS 28(R13), Z27 \
	VBROADCASTSS 32(R13), Z28 \
	ADDQ         $36, R13     \
	BIAS

// sum = old + the windows' row in Z10-Z12 times a row of the filter. The products are first summed in temp, so that
// they do not wait for old.
#define TAPS(f0, f1, f2, temp, old, sum) \
	VMULPS      Z10, f0, temp  \
	VFMADD231PS Z11, f1, temp  \
	VFMADD231PS Z12, f2, temp  \
	VADDPS      temp, old, sum

// Clamps a row of sums and writes it. NaN stays NaN.
#define FINISH(sum) \
	VMAXPS  sum, Z30, sum \
	VMINPS  sum, Z31, sum \
	VMOVUPS sum, K4, (DI) \
	ADDQ    R8, DI        \
	DECQ    DX

// The windows' columns in a row of input, with stride 1.
#define LOAD1 \
	PREFETCHT0 (SI)(R15*1)    \
	VMOVUPS.Z  (SI), K1, Z10  \
	VMOVUPS.Z  4(SI), K2, Z11 \
	VMOVUPS.Z  8(SI), K3, Z12 \
	ADDQ       R9, SI

// The same with stride 2: the first column is the even values, the second the odd ones, and the third the first
// shifted by one. Z18 and Z19 hold the indices of even and odd values.
#define LOAD2 \
	PREFETCHT0 (SI)(R15*1)       \
	PREFETCHT0 64(SI)(R15*1)     \
	VMOVUPS.Z  (SI), K1, Z10     \
	VMOVUPS.Z  64(SI), K2, Z13   \
	VMOVUPS.Z  128(SI), K3, Z12  \
	VMOVAPS    Z10, Z11          \
	VPERMT2PS  Z13, Z18, Z10     \
	VPERMT2PS  Z13, Z19, Z11     \
	VALIGND    $1, Z10, Z12, Z12 \
	ADDQ       R9, SI

#define PLACES \
	VMOVDQU32  evenPlaces<>(SB), Z18 \
	VPTERNLOGD $0xFF, Z19, Z19, Z19  \
	VPSUBD     Z19, Z18, Z19

DATA evenPlaces<>+0(SB)/8, $0x0000000200000000
DATA evenPlaces<>+8(SB)/8, $0x0000000600000004
DATA evenPlaces<>+16(SB)/8, $0x0000000A00000008
DATA evenPlaces<>+24(SB)/8, $0x0000000E0000000C
DATA evenPlaces<>+32(SB)/8, $0x0000001200000010
DATA evenPlaces<>+40(SB)/8, $0x0000001600000014
DATA evenPlaces<>+48(SB)/8, $0x0000001A00000018
DATA evenPlaces<>+56(SB)/8, $0x0000001E0000001C
GLOBL evenPlaces<>(SB), RODATA|NOPTR, $64

// func depthwise3x3S1AVX512(s *strip)
//
// Z1 holds the sums of the windows that end with the current row, Z0 those of the windows whose middle row it is.
TEXT ·depthwise3x3S1AVX512(SB), NOSPLIT, $0-8
	STRIP($1, $2)
	BOUNDS

plane:
	PLANE
	FILTER
	NEGQ    BX
	ADDQ    $2, BX
	VMOVAPS Z29, Z0
	VMOVAPS Z29, Z1

row:
	LOAD1
	DECQ BX
	JGE  middle
	TAPS(Z26, Z27, Z28, Z2, Z1, Z1)
	FINISH(Z1)

middle:
	TAPS(Z23, Z24, Z25, Z3, Z0, Z1)
	TAPS(Z20, Z21, Z22, Z4, Z29, Z0)
	DECQ CX
	JNZ  row

	// Windows that extend beyond the last row.
below:
	TESTQ DX, DX
	JZ    next
	DECQ  BX
	JGE   skip
	FINISH(Z1)

skip:
	VMOVAPS Z0, Z1
	JMP     below

next:
	NEXT_PLANE
	JNZ plane
	VZEROUPPER
	RET

// func depthwise3x3S2AVX512(s *strip)
//
// Z0 holds the sums of the current windows. Every other row, a shared one, is the last of some windows and the
// first of the next.
TEXT ·depthwise3x3S2AVX512(SB), NOSPLIT, $0-8
	STRIP($16, $32)
	BOUNDS
	PLACES

plane:
	PLANE
	FILTER
	VMOVAPS Z29, Z0
	DECQ    BX
	JEQ     middle
	NEGQ    BX      // without padding, the first shared row ends no window

shared:
	LOAD2
	DECQ BX
	JEQ  first
	TAPS(Z26, Z27, Z28, Z2, Z0, Z0)
	FINISH(Z0)

first:
	TAPS(Z20, Z21, Z22, Z4, Z29, Z0)
	DECQ CX
	JZ   below

middle:
	LOAD2
	TAPS(Z23, Z24, Z25, Z3, Z0, Z0)
	DECQ CX
	JNZ  shared

below:
	TESTQ DX, DX
	JZ    next
	FINISH(Z0)

next:
	NEXT_PLANE
	JNZ plane
	VZEROUPPER
	RET

// The same for a row of a filter of 5x5, at row(R13), and the windows' row in Z10-Z14.
#define TAPS5(row, temp, old, sum) \
	VMULPS.BCST      (row*20)(R13), Z10, temp    \
	VFMADD231PS.BCST (row*20+4)(R13), Z11, temp  \
	VFMADD231PS.BCST (row*20+8)(R13), Z12, temp  \
	VFMADD231PS.BCST (row*20+12)(R13), Z13, temp \
	VFMADD231PS.BCST (row*20+16)(R13), Z14, temp \
	VADDPS           temp, old, sum

// The windows' columns in a row of input, with stride 1. K5 and K6 are the masks of the fourth and fifth.
#define LOAD5_1 \
	PREFETCHT0 (SI)(R15*1)     \
	VMOVUPS.Z  (SI), K1, Z10   \
	VMOVUPS.Z  4(SI), K2, Z11  \
	VMOVUPS.Z  8(SI), K3, Z12  \
	VMOVUPS.Z  12(SI), K5, Z13 \
	VMOVUPS.Z  16(SI), K6, Z14 \
	ADDQ       R9, SI

// The same with stride 2: the even and the odd values, the same shifted by one, and the even ones shifted by two. Z18
// and Z19 hold the indices of even and odd values.
#define LOAD5_2 \
	PREFETCHT0 (SI)(R15*1)       \
	PREFETCHT0 64(SI)(R15*1)     \
	VMOVUPS.Z  (SI), K1, Z10     \
	VMOVUPS.Z  64(SI), K2, Z15   \
	VMOVUPS.Z  128(SI), K3, Z16  \
	VMOVAPS    Z10, Z11          \
	VPERMT2PS  Z15, Z18, Z10     \
	VPERMT2PS  Z15, Z19, Z11     \
	VPERMPS    Z16, Z18, Z15     \
	VPERMPS    Z16, Z19, Z16     \
	VALIGND    $1, Z10, Z15, Z12 \
	VALIGND    $1, Z11, Z16, Z13 \
	VALIGND    $2, Z10, Z15, Z14 \
	ADDQ       R9, SI

// func depthwise5x5S1AVX512(s *strip)
//
// Z0 to Z3 hold the sums of the windows that end one to four rows after the last one.
TEXT ·depthwise5x5S1AVX512(SB), NOSPLIT, $0-8
	STRIP($1, $2)
	MOVQ  strip_valid(AX), BX
	SHRQ  $3, BX
	KMOVW BX, K5
	SHRQ  $1, BX
	KMOVW BX, K6
	BOUNDS

plane:
	PLANE
	BIAS
	NEGQ    BX
	ADDQ    $4, BX
	VMOVAPS Z29, Z0
	VMOVAPS Z29, Z1
	VMOVAPS Z29, Z2
	VMOVAPS Z29, Z3

row:
	LOAD5_1
	DECQ BX
	JGE  middle
	TAPS5(4, Z4, Z0, Z0)
	FINISH(Z0)

middle:
	TAPS5(3, Z5, Z1, Z0)
	TAPS5(2, Z6, Z2, Z1)
	TAPS5(1, Z7, Z3, Z2)
	TAPS5(0, Z8, Z29, Z3)
	DECQ CX
	JNZ  row

	// Windows that extend beyond the last row.
below:
	TESTQ DX, DX
	JZ    next
	DECQ  BX
	JGE   skip
	FINISH(Z0)

skip:
	VMOVAPS Z1, Z0
	VMOVAPS Z2, Z1
	VMOVAPS Z3, Z2
	JMP     below

next:
	ADDQ $100, R13
	NEXT_PLANE
	JNZ  plane
	VZEROUPPER
	RET

// func depthwise5x5S2AVX512(s *strip)
//
// Z0 and Z1 hold the sums of the windows that end with the next shared row and with the one after it. Every other row
// is shared: the last of some windows, the middle and the first of others.
TEXT ·depthwise5x5S2AVX512(SB), NOSPLIT, $0-8
	STRIP($16, $32)
	BOUNDS
	PLACES

plane:
	PLANE
	BIAS
	VMOVAPS Z29, Z0
	VMOVAPS Z29, Z1

	SKIPS5
	TESTQ $1, strip_above(AX)
	JNZ   between

shared:
	LOAD5_2
	DECQ BX
	JGE  first
	TAPS5(4, Z4, Z0, Z0)
	FINISH(Z0)

first:
	TAPS5(2, Z5, Z1, Z0)
	TAPS5(0, Z6, Z29, Z1)
	DECQ CX
	JZ   below

between:
	LOAD5_2
	TAPS5(3, Z7, Z0, Z0)
	TAPS5(1, Z8, Z1, Z1)
	DECQ CX
	JNZ  shared

below:
	TESTQ DX, DX
	JZ    next
	DECQ  BX
	JGE   skip
	FINISH(Z0)

skip:
	VMOVAPS Z1, Z0
	JMP     below

next:
	ADDQ $100, R13
	NEXT_PLANE
	JNZ  plane
	VZEROUPPER
	RET

// Loads values, with -Inf for padding according to the mask.
#define LOAD_POOL(offset, mask, z) \
	VMOVAPS Z31, z              \
	VMOVUPS offset(SI), mask, z

// Sets Z10 to the maximum of two columns, and K5 where one is NaN, which MAX does not report.
#define MAX2 \
	VCMPPS $3, Z11, Z10, K5 \
	VMAXPS Z11, Z10, Z10

// The same for three columns.
#define MAX3 \
	MAX2                    \
	VCMPPS $3, Z12, Z12, K6 \
	VMAXPS Z12, Z10, Z10    \
	KORW   K6, K5, K5

// The windows' columns in a row of input, with stride 1.
#define POOL_ROW1 \
	PREFETCHT0 (SI)(R15*1) \
	LOAD_POOL(0, K1, Z10)  \
	LOAD_POOL(4, K2, Z11)  \
	LOAD_POOL(8, K3, Z12)  \
	ADDQ       R9, SI      \
	MAX3

// Writes the even values of two registers to Z10 and the odd ones to Z11.
#define POOL_PAIRS \
	PREFETCHT0 (SI)(R15*1)   \
	PREFETCHT0 64(SI)(R15*1) \
	LOAD_POOL(0, K1, Z10)    \
	LOAD_POOL(64, K2, Z13)   \
	VMOVAPS    Z10, Z11      \
	VPERMT2PS  Z13, Z18, Z10 \
	VPERMT2PS  Z13, Z19, Z11

// The windows' columns with stride 2, three or two of them.
#define POOL_ROW2 \
	POOL_PAIRS                \
	LOAD_POOL(128, K3, Z12)   \
	VALIGND $1, Z10, Z12, Z12 \
	ADDQ    R9, SI            \
	MAX3

#define POOL_ROW2X2 \
	POOL_PAIRS  \
	ADDQ R9, SI \
	MAX2

// Includes the current row in the windows of Z1. K7 is set where they have a NaN.
#define TAKE \
	VMAXPS Z10, Z1, Z1 \
	KORW   K5, K7, K7

// Writes a row of outputs.
#define FINISH_POOL \
	VMOVAPS Z30, K7, Z1  \
	VMOVUPS Z1, K4, (DI) \
	ADDQ    R8, DI       \
	DECQ    DX

// Sets Z31 to -Inf and Z30 to NaN.
#define POOL_CONSTANTS \
	VPTERNLOGD $0xFF, Z30, Z30, Z30 \
	VPSLLD     $23, Z30, Z31

// func maxPool3x3S1AVX512(s *strip)
//
// Z1 and K7 hold the windows that end with the current row, Z0 and K0 those whose middle row it is.
TEXT ·maxPool3x3S1AVX512(SB), NOSPLIT, $0-8
	STRIP($1, $2)
	POOL_CONSTANTS

plane:
	PLANE
	NEGQ    BX
	ADDQ    $2, BX
	VMOVAPS Z31, Z0
	VMOVAPS Z31, Z1
	KXORW   K0, K0, K0
	KXORW   K7, K7, K7

row:
	POOL_ROW1
	DECQ BX
	JGE  middle
	TAKE
	FINISH_POOL

middle:
	VMAXPS  Z10, Z0, Z1
	KORW    K5, K0, K7
	VMOVAPS Z10, Z0
	KMOVW   K5, K0
	DECQ    CX
	JNZ     row

	// Windows that extend beyond the last row.
below:
	TESTQ DX, DX
	JZ    next
	DECQ  BX
	JGE   skip
	FINISH_POOL

skip:
	VMOVAPS Z0, Z1
	KMOVW   K0, K7
	JMP     below

next:
	NEXT_PLANE
	JNZ plane
	VZEROUPPER
	RET

// func maxPool3x3S2AVX512(s *strip)
//
// As in depthwise3x3S2AVX512, every other row is shared.
TEXT ·maxPool3x3S2AVX512(SB), NOSPLIT, $0-8
	STRIP($16, $32)
	POOL_CONSTANTS
	PLACES

plane:
	PLANE
	VMOVAPS Z31, Z1
	KXORW   K7, K7, K7
	DECQ    BX
	JEQ     middle
	NEGQ    BX

shared:
	POOL_ROW2
	DECQ BX
	JEQ  first
	TAKE
	FINISH_POOL

first:
	VMOVAPS Z10, Z1
	KMOVW   K5, K7
	DECQ    CX
	JZ      below

middle:
	POOL_ROW2
	TAKE
	DECQ CX
	JNZ  shared

below:
	TESTQ DX, DX
	JZ    next
	FINISH_POOL

next:
	NEXT_PLANE
	JNZ plane
	VZEROUPPER
	RET

// func maxPool2x2S2AVX512(s *strip)
//
// There is no padding above.
TEXT ·maxPool2x2S2AVX512(SB), NOSPLIT, $0-8
	STRIP($16, $32)
	POOL_CONSTANTS
	PLACES

plane:
	PLANE

upper:
	POOL_ROW2X2
	VMOVAPS Z10, Z1
	KMOVW   K5, K7
	DECQ    CX
	JZ      lower
	POOL_ROW2X2
	TAKE
	DECQ    CX

lower:
	FINISH_POOL
	JNZ upper
	NEXT_PLANE
	JNZ plane
	VZEROUPPER
	RET
