//go:build arm64 && !noasm

#include "go_asm.h"
#include "neon_arm64.h"
#include "textflag.h"

// Registers of all routines in this file:
//
//	R0        the strip
//	R1        1 if no column is in padding
//	R2, R3    the row of outputs, and the bytes to the next row
//	R4, R5    the row of input, at column 0, and the bytes to the next row
//	R6, R7    rows of input and of outputs left
//	R8        rows of outputs above the first one wanted
//	R9        planes left
//	R10, R11  the plane's first rows of outputs and of input
//	R12, R13  the plane's filter and bias
//	R14       the number of outputs wanted, or 0 for all
//	R15       temporary
//	R19-R23   where the registers of a row are loaded, in bytes from column 0
//	V24-V28   the places of columns in them
//	V29       padding, or more places in a 5x5 convolution
//
// With windows of 3x3 and 2x2, the columns are in V12 to V17, each in two registers for eight outputs.

// Loads what all planes share.
#define STRIP \
	MOVD   s+0(FP), R0                               \
	MOVD   loads+8(FP), R15                          \
	MOVD   strip_dstStep(R0), R3                     \
	MOVD   strip_srcStep(R0), R5                     \
	LSL    $2, R3, R3                                \
	LSL    $2, R5, R5                                \
	MOVD   strip_planes(R0), R9                      \
	MOVD   strip_dst(R0), R10                        \
	MOVD   strip_src(R0), R11                        \
	MOVD   strip_left(R0), R8                        \
	ADD    R8<<2, R11, R11                           \
	MOVD   stripLoads_inside(R15), R1                \
	MOVD   stripLoads_partial(R15), R14              \
	LDP    (stripLoads_at+0)(R15), (R19, R20)        \
	LDP    (stripLoads_at+16)(R15), (R21, R22)       \
	MOVD   (stripLoads_at+32)(R15), R23              \
	ADD    $stripLoads_places, R15, R15              \
	VLD1.P 64(R15), [V24.S4, V25.S4, V26.S4, V27.S4] \
	VLD1   (R15), [V28.S4]

// Begins a plane. R8 becomes the number of rows of padding above.
#define PLANE \
	MOVD R10, R2             \
	MOVD R11, R4             \
	MOVD strip_outs(R0), R7  \
	MOVD strip_rows(R0), R6  \
	MOVD strip_above(R0), R8

// Ends a plane. Zero is set after the last one.
#define NEXT_PLANE \
	MOVD strip_dstPlane(R0), R15 \
	ADD  R15<<2, R10, R10        \
	MOVD strip_srcPlane(R0), R15 \
	ADD  R15<<2, R11, R11        \
	SUBS $1, R9, R9

// Loads what all planes of a depthwise convolution share: the bounds into V30 and V31. The bias in V23 is 0 if there is
// none.
#define BOUNDS \
	ADD   $strip_lo, R0, R15        \
	VLD2R (R15), [V30.S4, V31.S4]   \
	MOVD  strip_filter(R0), R12     \
	MOVD  strip_bias(R0), R13       \
	VEOR  V29.B16, V29.B16, V29.B16 \
	VEOR  V23.B16, V23.B16, V23.B16

// Loads the plane's bias if there is one.
#define BIAS \
	CBZ     R13, 2(PC)       \
	VLD1R.P 4(R13), [V23.S4]

// Loads the plane's bias, and its filter into V20 to V22.
#define FILTER \
	VLD1.P  32(R12), [V20.S4, V21.S4] \
	FMOVS.P 4(R12), F22               \
	BIAS

// Adds the windows' row times a row of the filter, which begins with value k, to the sums in registers s and s+1.
#define TAPS(k, s) \
	FMLA_ELEMENT(s, 12, 20+((k)>>2), (k)&3)             \
	FMLA_ELEMENT((s)+1, 14, 20+((k)>>2), (k)&3)         \
	FMLA_ELEMENT(s, 13, 20+(((k)+1)>>2), ((k)+1)&3)     \
	FMLA_ELEMENT((s)+1, 15, 20+(((k)+1)>>2), ((k)+1)&3) \
	FMLA_ELEMENT(s, 16, 20+(((k)+2)>>2), ((k)+2)&3)     \
	FMLA_ELEMENT((s)+1, 17, 20+(((k)+2)>>2), ((k)+2)&3)

