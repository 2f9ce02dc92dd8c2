//go:build amd64 && !noasm

#include "go_asm.h"
#include "textflag.h"
#include "window_strip_amd64.h"

// The general registers are those of window_strip_amd64.h. The stack holds vectors for which there is no register:
//
//	mask1 to mask6  the columns inside the input, for each load
//	wanted          the outputs that are wanted; all is 1 if they all are, as masked stores are slow on some processors
//	lowest, highest the bounds
#define mask1 masks-32(SP)
#define mask2 masks-64(SP)
#define mask3 masks-96(SP)
#define mask4 masks-128(SP)
#define wanted masks-160(SP)
#define lowest masks-192(SP)
#define highest masks-224(SP)
#define all masks-232(SP)
#define mask5 masks-264(SP)
#define mask6 masks-296(SP)

// Expands eight bits of BX, from bit `shift` on, to a mask of eight lanes.
#define MASK(shift, mask) \
	MOVQ         BX, CX              \
	SHRQ         shift, CX           \
	VMOVD        CX, X0              \
	VPBROADCASTD X0, Y0              \
	VPAND        bits8<>(SB), Y0, Y0 \
	VPCMPEQD     bits8<>(SB), Y0, Y0 \
	VMOVDQU      Y0, mask

// Loads what all planes share, but for the masks of columns. BX becomes their bits.
#define STRIP \
	REGISTERS                 \
	MASK($0, wanted)          \
	XORQ  CX, CX              \
	CMPQ  BX, $0xff           \
	SETEQ CX                  \
	MOVQ  CX, all             \
	MOVQ  strip_valid(AX), BX

// Loads what all planes of a depthwise convolution share.
#define BOUNDS \
	VBROADCASTSS strip_lo(AX), Y0      \
	VMOVUPS      Y0, lowest            \
	VBROADCASTSS strip_hi(AX), Y0      \
	VMOVUPS      Y0, highest           \
	MOVQ         strip_filter(AX), R13 \
	MOVQ         strip_bias(AX), R14   \
	VXORPS       Y6, Y6, Y6

// Loads the plane's bias, if there is one, into Y6.
#define BIAS \
	TESTQ        R14, R14  \
	JZ           3(PC)     \
	VBROADCASTSS (R14), Y6 \
	ADDQ         $4, R14

// Loads the plane's bias, and the rows of its filter into Y7-Y9, Y10-Y12 and Y13-Y15.
#define FILTER \
	VBROADCASTSS (R13), Y7    \
	VBROADCASTSS 4(R13), Y8   \
	VBROADCASTSS 8(R13), Y9   \
	VBROADCASTSS 12(R13), Y10 \
	VBROADCASTSS 16(R13), Y11 \
	VBROADCASTSS 20(R13), Y12 \
	VBROADCASTSS 24(R13), Y13 \
	VBROADCASTSS 28(R13), Y14 \
	VBROADCASTSS 32(R13), Y15 \
	ADDQ         $36, R13     \
	BIAS

// sum = old + the windows' row in Y2-Y4 times a row of the filter. The products are first summed by themselves, so that
// they do not wait for old.
#define TAPS(f0, f1, f2, old, sum) \
	VMULPS      Y2, f0, Y5   \
	VFMADD231PS Y3, f1, Y5   \
	VFMADD231PS Y4, f2, Y5   \
	VADDPS      Y5, old, sum

// Clamps a row of sums and writes it. NaN stays NaN.
#define FINISH(sum) \
	VMOVUPS lowest, Y5   \
	VMAXPS  sum, Y5, sum \
	VMOVUPS highest, Y5  \
	VMINPS  sum, Y5, sum \
	CMPQ    all, $0      \
	JEQ     3(PC)        \
	VMOVUPS sum, (DI)    \
	JMP     3(PC)        \
	VMOVUPS    wanted, Y5    \
	VMASKMOVPS sum, Y5, (DI) \
	ADDQ       R8, DI        \
	DECQ       DX

#define LOAD(offset, mask, y) \
	VMOVUPS    mask, Y5          \
	VMASKMOVPS offset(SI), Y5, y

// The windows' columns in a row of input, with stride 1.
#define LOAD1 \
	PREFETCHT0 (SI)(R15*1) \
	LOAD(0, mask1, Y2)     \
	LOAD(4, mask2, Y3)     \
	LOAD(8, mask3, Y4)     \
	ADDQ       R9, SI

