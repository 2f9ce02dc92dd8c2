//go:build amd64 && !noasm

#include "textflag.h"
#include "go_asm.h"

// func packRowsAVX2(dst *float32, ldd int, src *float32, at, next, stride int, steps *packStep, n, rows int)
//
// Each step also prefetches from src[next:], which is packed later: rows of planes are too short and too far apart for
// the processor to predict.
//
// Y0 and Y1 hold the 16 lanes of dst that consecutive steps fill. They are written after each step, which costs less
// than detecting the last one. Most steps fill all lanes.
TEXT ·packRowsAVX2(SB), NOSPLIT, $0-72
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
	VMOVDQU lanes<>+0(SB), Y14
	VMOVDQU lanes<>+32(SB), Y15

row:
	MOVQ n+56(FP), R9
	CMPQ stride+40(FP), $2
	JEQ  step2

step:
	MOVLQSX    packStep_src(R8), AX
	MOVLQSX    packStep_dst(R8), CX
	MOVWLZX    packStep_lanes(R8), BX
	PREFETCHT0 (R12)(AX*4)
	CMPL       BX, $0xffff
	JNE        some
	VMOVUPS    (SI)(AX*4), Y0
	VMOVUPS    32(SI)(AX*4), Y1
	VMOVUPS    Y0, (DI)(CX*4)
	VMOVUPS    Y1, 32(DI)(CX*4)
	ADDQ       $packStep__size, R8
	DECQ       R9
	JNZ        step
	JMP        next

// Masks prevent reading other lanes.
some:
	VMOVD        BX, X4
	VPBROADCASTD X4, Y4
	VPAND        Y14, Y4, Y5
	VPAND        Y15, Y4, Y6
	VPCMPEQD     Y14, Y5, Y5
	VPCMPEQD     Y15, Y6, Y6
	VMASKMOVPS   (SI)(AX*4), Y5, Y2
	VMASKMOVPS   32(SI)(AX*4), Y6, Y3
	MOVWLZX      packStep_kept(R8), BX
	VMOVD        BX, X4
	VPBROADCASTD X4, Y4
	VPAND        Y14, Y4, Y5
	VPAND        Y15, Y4, Y6
	VPCMPEQD     Y14, Y5, Y5
	VPCMPEQD     Y15, Y6, Y6
	VPAND        Y5, Y0, Y0
	VPAND        Y6, Y1, Y1
	VPOR         Y2, Y0, Y0
	VPOR         Y3, Y1, Y1
	VMOVUPS      Y0, (DI)(CX*4)
	VMOVUPS      Y1, 32(DI)(CX*4)
	ADDQ         $packStep__size, R8
	DECQ         R9
	JNZ          step
	JMP          next

// The lanes are the even ones of four vectors. The last vector begins one value earlier, as its last value may not
// be read.
step2:
	MOVLQSX    packStep_src(R8), AX
	MOVLQSX    packStep_dst(R8), CX
	MOVWLZX    packStep_lanes(R8), BX
	PREFETCHT0 (R12)(AX*4)
	PREFETCHT0 64(R12)(AX*4)
	CMPL       BX, $0xffff
	JNE        some2
	VMOVUPS    (SI)(AX*4), Y0
	VMOVUPS    64(SI)(AX*4), Y1
	VSHUFPS    $0x88, 32(SI)(AX*4), Y0, Y0
	VSHUFPS    $0xd8, 92(SI)(AX*4), Y1, Y1
	VPERMPD    $0xd8, Y0, Y0
	VPERMPD    $0xd8, Y1, Y1
	VMOVUPS    Y0, (DI)(CX*4)
	VMOVUPS    Y1, 32(DI)(CX*4)
	ADDQ       $packStep__size, R8
	DECQ       R9
	JNZ        step2
	JMP        next