// Writes the row of outputs in V2 and V3, all eight or as many as are wanted.
#define STORE \
	CBNZ R14, 3(PC)           \
	VST1 [V2.S4, V3.S4], (R2) \
	JMP  10(PC)               \
	MOVD    R2, R15                    \
	TBZ     $2, R14, 3(PC)             \
	VST1.P  [V2.S4], 16(R15)           \
	MOVE(2, 3)                         \
	TBZ     $1, R14, 3(PC)             \
	FMOVD.P F2, 8(R15)                 \
	VEXT    $8, V2.B16, V2.B16, V2.B16 \
	TBZ     $0, R14, 2(PC)             \
	FMOVS   F2, (R15)                  \
	ADD     R3, R2, R2                 \
	SUBS    $1, R7, R7

// Clamps the row of sums in V2 and V3, and writes it. NaN stays NaN.
#define FINISH \
	FMAX(2, 2, 30) \
	FMAX(3, 3, 30) \
	FMIN(2, 2, 31) \
	FMIN(3, 3, 31) \
	STORE

// Sets register d to columns of those loaded in registers V4 on.
#define PLACE3(places, d) \
	VMOV V29.B16, d.B16                              \
	VTBX places.B16, [V4.B16, V5.B16, V6.B16], d.B16

#define PLACE4(places, d) \
	VMOV V29.B16, d.B16                                      \
	VTBX places.B16, [V4.B16, V5.B16, V6.B16, V7.B16], d.B16

// The windows' columns in a row of input, with stride 1. The first column is V12 and V14, the second V13 and V15, the
// third V16 and V17. V10 has the last two values.
#define LOAD1 \
	CBZ   R1, 5(PC)   \
	FMOVQ (R4), F12   \
	FMOVQ 16(R4), F14 \
	FMOVD 32(R4), F10 \
	JMP   10(PC)      \
	LOAD(4, 4, 19)                     \
	LOAD(5, 4, 20)                     \
	LOAD(6, 4, 21)                     \
	PLACE3(V24, V12)                   \
	PLACE3(V25, V14)                   \
	PLACE3(V26, V10)                   \
	VEXT $4, V14.B16, V12.B16, V13.B16 \
	VEXT $4, V10.B16, V14.B16, V15.B16 \
	VEXT $8, V14.B16, V12.B16, V16.B16 \
	VEXT $8, V10.B16, V14.B16, V17.B16 \
	ADD  R5, R4, R4

// Splits a row of input into even columns, in V12 and V14, and odd ones, in V13 and V15.
#define PAIRS \
	CBZ  R1, 5(PC)               \
	ADD  $32, R4, R15            \
	VLD2 (R4), [V12.S4, V13.S4]  \
	VLD2 (R15), [V14.S4, V15.S4] \
	JMP  13(PC)                  \
	LOAD(4, 4, 19)   \
	LOAD(5, 4, 20)   \
	LOAD(6, 4, 21)   \
	LOAD(7, 4, 22)   \
	PLACE4(V24, V12) \
	PLACE4(V25, V13) \
	PLACE4(V26, V14) \
	PLACE4(V27, V15)

// The windows' columns with stride 2: the third is the even ones from column 2 on.
#define LOAD2 \
	PAIRS             \
	CBZ   R1, 3(PC)   \
	FMOVS 64(R4), F10 \
	JMP   4(PC)       \
	LOAD(4, 4, 23)                     \
	VMOV V29.B16, V10.B16              \
	VTBX V28.B16, [V4.B16], V10.B16    \
	VEXT $4, V14.B16, V12.B16, V16.B16 \
	VEXT $4, V10.B16, V14.B16, V17.B16 \
	ADD  R5, R4, R4

// func depthwise3x3S1NEON(s *strip, loads *stripLoads)
//
// V2 and V3 hold the sums of the windows that end with the current row, V0 and V1 those of the windows whose middle row
// it is.
TEXT ·depthwise3x3S1NEON(SB), NOSPLIT, $0-16
	STRIP
	BOUNDS

plane:
	PLANE
	FILTER
	NEG R8, R8
	ADD $2, R8, R8
	MOVE(0, 23)
	MOVE(1, 23)
	MOVE(2, 23)
	MOVE(3, 23)

row:
	LOAD1
	SUBS $1, R8, R8
	BGE  middle
	TAPS(6, 2)
	FINISH