// The same with stride 2: the first column is the even values, the second the odd ones, and the third the even ones
// from the third value on. Y1 is free.
#define LOAD2 \
	PREFETCHT0 (SI)(R15*1)       \
	PREFETCHT0 64(SI)(R15*1)     \
	LOAD(0, mask1, Y2)           \
	LOAD(32, mask2, Y1)          \
	VSHUFPS    $0xdd, Y1, Y2, Y3 \
	VSHUFPS    $0x88, Y1, Y2, Y2 \
	VPERMPD    $0xd8, Y3, Y3     \
	VPERMPD    $0xd8, Y2, Y2     \
	LOAD(8, mask3, Y4)           \
	LOAD(40, mask4, Y1)          \
	VSHUFPS    $0x88, Y1, Y4, Y4 \
	VPERMPD    $0xd8, Y4, Y4     \
	ADDQ       R9, SI

DATA bits8<>+0(SB)/4, $1
DATA bits8<>+4(SB)/4, $2
DATA bits8<>+8(SB)/4, $4
DATA bits8<>+12(SB)/4, $8
DATA bits8<>+16(SB)/4, $16
DATA bits8<>+20(SB)/4, $32
DATA bits8<>+24(SB)/4, $64
DATA bits8<>+28(SB)/4, $128
GLOBL bits8<>(SB), RODATA|NOPTR, $32

// func depthwise3x3S1AVX2(s *strip)
//
// Y1 holds the sums of the windows that end with the current row, Y0 those of the windows whose middle row it is.
TEXT ·depthwise3x3S1AVX2(SB), NOSPLIT, $232-8
	STRIP
	MASK($0, mask1)
	MASK($1, mask2)
	MASK($2, mask3)
	BOUNDS

plane:
	PLANE
	FILTER
	NEGQ    BX
	ADDQ    $2, BX
	VMOVAPS Y6, Y0
	VMOVAPS Y6, Y1

row:
	LOAD1
	DECQ BX
	JGE  middle
	TAPS(Y13, Y14, Y15, Y1, Y1)
	FINISH(Y1)

middle:
	TAPS(Y10, Y11, Y12, Y0, Y1)
	TAPS(Y7, Y8, Y9, Y6, Y0)
	DECQ CX
	JNZ  row

	// Windows that extend beyond the last row.
below:
	TESTQ DX, DX
	JZ    next
	DECQ  BX
	JGE   skip
	FINISH(Y1)

skip:
	VMOVAPS Y0, Y1
	JMP     below

next:
	NEXT_PLANE
	JNZ plane
	VZEROUPPER
	RET

// func depthwise3x3S2AVX2(s *strip)
//
// Y0 holds the sums of the current windows. Every other row, a shared one, is the last of some windows and the first of
// the next.
TEXT ·depthwise3x3S2AVX2(SB), NOSPLIT, $232-8
	STRIP
	MASK($0, mask1)
	MASK($8, mask2)
	MASK($2, mask3)
	MASK($10, mask4)
	BOUNDS

plane:
	PLANE
	FILTER
	VMOVAPS Y6, Y0
	DECQ    BX
	JEQ     middle
	NEGQ    BX     // without padding, the first shared row ends no window

shared:
	LOAD2
	DECQ BX
	JEQ  first
	TAPS(Y13, Y14, Y15, Y0, Y0)
	FINISH(Y0)

first:
	TAPS(Y7, Y8, Y9, Y6, Y0)
	DECQ CX
	JZ   below

middle:
	LOAD2
	TAPS(Y10, Y11, Y12, Y0, Y0)
	DECQ CX
	JNZ  shared

below:
	TESTQ DX, DX
	JZ    next
	FINISH(Y0)

next:
	NEXT_PLANE
	JNZ plane
	VZEROUPPER
	RET

// temp += a column of the windows times the value at offset of the filter
#define TAP(offset, column, temp) \
	VBROADCASTSS (offset)(R13), Y12 \
	VFMADD231PS  Y12, column, temp

// The same as TAPS for a row of a filter of 5x5, at R13, and the windows' row in Y7-Y11.
#define TAPS5(row, old, sum) \
	VBROADCASTSS (row*20)(R13), Y5 \
	VMULPS       Y5, Y7, Y5        \
	TAP(row*20+4, Y8, Y5)          \
	TAP(row*20+8, Y9, Y5)          \
	TAP(row*20+12, Y10, Y5)        \
	TAP(row*20+16, Y11, Y5)        \
	VADDPS       Y5, old, sum

// The windows' columns in a row of input, with stride 1.
#define LOAD5_1 \
	PREFETCHT0 (SI)(R15*1) \
	LOAD(0, mask1, Y7)     \
	LOAD(4, mask2, Y8)     \
	LOAD(8, mask3, Y9)     \
	LOAD(12, mask4, Y10)   \
	LOAD(16, mask5, Y11)   \
	ADDQ       R9, SI

