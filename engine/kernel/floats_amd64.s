//go:build !purego

#include "textflag.h"

#include "exp_amd64.h"

// The constants of Exp, of quantize and of swiglu.
DATA ·consts+0(SB)/4, $0xC2AE0000 // −87
DATA ·consts+4(SB)/4, $0x42B00000 // 88
DATA ·consts+8(SB)/4, $0x3FB8AA3B // log2 e
DATA ·consts+12(SB)/4, $0x4B400000 // 1.5·2²³
DATA ·consts+16(SB)/4, $0x3F318000 // ln 2, high part
DATA ·consts+20(SB)/4, $0xB95E8083 // low part
DATA ·consts+24(SB)/4, $0x39506967
DATA ·consts+28(SB)/4, $0x3AB743CE
DATA ·consts+32(SB)/4, $0x3C088908
DATA ·consts+36(SB)/4, $0x3D2AA9C1
DATA ·consts+40(SB)/4, $0x3E2AAAAA
DATA ·consts+44(SB)/4, $0x3F000000
DATA ·consts+48(SB)/4, $0x3F800000 // 1
DATA ·consts+52(SB)/4, $127
DATA ·consts+56(SB)/4, $0x80000000
DATA ·consts+60(SB)/4, $0x7FFFFFFF
DATA ·consts+64(SB)/4, $0x42FE0000 // 127
DATA ·consts+68(SB)/4, $0xFF800000 // −∞
GLOBL ·consts(SB), RODATA|NOPTR, $72

// the order in which packing to bytes leaves groups of four values
DATA packed<>+0(SB)/4, $0
DATA packed<>+4(SB)/4, $4
DATA packed<>+8(SB)/4, $1
DATA packed<>+12(SB)/4, $5
DATA packed<>+16(SB)/4, $2
DATA packed<>+20(SB)/4, $6
DATA packed<>+24(SB)/4, $3
DATA packed<>+28(SB)/4, $7
GLOBL packed<>(SB), RODATA|NOPTR, $32

// DI gate, SI up, CX values left; Y5 gate
TEXT ·swigluAVX2(SB), NOSPLIT, $0-24
	MOVQ gate+0(FP), DI
	MOVQ up+8(FP), SI
	MOVQ n+16(FP), CX
	EXPSETUP
	SUBQ $8, CX
	JLT four
eight:
	VMOVUPS (DI), Y5
	VBROADCASTSS ·consts+56(SB), Y4
	VXORPS Y4, Y5, Y0
	EXP
	VADDPS Y0, Y15, Y0
	VDIVPS Y0, Y5, Y0
	VMULPS (SI), Y0, Y0
	VMOVUPS Y0, (DI)
	ADDQ $32, DI
	ADDQ $32, SI
	SUBQ $8, CX
	JGE eight
four:
	ADDQ $8, CX
	JZ done
	VMOVUPS (DI), X5
	VBROADCASTSS ·consts+56(SB), Y4
	VXORPS Y4, Y5, Y0
	EXP
	VADDPS Y0, Y15, Y0
	VDIVPS Y0, Y5, Y0
	VMULPS (SI), X0, X0
	VMOVUPS X0, (DI)
done:
	VZEROUPPER
	RET

// Y0 = the new dGate and Y6 = dUp of gate Y5, dh Y6 and up Y7; Y15 one
#define BACK \
	VBROADCASTSS ·consts+56(SB), Y4; \
	VXORPS Y4, Y5, Y0; \
	EXP; \
	VADDPS Y0, Y15, Y0; VDIVPS Y0, Y15, Y0; \
	VSUBPS Y0, Y15, Y4; VMULPS Y4, Y5, Y4; VADDPS Y4, Y15, Y4; \
	VMULPS Y7, Y6, Y7; VMULPS Y0, Y7, Y7; \
	VMULPS Y5, Y6, Y6; VMULPS Y0, Y6, Y6; \
	VMULPS Y4, Y7, Y0