middle:
	TAPS(3, 0)
	MOVE(2, 0)
	MOVE(3, 1)
	MOVE(0, 23)
	MOVE(1, 23)
	TAPS(0, 0)
	SUBS $1, R6, R6
	BNE  row

	// Windows that extend beyond the last row.
below:
	CBZ  R7, next
	SUBS $1, R8, R8
	BGE  skip
	FINISH

skip:
	MOVE(2, 0)
	MOVE(3, 1)
	B below

next:
	NEXT_PLANE
	BNE plane
	RET

// func depthwise3x3S2NEON(s *strip, loads *stripLoads)
//
// V2 and V3 hold the sums of the current windows. Every other row, a shared one, is the last of some windows and the
// first of the next.
TEXT ·depthwise3x3S2NEON(SB), NOSPLIT, $0-16
	STRIP
	BOUNDS

plane:
	PLANE
	FILTER
	MOVE(2, 23)
	MOVE(3, 23)
	SUBS $1, R8, R8
	BEQ  middle
	NEG  R8, R8     // without padding, the first shared row ends no window

shared:
	LOAD2
	SUBS $1, R8, R8
	BEQ  first
	TAPS(6, 2)
	FINISH

first:
	MOVE(2, 23)
	MOVE(3, 23)
	TAPS(0, 2)
	SUBS $1, R6, R6
	BEQ  below

middle:
	LOAD2
	TAPS(3, 2)
	SUBS $1, R6, R6
	BNE  shared

below:
	CBZ R7, next
	FINISH

next:
	NEXT_PLANE
	BNE plane
	RET

// Loads the plane's bias, and its filter of 5x5 into V8 to V14.
#define FILTER5 \
	VLD1.P  64(R12), [V8.S4, V9.S4, V10.S4, V11.S4] \
	VLD1.P  32(R12), [V12.S4, V13.S4]               \
	FMOVS.P 4(R12), F14                             \
	BIAS

// Adds a column of the windows, in registers a and b, times value k of the filter to the sums in registers s and s+1.
#define TAP(k, s, a, b) \
	FMLA_ELEMENT(s, a, 8+((k)>>2), (k)&3)     \
	FMLA_ELEMENT((s)+1, b, 8+((k)>>2), (k)&3)

// The columns of a row of input with stride 1: twelve in V15 to V17.
#define LOAD5_1 \
	CBZ  R1, 3(PC)                      \
	VLD1 (R4), [V15.S4, V16.S4, V17.S4] \
	JMP  7(PC)                          \
	LOAD(18, 4, 19)                                    \
	LOAD(19, 4, 20)                                    \
	LOAD(20, 4, 21)                                    \
	VTBL V24.B16, [V18.B16, V19.B16, V20.B16], V15.B16 \
	VTBL V25.B16, [V18.B16, V19.B16, V20.B16], V16.B16 \
	VTBL V26.B16, [V18.B16, V19.B16, V20.B16], V17.B16 \
	ADD  R5, R4, R4

// Sets V18 and V19 to the values from byte n of V15 to V17 on.
#define SHIFTED(n) \
	VEXT n, V16.B16, V15.B16, V18.B16 \
	VEXT n, V17.B16, V16.B16, V19.B16

// Adds column c of the windows to all sums.
#define COLUMN5_1(c, a, b) \
	TAP(20+c, 2, a, b) \
	TAP(15+c, 0, a, b) \
	TAP(10+c, 4, a, b) \
	TAP(5+c, 6, a, b)  \
	TAP(c, 20, a, b)

// func depthwise5x5S1NEON(s *strip, loads *stripLoads)
//
// V2 and V3 hold the sums of the windows that end with the current row, V0 and V1, V4 and V5, V6 and V7, and V20 and
// V21 those of windows that end one to four rows after it.
TEXT ·depthwise5x5S1NEON(SB), NOSPLIT, $0-16
	STRIP
	BOUNDS

plane:
	PLANE
	FILTER5
	NEG R8, R8
	ADD $4, R8, R8
	MOVE(2, 23)
	MOVE(3, 23)
	MOVE(0, 23)
	MOVE(1, 23)
	MOVE(4, 23)
	MOVE(5, 23)
	MOVE(6, 23)
	MOVE(7, 23)

row:
	LOAD5_1
	MOVE(20, 23)
	MOVE(21, 23)
	COLUMN5_1(0, 15, 16)
	SHIFTED($4)
	COLUMN5_1(1, 18, 19)
	SHIFTED($8)
	COLUMN5_1(2, 18, 19)
	SHIFTED($12)
	COLUMN5_1(3, 18, 19)
	COLUMN5_1(4, 16, 17)
	SUBS $1, R8, R8
	BGE  middle
	FINISH