// Writes the even and the odd ones of sixteen values.
#define PAIRS(offset0, maskA, offset1, maskB, even, odd) \
	LOAD(offset0, maskA, even)     \
	LOAD(offset1, maskB, Y12)      \
	VSHUFPS $0xdd, Y12, even, odd  \
	VSHUFPS $0x88, Y12, even, even \
	VPERMPD $0xd8, odd, odd        \
	VPERMPD $0xd8, even, even

// The same with stride 2: the even and the odd values, those from the third value on, and the even ones from the fifth
// on.
#define LOAD5_2 \
	PREFETCHT0 (SI)(R15*1)               \
	PREFETCHT0 64(SI)(R15*1)             \
	PAIRS(0, mask1, 32, mask2, Y7, Y8)   \
	PAIRS(8, mask3, 40, mask4, Y9, Y10)  \
	PAIRS(16, mask5, 48, mask6, Y11, Y5) \
	ADDQ       R9, SI

// func depthwise5x5S1AVX2(s *strip)
//
// Y0 to Y3 hold the sums of the windows that end one to four rows after the last one.
TEXT ·depthwise5x5S1AVX2(SB), NOSPLIT, $296-8
	STRIP
	MASK($0, mask1)
	MASK($1, mask2)
	MASK($2, mask3)
	MASK($3, mask4)
	MASK($4, mask5)
	BOUNDS

plane:
	PLANE
	BIAS
	NEGQ    BX
	ADDQ    $4, BX
	VMOVAPS Y6, Y0
	VMOVAPS Y6, Y1
	VMOVAPS Y6, Y2
	VMOVAPS Y6, Y3

row:
	LOAD5_1
	DECQ BX
	JGE  middle
	TAPS5(4, Y0, Y0)
	FINISH(Y0)

middle:
	TAPS5(3, Y1, Y0)
	TAPS5(2, Y2, Y1)
	TAPS5(1, Y3, Y2)
	TAPS5(0, Y6, Y3)
	DECQ CX
	JNZ  row

	// Windows that extend beyond the last row.
below:
	TESTQ DX, DX
	JZ    next
	DECQ  BX
	JGE   skip
	FINISH(Y0)

skip:
	VMOVAPS Y1, Y0
	VMOVAPS Y2, Y1
	VMOVAPS Y3, Y2
	JMP     below

next:
	ADDQ $100, R13
	NEXT_PLANE
	JNZ  plane
	VZEROUPPER
	RET

// func depthwise5x5S2AVX2(s *strip)
//
// Y0 and Y1 hold the sums of the windows that end with the next shared row and with the one after it. Every other row
// is shared: the last of some windows, the middle and the first of others.
TEXT ·depthwise5x5S2AVX2(SB), NOSPLIT, $296-8
	STRIP
	MASK($0, mask1)
	MASK($8, mask2)
	MASK($2, mask3)
	MASK($10, mask4)
	MASK($4, mask5)
	MASK($12, mask6)
	BOUNDS

plane:
	PLANE
	BIAS
	VMOVAPS Y6, Y0
	VMOVAPS Y6, Y1
	SKIPS5
	TESTQ   $1, strip_above(AX)
	JNZ     between

shared:
	LOAD5_2
	DECQ BX
	JGE  first
	TAPS5(4, Y0, Y0)
	FINISH(Y0)

first:
	TAPS5(2, Y1, Y0)
	TAPS5(0, Y6, Y1)
	DECQ CX
	JZ   below

between:
	LOAD5_2
	TAPS5(3, Y0, Y0)
	TAPS5(1, Y1, Y1)
	DECQ CX
	JNZ  shared

below:
	TESTQ DX, DX
	JZ    next
	DECQ  BX
	JGE   skip
	FINISH(Y0)

skip:
	VMOVAPS Y1, Y0
	JMP     below

next:
	ADDQ $100, R13
	NEXT_PLANE
	JNZ  plane
	VZEROUPPER
	RET

// Loads values, with -Inf for padding according to the mask.
#define LOAD_POOL(offset, mask, y) \
	VMASKMOVPS offset(SI), mask, y \
	VBLENDVPS  mask, y, Y11, y

// Sets Y2 to the maximum of two columns, and Y6 where one is NaN, which MAX does not report.
#define MAX2 \
	VCMPPS $3, Y3, Y2, Y6 \
	VMAXPS Y3, Y2, Y2

// The same for three columns.
#define MAX3 \
	MAX2                  \
	VCMPPS $3, Y4, Y4, Y5 \
	VMAXPS Y4, Y2, Y2     \
	VORPS  Y5, Y6, Y6