some2:
	VMOVD        BX, X4
	VPBROADCASTD X4, Y4
	VPXOR        X5, X5, X5
	VPAND        evenLanes<>+0(SB), Y4, Y6
	VPAND        evenLanes<>+32(SB), Y4, Y7
	VPAND        evenLanes<>+64(SB), Y4, Y8
	VPAND        evenLanes<>+96(SB), Y4, Y9
	VPCMPGTD     Y5, Y6, Y6
	VPCMPGTD     Y5, Y7, Y7
	VPCMPGTD     Y5, Y8, Y8
	VPCMPGTD     Y5, Y9, Y9
	VMASKMOVPS   (SI)(AX*4), Y6, Y2
	VMASKMOVPS   32(SI)(AX*4), Y7, Y7
	VMASKMOVPS   64(SI)(AX*4), Y8, Y3
	VMASKMOVPS   96(SI)(AX*4), Y9, Y9
	VSHUFPS      $0x88, Y7, Y2, Y2
	VSHUFPS      $0x88, Y9, Y3, Y3
	VPERMPD      $0xd8, Y2, Y2
	VPERMPD      $0xd8, Y3, Y3
	MOVWLZX      packStep_kept(R8), BX
	VMOVD        BX, X4
	VPBROADCASTD X4, Y4
	VPAND        Y14, Y4, Y5
	VPAND        Y15, Y4, Y6
	VPCMPEQD     Y14, Y5, Y5
	VPCMPEQD     Y15, Y6, Y6
	VPAND        Y5, Y0, Y0
	VPAND        Y6, Y1, Y1
	VPOR         Y2, Y0, Y0
	VPOR         Y3, Y1, Y1
	VMOVUPS      Y0, (DI)(CX*4)
	VMOVUPS      Y1, 32(DI)(CX*4)
	ADDQ         $packStep__size, R8
	DECQ         R9
	JNZ          step2

next:
	ADDQ DX, DI
	DECQ R10
	JNZ  row
	VZEROUPPER
	RET

// The bit of each lane, and of each even value where values between them are skipped.
DATA lanes<>+0(SB)/4, $0x1
DATA lanes<>+4(SB)/4, $0x2
DATA lanes<>+8(SB)/4, $0x4
DATA lanes<>+12(SB)/4, $0x8
DATA lanes<>+16(SB)/4, $0x10
DATA lanes<>+20(SB)/4, $0x20
DATA lanes<>+24(SB)/4, $0x40
DATA lanes<>+28(SB)/4, $0x80
DATA lanes<>+32(SB)/4, $0x100
DATA lanes<>+36(SB)/4, $0x200
DATA lanes<>+40(SB)/4, $0x400
DATA lanes<>+44(SB)/4, $0x800
DATA lanes<>+48(SB)/4, $0x1000
DATA lanes<>+52(SB)/4, $0x2000
DATA lanes<>+56(SB)/4, $0x4000
DATA lanes<>+60(SB)/4, $0x8000
GLOBL lanes<>(SB), RODATA|NOPTR, $64

DATA evenLanes<>+0(SB)/4, $0x1
DATA evenLanes<>+4(SB)/4, $0x0
DATA evenLanes<>+8(SB)/4, $0x2
DATA evenLanes<>+12(SB)/4, $0x0
DATA evenLanes<>+16(SB)/4, $0x4
DATA evenLanes<>+20(SB)/4, $0x0
DATA evenLanes<>+24(SB)/4, $0x8
DATA evenLanes<>+28(SB)/4, $0x0
DATA evenLanes<>+32(SB)/4, $0x10
DATA evenLanes<>+36(SB)/4, $0x0
DATA evenLanes<>+40(SB)/4, $0x20
DATA evenLanes<>+44(SB)/4, $0x0
DATA evenLanes<>+48(SB)/4, $0x40
DATA evenLanes<>+52(SB)/4, $0x0
DATA evenLanes<>+56(SB)/4, $0x80
DATA evenLanes<>+60(SB)/4, $0x0
DATA evenLanes<>+64(SB)/4, $0x100
DATA evenLanes<>+68(SB)/4, $0x0
DATA evenLanes<>+72(SB)/4, $0x200
DATA evenLanes<>+76(SB)/4, $0x0
DATA evenLanes<>+80(SB)/4, $0x400
DATA evenLanes<>+84(SB)/4, $0x0
DATA evenLanes<>+88(SB)/4, $0x800
DATA evenLanes<>+92(SB)/4, $0x0
DATA evenLanes<>+96(SB)/4, $0x1000
DATA evenLanes<>+100(SB)/4, $0x0
DATA evenLanes<>+104(SB)/4, $0x2000
DATA evenLanes<>+108(SB)/4, $0x0
DATA evenLanes<>+112(SB)/4, $0x4000
DATA evenLanes<>+116(SB)/4, $0x0
DATA evenLanes<>+120(SB)/4, $0x8000
DATA evenLanes<>+124(SB)/4, $0x0
GLOBL evenLanes<>(SB), RODATA|NOPTR, $128