middle:
	MOVE(2, 0)
	MOVE(3, 1)
	MOVE(0, 4)
	MOVE(1, 5)
	MOVE(4, 6)
	MOVE(5, 7)
	MOVE(6, 20)
	MOVE(7, 21)
	SUBS $1, R6, R6
	BNE  row

	// Windows that extend beyond the last row.
below:
	CBZ  R7, next
	SUBS $1, R8, R8
	BGE  skip
	FINISH

skip:
	MOVE(2, 0)
	MOVE(3, 1)
	MOVE(0, 4)
	MOVE(1, 5)
	MOVE(4, 6)
	MOVE(5, 7)
	B below

next:
	NEXT_PLANE
	BNE plane
	RET

// The columns of a row of input with stride 2: even ones in V15, V17 and V19, odd ones in V16, V18 and V20.
#define LOAD5_2 \
	CBZ    R1, 6(PC)                 \
	ADD    $32, R4, R15              \
	VLD2   (R4), [V15.S4, V16.S4]    \
	VLD2.P 32(R15), [V17.S4, V18.S4] \
	VLD2   (R15), [V19.S2, V20.S2]   \
	JMP    12(PC)                    \
	LOAD(19, 4, 19)                                             \
	LOAD(20, 4, 20)                                             \
	LOAD(21, 4, 21)                                             \
	LOAD(22, 4, 22)                                             \
	VTBL V24.B16, [V19.B16, V20.B16, V21.B16, V22.B16], V15.B16 \
	VTBL V25.B16, [V19.B16, V20.B16, V21.B16, V22.B16], V16.B16 \
	VTBL V26.B16, [V19.B16, V20.B16, V21.B16, V22.B16], V17.B16 \
	VTBL V27.B16, [V19.B16, V20.B16, V21.B16, V22.B16], V18.B16 \
	LOAD(21, 4, 23)                                             \
	VTBL V28.B16, [V21.B16], V19.B16                            \
	VTBL V29.B16, [V21.B16], V20.B16                            \
	ADD  R5, R4, R4

// Sets V21 and V22 to the values from byte n of three registers on.
#define SHIFTED2(n, a, b, c) \
	VEXT n, b.B16, a.B16, V21.B16 \
	VEXT n, c.B16, b.B16, V22.B16

// Adds column c of the windows of a shared row to all sums.
#define COLUMN5_SHARED(c, a, b) \
	TAP(20+c, 2, a, b) \
	TAP(10+c, 0, a, b) \
	TAP(c, 4, a, b)

// The same for a row that is not shared.
#define COLUMN5_BETWEEN(c, a, b) \
	TAP(15+c, 2, a, b) \
	TAP(5+c, 0, a, b)

// func depthwise5x5S2NEON(s *strip, loads *stripLoads)
//
// V2 and V3 hold the sums of the windows that end with the next shared row, V0 and V1 and then V4 and V5 those of the
// windows that end with the one or two shared rows after it. Every other row is shared: the last of some windows, the
// middle and the first of others.
TEXT ·depthwise5x5S2NEON(SB), NOSPLIT, $0-16
	STRIP
	BOUNDS
	MOVD loads+8(FP), R15
	ADD  $(stripLoads_places+80), R15, R15
	VLD1 (R15), [V29.S4]

plane:
	PLANE
	FILTER5
	MOVE(2, 23)
	MOVE(3, 23)
	MOVE(0, 23)
	MOVE(1, 23)
	MOVD R8, R15
	ADD  $1, R8, R8
	LSR  $1, R8, R8
	NEG  R8, R8
	ADD  $2, R8, R8       // shared rows that end no window: 2 - (above+1)/2
	TBNZ $0, R15, between

shared:
	LOAD5_2
	MOVE(4, 23)
	MOVE(5, 23)
	COLUMN5_SHARED(0, 15, 17)
	COLUMN5_SHARED(1, 16, 18)
	SHIFTED2($4, V15, V17, V19)
	COLUMN5_SHARED(2, 21, 22)
	SHIFTED2($4, V16, V18, V20)
	COLUMN5_SHARED(3, 21, 22)
	SHIFTED2($8, V15, V17, V19)
	COLUMN5_SHARED(4, 21, 22)
	SUBS $1, R8, R8
	BGE  first
	FINISH