// The windows' columns in a row of input, with stride 1.
#define POOL_ROW1 \
	PREFETCHT0 (SI)(R15*1) \
	LOAD_POOL(0, Y12, Y2)  \
	LOAD_POOL(4, Y13, Y3)  \
	LOAD_POOL(8, Y14, Y4)  \
	ADDQ       R9, SI      \
	MAX3

// Writes the even values of a row of input to Y2 and the odd ones to Y3.
#define POOL_PAIRS \
	PREFETCHT0 (SI)(R15*1)       \
	PREFETCHT0 64(SI)(R15*1)     \
	LOAD_POOL(0, Y12, Y2)        \
	LOAD_POOL(32, Y13, Y5)       \
	VSHUFPS    $0xdd, Y5, Y2, Y3 \
	VSHUFPS    $0x88, Y5, Y2, Y2 \
	VPERMPD    $0xd8, Y3, Y3     \
	VPERMPD    $0xd8, Y2, Y2

// The windows' columns with stride 2, three or two of them.
#define POOL_ROW2 \
	POOL_PAIRS                \
	LOAD_POOL(8, Y14, Y4)     \
	LOAD_POOL(40, Y15, Y5)    \
	VSHUFPS $0x88, Y5, Y4, Y4 \
	VPERMPD $0xd8, Y4, Y4     \
	ADDQ    R9, SI            \
	MAX3

#define POOL_ROW2X2 \
	POOL_PAIRS  \
	ADDQ R9, SI \
	MAX2

// Includes the current row in the windows of Y1. Y9 is set where they have a NaN.
#define TAKE \
	VMAXPS Y2, Y1, Y1 \
	VORPS  Y6, Y9, Y9

// Writes a row of outputs. All bits set is a NaN.
#define FINISH_POOL \
	VORPS   Y9, Y1, Y1 \
	CMPQ    all, $0    \
	JEQ     3(PC)      \
	VMOVUPS Y1, (DI)   \
	JMP     3(PC)      \
	VMOVUPS    wanted, Y5   \
	VMASKMOVPS Y1, Y5, (DI) \
	ADDQ       R8, DI       \
	DECQ       DX

// Loads the masks of columns, and sets Y11 to -Inf.
#define POOL_CONSTANTS \
	VMOVUPS  mask1, Y12    \
	VMOVUPS  mask2, Y13    \
	VMOVUPS  mask3, Y14    \
	VMOVUPS  mask4, Y15    \
	VPCMPEQD Y11, Y11, Y11 \
	VPSLLD   $23, Y11, Y11

// func maxPool3x3S1AVX2(s *strip)
//
// Y1 and Y9 hold the windows that end with the current row, Y0 and Y8 those whose middle row it is.
TEXT ·maxPool3x3S1AVX2(SB), NOSPLIT, $232-8
	STRIP
	MASK($0, mask1)
	MASK($1, mask2)
	MASK($2, mask3)
	MASK($2, mask4)
	POOL_CONSTANTS

plane:
	PLANE
	NEGQ    BX
	ADDQ    $2, BX
	VMOVAPS Y11, Y0
	VMOVAPS Y11, Y1
	VXORPS  Y8, Y8, Y8
	VXORPS  Y9, Y9, Y9

row:
	POOL_ROW1
	DECQ BX
	JGE  middle
	TAKE
	FINISH_POOL

middle:
	VMAXPS  Y2, Y0, Y1
	VORPS   Y6, Y8, Y9
	VMOVAPS Y2, Y0
	VMOVAPS Y6, Y8
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
	VMOVAPS Y0, Y1
	VMOVAPS Y8, Y9
	JMP     below

next:
	NEXT_PLANE
	JNZ plane
	VZEROUPPER
	RET

// func maxPool3x3S2AVX2(s *strip)
//
// As in depthwise3x3S2AVX2, every other row is shared.
TEXT ·maxPool3x3S2AVX2(SB), NOSPLIT, $232-8
	STRIP
	MASK($0, mask1)
	MASK($8, mask2)
	MASK($2, mask3)
	MASK($10, mask4)
	POOL_CONSTANTS

plane:
	PLANE
	VMOVAPS Y11, Y1
	VXORPS  Y9, Y9, Y9
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
	VMOVAPS Y2, Y1
	VMOVAPS Y6, Y9
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

// func maxPool2x2S2AVX2(s *strip)
//
// There is no padding above.
TEXT ·maxPool2x2S2AVX2(SB), NOSPLIT, $232-8
	STRIP
	MASK($0, mask1)
	MASK($8, mask2)
	MASK($2, mask3)
	MASK($10, mask4)
	POOL_CONSTANTS

plane:
	PLANE

upper:
	POOL_ROW2X2
	VMOVAPS Y2, Y1
	VMOVAPS Y6, Y9
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
