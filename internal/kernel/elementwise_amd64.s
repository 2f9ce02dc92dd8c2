//go:build amd64 && !noasm

#include "textflag.h"

// Keeps y within Y14 and Y15; NaN stays NaN.
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