first:
	MOVE(2, 0)
	MOVE(3, 1)
	MOVE(0, 4)
	MOVE(1, 5)
	SUBS $1, R6, R6
	BEQ  below

between:
	LOAD5_2
	COLUMN5_BETWEEN(0, 15, 17)
	COLUMN5_BETWEEN(1, 16, 18)
	SHIFTED2($4, V15, V17, V19)
	COLUMN5_BETWEEN(2, 21, 22)
	SHIFTED2($4, V16, V18, V20)
	COLUMN5_BETWEEN(3, 21, 22)
	SHIFTED2($8, V15, V17, V19)
	COLUMN5_BETWEEN(4, 21, 22)
	SUBS $1, R6, R6
	BNE  shared

below:
	CBZ  R7, next
	SUBS $1, R8, R8
	BGE  skip
	FINISH

skip:
	MOVE(2, 0)
	MOVE(3, 1)
	B below

next:
	NEXT_PLANE
	BNE plane
	RET

// Sets V29 to -Inf.
#define POOL_PADDING \
	MOVW $0xff800000, R15 \
	VDUP R15, V29.S4

// Sets V18 and V19 to the maxima of two columns, or NaN where one is.
#define MAX2 \
	FMAX(18, 12, 13) \
	FMAX(19, 14, 15)

// The same for three columns.
#define MAX3 \
	MAX2             \
	FMAX(18, 18, 16) \
	FMAX(19, 19, 17)

// Includes the current row in the windows of V2 and V3.
#define TAKE \
	FMAX(2, 2, 18) \
	FMAX(3, 3, 19)

// func maxPool3x3S1NEON(s *strip, loads *stripLoads)
//
// V2 and V3 hold the windows that end with the current row, V0 and V1 those whose middle row it is.
TEXT ·maxPool3x3S1NEON(SB), NOSPLIT, $0-16
	STRIP
	POOL_PADDING

plane:
	PLANE
	NEG R8, R8
	ADD $2, R8, R8
	MOVE(0, 29)
	MOVE(1, 29)
	MOVE(2, 29)
	MOVE(3, 29)

row:
	LOAD1
	MAX3
	SUBS $1, R8, R8
	BGE  middle
	TAKE
	STORE

middle:
	FMAX(2, 0, 18)
	FMAX(3, 1, 19)
	MOVE(0, 18)
	MOVE(1, 19)
	SUBS $1, R6, R6
	BNE  row

	// Windows that extend beyond the last row.
below:
	CBZ  R7, next
	SUBS $1, R8, R8
	BGE  skip
	STORE

skip:
	MOVE(2, 0)
	MOVE(3, 1)
	B below

next:
	NEXT_PLANE
	BNE plane
	RET

// func maxPool3x3S2NEON(s *strip, loads *stripLoads)
//
// As in depthwise3x3S2NEON, every other row is shared.
TEXT ·maxPool3x3S2NEON(SB), NOSPLIT, $0-16
	STRIP
	POOL_PADDING

plane:
	PLANE
	MOVE(2, 29)
	MOVE(3, 29)
	SUBS $1, R8, R8
	BEQ  middle
	NEG  R8, R8

shared:
	LOAD2
	MAX3
	SUBS $1, R8, R8
	BEQ  first
	TAKE
	STORE

first:
	MOVE(2, 18)
	MOVE(3, 19)
	SUBS $1, R6, R6
	BEQ  below

middle:
	LOAD2
	MAX3
	TAKE
	SUBS $1, R6, R6
	BNE  shared

below:
	CBZ R7, next
	STORE

next:
	NEXT_PLANE
	BNE plane
	RET

// func maxPool2x2S2NEON(s *strip, loads *stripLoads)
//
// There is no padding above.
TEXT ·maxPool2x2S2NEON(SB), NOSPLIT, $0-16
	STRIP
	POOL_PADDING

plane:
	PLANE

upper:
	PAIRS
	ADD  R5, R4, R4
	MAX2
	MOVE(2, 18)
	MOVE(3, 19)
	SUBS $1, R6, R6
	BEQ  lower
	PAIRS
	ADD  R5, R4, R4
	MAX2
	TAKE
	SUBS $1, R6, R6

lower:
	STORE
	BNE upper
	NEXT_PLANE
	BNE plane
	RET
