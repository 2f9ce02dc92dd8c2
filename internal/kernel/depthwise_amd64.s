//go:build amd64 && !noasm

#include "textflag.h"

// func rowTapsAVX2(dst *float32, n int, src *float32, step, rows int, filter *float32, fw, dw, stride int, bias, lo, hi float32)
//
// Each iteration of "next" computes a block of outputs with all taps: 32 if the stride is 1 and as many are left,
// otherwise 8. The last block begins at n-8 and may compute some outputs a second time.
TEXT ·rowTapsAVX2(SB), NOSPLIT, $0-84
	MOVQ         dst+0(FP), DI
	MOVQ         n+8(FP), R8
	MOVQ         step+24(FP), R9
	MOVQ         dw+56(FP), R13
	MOVQ         stride+64(FP), BX
	VBROADCASTSS bias+72(FP), Y12
	VBROADCASTSS lo+76(FP), Y13
	VBROADCASTSS hi+80(FP), Y14
	SHLQ         $2, R9
	SHLQ         $2, R13
	XORQ         AX, AX

next:
	MOVQ    R8, CX
	SUBQ    AX, CX
	JLE     done
	MOVQ    rows+32(FP), R10
	MOVQ    filter+40(FP), R11
	MOVQ    src+16(FP), SI
	VMOVAPS Y12, Y0
	CMPQ    BX, $2
	JEQ     strided
	CMPQ    CX, $32
	JGE     wide
	CMPQ    CX, $8
	JGE     narrow
	LEAQ    -8(R8), AX

narrow:
	LEAQ (SI)(AX*4), SI

narrowRow:
	MOVQ fw+48(FP), R12
	MOVQ SI, DX

narrowTap:
	VBROADCASTSS (R11), Y8
	VFMADD231PS  (DX), Y8, Y0
	ADDQ         $4, R11
	ADDQ         R13, DX
	DECQ         R12
	JNZ          narrowTap
	ADDQ         R9, SI
	DECQ         R10
	JNZ          narrowRow
	JMP          store8

wide:
	LEAQ    (SI)(AX*4), SI
	VMOVAPS Y12, Y1
	VMOVAPS Y12, Y2
	VMOVAPS Y12, Y3

wideRow:
	MOVQ fw+48(FP), R12
	MOVQ SI, DX

wideTap:
	VBROADCASTSS (R11), Y8
	VFMADD231PS  (DX), Y8, Y0
	VFMADD231PS  32(DX), Y8, Y1
	VFMADD231PS  64(DX), Y8, Y2
	VFMADD231PS  96(DX), Y8, Y3
	ADDQ         $4, R11
	ADDQ         R13, DX
	DECQ         R12
	JNZ          wideTap
	ADDQ         R9, SI
	DECQ         R10
	JNZ          wideRow
	VMAXPS       Y1, Y13, Y1
	VMAXPS       Y2, Y13, Y2
	VMAXPS       Y3, Y13, Y3
	VMINPS       Y1, Y14, Y1
	VMINPS       Y2, Y14, Y2
	VMINPS       Y3, Y14, Y3
	VMOVUPS      Y1, 32(DI)(AX*4)
	VMOVUPS      Y2, 64(DI)(AX*4)
	VMOVUPS      Y3, 96(DI)(AX*4)
	VMAXPS       Y0, Y13, Y0
	VMINPS       Y0, Y14, Y0
	VMOVUPS      Y0, (DI)(AX*4)
	ADDQ         $32, AX
	JMP          next

strided:
	CMPQ CX, $8
	JGE  stridedBlock
	LEAQ -8(R8), AX

stridedBlock:
	LEAQ (SI)(AX*8), SI

stridedRow:
	MOVQ fw+48(FP), R12
	MOVQ SI, DX

	// The even ones of 16 values: SHUFPS selects them in each half, PERMPD orders the halves.
stridedTap:
	VMOVUPS      (DX), Y9
	VSHUFPS      $0x88, 32(DX), Y9, Y9
	VPERMPD      $0xD8, Y9, Y9
	VBROADCASTSS (R11), Y8
	VFMADD231PS  Y9, Y8, Y0
	ADDQ         $4, R11
	ADDQ         R13, DX
	DECQ         R12
	JNZ          stridedTap
	ADDQ         R9, SI
	DECQ         R10
	JNZ          stridedRow

store8:
	VMAXPS  Y0, Y13, Y0
	VMINPS  Y0, Y14, Y0
	VMOVUPS Y0, (DI)(AX*4)
	ADDQ    $8, AX
	JMP     next

done:
	VZEROUPPER
	RET

// func rowTapsAVX512(dst *float32, n int, src *float32, step, rows int, filter *float32, fw, dw int, bias, lo, hi float32)
//
// Each block is 64 outputs with all taps, of which masks leave out those after the last.
TEXT ·rowTapsAVX512(SB), NOSPLIT, $0-76
	MOVQ         dst+0(FP), DI
	MOVQ         n+8(FP), R8
	MOVQ         src+16(FP), SI
	MOVQ         step+24(FP), R9
	MOVQ         dw+56(FP), R13
	VBROADCASTSS bias+64(FP), Z12
	VBROADCASTSS lo+68(FP), Z13
	VBROADCASTSS hi+72(FP), Z14
	SHLQ         $2, R9
	SHLQ         $2, R13

block:
	MOVQ $-1, AX
	CMPQ R8, $64
	JGE  masks
	MOVQ R8, CX
	MOVQ $1, AX
	SHLQ CX, AX
	DECQ AX

masks:
	KMOVW   AX, K1
	SHRQ    $16, AX
	KMOVW   AX, K2
	SHRQ    $16, AX
	KMOVW   AX, K3
	SHRQ    $16, AX
	KMOVW   AX, K4
	VMOVAPS Z12, Z0
	VMOVAPS Z12, Z1
	VMOVAPS Z12, Z2
	VMOVAPS Z12, Z3
	MOVQ    rows+32(FP), R10
	MOVQ    filter+40(FP), R11
	MOVQ    SI, BX

row:
	MOVQ fw+48(FP), R12
	MOVQ BX, DX

tap:
	VBROADCASTSS (R11), Z8
	VFMADD231PS  (DX), Z8, K1, Z0
	VFMADD231PS  64(DX), Z8, K2, Z1
	VFMADD231PS  128(DX), Z8, K3, Z2
	VFMADD231PS  192(DX), Z8, K4, Z3
	ADDQ         $4, R11
	ADDQ         R13, DX
	DECQ         R12
	JNZ          tap
	ADDQ         R9, BX
	DECQ         R10
	JNZ          row

	VMAXPS  Z0, Z13, Z0
	VMAXPS  Z1, Z13, Z1
	VMAXPS  Z2, Z13, Z2
	VMAXPS  Z3, Z13, Z3
	VMINPS  Z0, Z14, Z0
	VMINPS  Z1, Z14, Z1
	VMINPS  Z2, Z14, Z2
	VMINPS  Z3, Z14, Z3
	VMOVUPS Z0, K1, (DI)
	VMOVUPS Z1, K2, 64(DI)
	VMOVUPS Z2, K3, 128(DI)
	VMOVUPS Z3, K4, 192(DI)
	ADDQ    $256, SI
	ADDQ    $256, DI
	SUBQ    $64, R8
	JG      block
	VZEROUPPER
	RET
