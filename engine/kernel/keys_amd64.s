//go:build !purego

#include "textflag.h"

// the largest lane of Y0 to AX
#define PEAK \
	VEXTRACTI128 $1, Y0, X1; VPMAXSD X1, X0, X0; \
	VPSHUFD $0x4E, X0, X1; VPMAXSD X1, X0, X0; \
	VPSHUFD $0xB1, X0, X1; VPMAXSD X1, X0, X0; \
	VMOVD X0, AX

// DI keys, SI x, DX y, CX values left, BX index; Y0 the largest keys, Y2 all but the sign
TEXT ·productKeysAVX2(SB), NOSPLIT, $0-36
	MOVQ keys+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ y+16(FP), DX
	MOVQ n+24(FP), CX
	XORQ BX, BX
	VPXOR X0, X0, X0
	VPCMPEQD Y2, Y2, Y2
	VPSRLD $1, Y2, Y2
eight:
	VMOVUPS (SI)(BX*4), Y1
	VMULPS (DX)(BX*4), Y1, Y1
	VPAND Y2, Y1, Y1
	VMOVDQU Y1, (DI)(BX*4)
	VPMAXSD Y1, Y0, Y0
	ADDQ $8, BX
	SUBQ $8, CX
	JNZ eight
	PEAK
	MOVL AX, peak+32(FP)
	VZEROUPPER
	RET

// as productKeysAVX2; R8 z; Y3 the sign, Y4 zero
TEXT ·productKeysOverAVX2(SB), NOSPLIT, $0-44
	MOVQ keys+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ y+16(FP), DX
	MOVQ z+24(FP), R8
	MOVQ n+32(FP), CX
	XORQ BX, BX
	VPCMPEQD Y2, Y2, Y2
	VPSLLD $31, Y2, Y3
	VPSRLD $1, Y2, Y2
	VPXOR X4, X4, X4
	VMOVDQA Y3, Y0
eight:
	VMOVUPS (SI)(BX*4), Y1
	VMULPS (R8)(BX*4), Y1, Y5
	VMULPS (DX)(BX*4), Y1, Y1
	VPOR Y3, Y5, Y5
	VPAND Y2, Y1, Y1
	VPCMPEQD Y4, Y1, Y6
	VPBLENDVB Y6, Y5, Y1, Y1
	VMOVDQU Y1, (DI)(BX*4)
	VPMAXSD Y1, Y0, Y0
	ADDQ $8, BX
	SUBQ $8, CX
	JNZ eight
	PEAK
	MOVL AX, peak+40(FP)
	VZEROUPPER
	RET

// one more for each lane of V that is below the limit
#define BELOW(OFF, T, V) \
	VPCMPGTD OFF(SI), Y4, T; VPSUBD T, V, V

// SI keys, CX keys left; Y0…Y3 counts, Y4 limit
TEXT ·countBelowAVX2(SB), NOSPLIT, $0-32
	MOVQ keys+0(FP), SI
	MOVQ n+8(FP), CX
	VBROADCASTSS limit+16(FP), Y4
	VPXOR X0, X0, X0
	VPXOR X1, X1, X1
	VPXOR X2, X2, X2
	VPXOR X3, X3, X3
	SUBQ $32, CX
	JLT few
many:
	BELOW(0, Y5, Y0)
	BELOW(32, Y6, Y1)
	BELOW(64, Y7, Y2)
	BELOW(96, Y8, Y3)
	ADDQ $128, SI
	SUBQ $32, CX
	JGE many
few:
	ADDQ $32, CX
	JZ sum
eight:
	BELOW(0, Y5, Y0)
	ADDQ $32, SI
	SUBQ $8, CX
	JNZ eight
sum:
	VPADDD Y1, Y0, Y0
	VPADDD Y3, Y2, Y2
	VPADDD Y2, Y0, Y0
	VEXTRACTI128 $1, Y0, X1
	VPADDD X1, X0, X0
	VPSHUFD $0x4E, X0, X1
	VPADDD X1, X0, X0
	VPSHUFD $0xB1, X0, X1
	VPADDD X1, X0, X0
	VMOVD X0, AX
	MOVQ AX, ret+24(FP)
	VZEROUPPER
	RET

// DI dst, SI keys, CX keys left, BX index; Y0 limit, Y1 above, Y2 below
TEXT ·gateAVX2(SB), NOSPLIT, $0-36
	MOVQ dst+0(FP), DI
	MOVQ keys+8(FP), SI
	MOVQ n+16(FP), CX
	VBROADCASTSS limit+24(FP), Y0
	VBROADCASTSS above+28(FP), Y1
	VBROADCASTSS below+32(FP), Y2
	XORQ BX, BX
eight:
	VPCMPGTD (SI)(BX*4), Y0, Y3
	VBLENDVPS Y3, Y2, Y1, Y3
	VMOVUPS Y3, (DI)(BX*4)
	ADDQ $8, BX
	SUBQ $8, CX
	JNZ eight
	VZEROUPPER
	RET
