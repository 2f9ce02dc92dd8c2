//go:build amd64 && !noasm

#include "textflag.h"

// Clamps y to Y14 and Y15. NaN stays NaN.
#define BOUND(y) \
	VMAXPS y, Y14, y \
	VMINPS y, Y15, y

// func affineAVX2(dst, src *float32, n int, scale, shift, lo, hi float32)
TEXT ·affineAVX2(SB), NOSPLIT, $0-40
	MOVQ         dst+0(FP), DI
	MOVQ         src+8(FP), SI
	MOVQ         n+16(FP), CX
	VBROADCASTSS scale+24(FP), Y12
	VBROADCASTSS shift+28(FP), Y13
	VBROADCASTSS lo+32(FP), Y14
	VBROADCASTSS hi+36(FP), Y15

affine:
	VMOVAPS     Y13, Y0
	VFMADD231PS (SI), Y12, Y0
	BOUND(Y0)
	VMOVUPS     Y0, (DI)
	ADDQ        $32, SI
	ADDQ        $32, DI
	SUBQ        $8, CX
	JNZ         affine
	VZEROUPPER
	RET

// func addAVX2(dst, x, y *float32, n int, lo, hi float32)
TEXT ·addAVX2(SB), NOSPLIT, $0-40
	MOVQ         dst+0(FP), DI
	MOVQ         x+8(FP), SI
	MOVQ         y+16(FP), DX
	MOVQ         n+24(FP), CX
	VBROADCASTSS lo+32(FP), Y14
	VBROADCASTSS hi+36(FP), Y15

add:
	VMOVUPS (SI), Y0
	VADDPS  (DX), Y0, Y0
	BOUND(Y0)
	VMOVUPS Y0, (DI)
	ADDQ    $32, SI
	ADDQ    $32, DX
	ADDQ    $32, DI
	SUBQ    $8, CX
	JNZ     add
	VZEROUPPER
	RET

// Y0 = max(Y0, Y1), or NaN if either is NaN. If one is, MAX returns its first operand here, the old value, so a new NaN
// is blended in.
#define MAX_NAN \
	VCMPPS    $3, Y1, Y1, Y2 \
	VMAXPS    Y0, Y1, Y0     \
	VBLENDVPS Y2, Y1, Y0, Y0

// func maxRowAVX2(dst, src *float32, n, stride int)
//
// The last block begins at n-8. Computing a maximum twice does not change it.
TEXT ·maxRowAVX2(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), R8
	MOVQ stride+24(FP), BX
	XORQ AX, AX

next:
	MOVQ R8, CX
	SUBQ AX, CX
	JLE  done
	CMPQ CX, $8
	JGE  block
	LEAQ -8(R8), AX

block:
	VMOVUPS (DI)(AX*4), Y0
	CMPQ    BX, $2
	JEQ     strided
	VMOVUPS (SI)(AX*4), Y1
	JMP     take

// The even ones of 16 values.
strided:
	VMOVUPS (SI)(AX*8), Y1
	VSHUFPS $0x88, 32(SI)(AX*8), Y1, Y1
	VPERMPD $0xD8, Y1, Y1

take:
	MAX_NAN
	VMOVUPS Y0, (DI)(AX*4)
	ADDQ    $8, AX
	JMP     next

done:
	VZEROUPPER
	RET

// func evensAVX2(dst, src *float32, n int)
//
// The last block begins at n-8 and may copy some values twice.
TEXT ·evensAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), R8
	XORQ AX, AX

next:
	MOVQ R8, CX
	SUBQ AX, CX
	JLE  done
	CMPQ CX, $8
	JGE  block
	LEAQ -8(R8), AX

block:
	VMOVUPS (SI)(AX*8), Y1
	VSHUFPS $0x88, 32(SI)(AX*8), Y1, Y1
	VPERMPD $0xD8, Y1, Y1
	VMOVUPS Y1, (DI)(AX*4)
	ADDQ    $8, AX
	JMP     next

done:
	VZEROUPPER
	RET

// func sumAVX2(values *float32, n int) float64
TEXT ·sumAVX2(SB), NOSPLIT, $0-24
	MOVQ   values+0(FP), SI
	MOVQ   n+8(FP), CX
	VXORPD Y0, Y0, Y0
	VXORPD Y1, Y1, Y1
	VXORPD Y2, Y2, Y2
	VXORPD Y3, Y3, Y3

sum:
	VCVTPS2PD (SI), Y4
	VCVTPS2PD 16(SI), Y5
	VCVTPS2PD 32(SI), Y6
	VCVTPS2PD 48(SI), Y7
	VADDPD    Y4, Y0, Y0
	VADDPD    Y5, Y1, Y1
	VADDPD    Y6, Y2, Y2
	VADDPD    Y7, Y3, Y3
	ADDQ      $64, SI
	SUBQ      $16, CX
	JNZ       sum

	VADDPD       Y1, Y0, Y0
	VADDPD       Y3, Y2, Y2
	VADDPD       Y2, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VADDPD       X1, X0, X0
	VUNPCKHPD    X0, X0, X1
	VADDSD       X1, X0, X0
	VMOVSD       X0, ret+16(FP)
	VZEROUPPER
	RET