// DI dGate, SI dUp, DX gate, BX up, CX values left, AX index
TEXT ·swigluBackAVX2(SB), NOSPLIT, $0-40
	MOVQ dGate+0(FP), DI
	MOVQ dUp+8(FP), SI
	MOVQ gate+16(FP), DX
	MOVQ up+24(FP), BX
	MOVQ n+32(FP), CX
	XORQ AX, AX
	EXPSETUP
	SUBQ $8, CX
	JLT four
eight:
	VMOVUPS (DX)(AX*4), Y5
	VMOVUPS (DI)(AX*4), Y6
	VMOVUPS (BX)(AX*4), Y7
	BACK
	VMOVUPS Y0, (DI)(AX*4)
	VMOVUPS Y6, (SI)(AX*4)
	ADDQ $8, AX
	SUBQ $8, CX
	JGE eight
four:
	ADDQ $8, CX
	JZ done
	VMOVUPS (DX)(AX*4), X5
	VMOVUPS (DI)(AX*4), X6
	VMOVUPS (BX)(AX*4), X7
	BACK
	VMOVUPS X0, (DI)(AX*4)
	VMOVUPS X6, (SI)(AX*4)
done:
	VZEROUPPER
	RET

// DI dst, SI x, DX weight, CX values left, AX index; Y0 factor
TEXT ·normalizeAVX2(SB), NOSPLIT, $0-36
	MOVQ dst+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ weight+16(FP), DX
	MOVQ n+24(FP), CX
	VBROADCASTSS f+32(FP), Y0
	XORQ AX, AX
	SUBQ $8, CX
	JLT four
eight:
	VMULPS (SI)(AX*4), Y0, Y1
	VMULPS (DX)(AX*4), Y1, Y1
	VMOVUPS Y1, (DI)(AX*4)
	ADDQ $8, AX
	SUBQ $8, CX
	JGE eight
four:
	ADDQ $8, CX
	JZ done
	VMULPS (SI)(AX*4), X0, X1
	VMULPS (DX)(AX*4), X1, X1
	VMOVUPS X1, (DI)(AX*4)
done:
	VZEROUPPER
	RET

// DI x, SI y, CX values left, AX index
TEXT ·addAVX2(SB), NOSPLIT, $0-24
	MOVQ x+0(FP), DI
	MOVQ y+8(FP), SI
	MOVQ n+16(FP), CX
	XORQ AX, AX
	SUBQ $8, CX
	JLT four
eight:
	VMOVUPS (DI)(AX*4), Y0
	VADDPS (SI)(AX*4), Y0, Y0
	VMOVUPS Y0, (DI)(AX*4)
	ADDQ $8, AX
	SUBQ $8, CX
	JGE eight
four:
	ADDQ $8, CX
	JZ done
	VMOVUPS (DI)(AX*4), X0
	VADDPS (SI)(AX*4), X0, X0
	VMOVUPS X0, (DI)(AX*4)
done:
	VZEROUPPER
	RET

// DI x, CX values left; X0 the largest of each lane
TEXT ·peakAVX2(SB), NOSPLIT, $0-20
	MOVQ x+0(FP), DI
	MOVQ n+8(FP), CX
	VBROADCASTSS ·consts+68(SB), Y0
	SUBQ $8, CX
	JLT four
eight:
	VMOVUPS (DI), Y1
	VMAXPS Y0, Y1, Y0 // the largest so far, if the values are no larger or no numbers
	ADDQ $32, DI
	SUBQ $8, CX
	JGE eight
four:
	VEXTRACTF128 $1, Y0, X1
	VMAXPS X1, X0, X0
	ADDQ $8, CX
	JZ lanes
	VMOVUPS (DI), X1
	VMAXPS X0, X1, X0
lanes:
	VPERMILPS $0x4E, X0, X1
	VMAXPS X1, X0, X0
	VPERMILPS $0xB1, X0, X1
	VMAXPS X1, X0, X0
	VMOVSS X0, ret+16(FP)
	VZEROUPPER
	RET

// DI x, CX values left; Y0 factor
TEXT ·rescaleAVX2(SB), NOSPLIT, $0-20
	MOVQ x+0(FP), DI
	MOVQ n+8(FP), CX
	VBROADCASTSS f+16(FP), Y0
	SUBQ $8, CX
	JLT four
eight:
	VMULPS (DI), Y0, Y1
	VMOVUPS Y1, (DI)
	ADDQ $32, DI
	SUBQ $8, CX
	JGE eight
four:
	ADDQ $8, CX
	JZ done
	VMULPS (DI), X0, X1
	VMOVUPS X1, (DI)
done:
	VZEROUPPER
	RET

// DI x, CX values left; Y6 peak, X7 the four sums. The exponentials of eight
// values are added four by four, in order.
TEXT ·softmaxAVX2(SB), NOSPLIT, $0-28
	MOVQ x+0(FP), DI
	MOVQ n+8(FP), CX
	VBROADCASTSS peak+16(FP), Y6
	VXORPS X7, X7, X7
	EXPSETUP
	SUBQ $8, CX
	JLT four
eight:
	VMOVUPS (DI), Y0
	VSUBPS Y6, Y0, Y0
	EXP
	VMOVUPS Y0, (DI)
	VADDPS X0, X7, X7
	VEXTRACTF128 $1, Y0, X0
	VADDPS X0, X7, X7
	ADDQ $32, DI
	SUBQ $8, CX
	JGE eight
four:
	ADDQ $8, CX
	JZ sum
	VMOVUPS (DI), X0
	VSUBPS Y6, Y0, Y0
	EXP
	VMOVUPS X0, (DI)
	VADDPS X0, X7, X7
sum:
	VMOVHLPS X7, X7, X0
	VADDPS X0, X7, X7 // s0+s2, s1+s3
	VMOVSHDUP X7, X0
	VADDSS X0, X7, X7
	VMOVSS X7, ret+24(FP)
	VZEROUPPER
	RET

// DI x, SI y, CX values left; X7 factor
TEXT ·addScaledAVX2(SB), NOSPLIT, $0-28
	MOVQ x+0(FP), DI
	MOVQ y+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSS f+24(FP), X7
four:
	VMULPS (SI), X7, X0
	VADDPS (DI), X0, X0
	VMOVUPS X0, (DI)
	ADDQ $16, SI
	ADDQ $16, DI
	SUBQ $4, CX
	JNZ four
	RET

// One block of 32 values at SI. Magnitudes compare as their bits do, and so a NaN is
// the largest and makes the scale one, too. Leaves the scale in X8, Σq in X9, the bytes in Y0. Y11 is
// 127, Y12 the mask of magnitudes, Y13 the order of packed groups.
#define QUANTIZE \
	VMOVUPS (SI), Y0; VMOVUPS 32(SI), Y1; VMOVUPS 64(SI), Y2; VMOVUPS 96(SI), Y3; \
	VANDPS Y12, Y0, Y4; VANDPS Y12, Y1, Y5; VANDPS Y12, Y2, Y6; VANDPS Y12, Y3, Y7; \
	VPMAXSD Y4, Y5, Y4; VPMAXSD Y6, Y7, Y6; VPMAXSD Y4, Y6, Y4; \
	VEXTRACTF128 $1, Y4, X5; VPMAXSD X4, X5, X4; \
	VPERMILPS $0x4E, X4, X5; VPMAXSD X4, X5, X4; \
	VPERMILPS $0xB1, X4, X5; VPMAXSD X4, X5, X4; \
	VDIVPS X11, X4, X8; \
	VXORPS X5, X5, X5; VCMPPS $0x1E, X5, X4, X5; VDIVPS X4, X11, X10; VANDPS X5, X10, X10; \
	VBROADCASTSS X10, Y10; \
	VMULPS Y10, Y0, Y0; VMULPS Y10, Y1, Y1; VMULPS Y10, Y2, Y2; VMULPS Y10, Y3, Y3; \
	VCVTPS2DQ Y0, Y0; VCVTPS2DQ Y1, Y1; VCVTPS2DQ Y2, Y2; VCVTPS2DQ Y3, Y3; \
	VPADDD Y0, Y1, Y4; VPADDD Y2, Y3, Y5; VPADDD Y4, Y5, Y9; \
	VEXTRACTI128 $1, Y9, X4; VPADDD X4, X9, X9; \
	VPSHUFD $0x4E, X9, X4; VPADDD X4, X9, X9; \
	VPSHUFD $0xB1, X9, X4; VPADDD X4, X9, X9; \
	VPACKSSDW Y1, Y0, Y0; VPACKSSDW Y3, Y2, Y2; VPACKSSWB Y2, Y0, Y0; \
	VPERMD Y0, Y13, Y0

#define QUANTIZESETUP \
	VBROADCASTSS ·consts+64(SB), Y11; \
	VBROADCASTSS ·consts+60(SB), Y12; \
	VMOVDQU packed<>(SB), Y13

// −64·Σq in X4 and scale·Σq in X5
#define SUMS \
	VPSLLD $6, X9, X5; VPXOR X4, X4, X4; VPSUBD X5, X4, X4; \
	VCVTDQ2PS X9, X5; VMULPS X5, X8, X5

// chunk c: its four values four times over
#define SPREAD(FROM, TO) \
	VPBROADCASTD FROM(DI), X4; VMOVDQU X4, TO(DI)

// DI dst, SI src, CX blocks left. The bytes wait where chunk 7 comes last.
TEXT ·quantizeAVX2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ n+16(FP), CX
	QUANTIZESETUP
block:
	QUANTIZE
	SUMS
	VMOVUPS X8, (DI)
	VMOVUPS X5, 16(DI)
	VMOVDQU X4, 32(DI)
	VMOVDQU Y0, 144(DI)
	SPREAD(144, 48)
	SPREAD(148, 64)
	SPREAD(152, 80)
	SPREAD(156, 96)
	SPREAD(160, 112)
	SPREAD(164, 128)
	VPBROADCASTD 168(DI), X4
	VPBROADCASTD 172(DI), X5
	VMOVDQU X4, 144(DI)
	VMOVDQU X5, 160(DI)
	ADDQ $176, DI
	ADDQ $128, SI
	DECQ CX
	JNZ block
	VZEROUPPER
	RET

// DI dst, BX bytes from block to block of it, SI src, CX blocks left
TEXT ·quantizePackedAVX2(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ stride+8(FP), BX
	MOVQ src+16(FP), SI
	MOVQ n+24(FP), CX
	QUANTIZESETUP
block:
	QUANTIZE
	SUMS
	VMOVSS X8, (DI)
	VMOVSS X5, 4(DI)
	VMOVD X4, 8(DI)
	VMOVDQU Y0, 16(DI)
	ADDQ BX, DI
	ADDQ $128, SI
	DECQ CX
	JNZ block
	VZEROUPPER
	RET

// Y = four values at P, each twice
#define TWICE(P, X, Y) \
	VMOVUPS (P), X; VUNPCKHPS X, X, X5; VUNPCKLPS X, X, X; VINSERTF128 $1, X5, Y, Y

// DI x, SI cos, DX sin, CX pairs left; Y0 cos, Y1 sin, Y2 signs, Y3 four pairs
TEXT ·turnAVX2(SB), NOSPLIT, $0-40
	MOVQ x+0(FP), DI
	MOVQ cos+8(FP), SI
	MOVQ sin+16(FP), DX
	MOVQ n+24(FP), CX
	VPBROADCASTQ signs+32(FP), Y2
four:
	TWICE(SI, X0, Y0)
	TWICE(DX, X1, Y1)
	VXORPS Y2, Y1, Y1
	VMOVUPS (DI), Y3
	VPERMILPS $0xB1, Y3, Y4
	VMULPS Y0, Y3, Y3
	VMULPS Y1, Y4, Y4
	VADDPS Y4, Y3, Y3
	VMOVUPS Y3, (DI)
	ADDQ $32, DI
	ADDQ $16, SI
	ADDQ $16, DX
	SUBQ $4, CX
	JNZ four
	VZEROUPPER
	RET
