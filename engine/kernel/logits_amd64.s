//go:build !purego

#include "textflag.h"
#include "exp_amd64.h"

// (s0+s4)+(s2+s6) + ((s1+s5)+(s3+s7)) of Y; T is scratch
#define SUM8(Y, X, T) \
	VEXTRACTF128 $1, Y, T; VADDPS T, X, X; \
	VMOVHLPS X, X, T; VADDPS T, X, X; \
	VMOVSHDUP X, T; VADDSS T, X, X

// DI x, CX values left; Y6 peak, Y7 the eight sums
TEXT ·sumExpAVX2(SB), NOSPLIT, $0-28
	MOVQ x+0(FP), DI
	MOVQ n+8(FP), CX
	VBROADCASTSS peak+16(FP), Y6
	VXORPS Y7, Y7, Y7
	EXPSETUP
eight:
	VMOVUPS (DI), Y0
	VSUBPS Y6, Y0, Y0
	EXP
	VADDPS Y0, Y7, Y7
	ADDQ $32, DI
	SUBQ $8, CX
	JNZ eight
	SUM8(Y7, X7, X0)
	VMOVSS X7, ret+24(FP)
	VZEROUPPER
	RET

// DI p, SI q, CX values left; Y5 and Y6 peaks, Y7 Σe^p, Y8 Σe^q, Y9 Σe^p·(p−q),
// Y10 and Y11 p and q less their peaks
TEXT ·divergeAVX2(SB), NOSPLIT, $0-40
	MOVQ sums+0(FP), DX
	MOVQ p+8(FP), DI
	MOVQ q+16(FP), SI
	MOVQ n+24(FP), CX
	VBROADCASTSS peakP+32(FP), Y5
	VBROADCASTSS peakQ+36(FP), Y6
	VXORPS Y7, Y7, Y7
	VXORPS Y8, Y8, Y8
	VXORPS Y9, Y9, Y9
	EXPSETUP
eight:
	VMOVUPS (DI), Y10
	VSUBPS Y5, Y10, Y10
	VMOVUPS (SI), Y11
	VSUBPS Y6, Y11, Y11
	VMOVAPS Y11, Y0
	EXP
	VADDPS Y0, Y8, Y8
	VMOVAPS Y10, Y0
	EXP
	VADDPS Y0, Y7, Y7
	VSUBPS Y11, Y10, Y10
	VMULPS Y10, Y0, Y0
	VADDPS Y0, Y9, Y9
	ADDQ $32, DI
	ADDQ $32, SI
	SUBQ $8, CX
	JNZ eight
	SUM8(Y7, X7, X0)
	SUM8(Y8, X8, X0)
	SUM8(Y9, X9, X0)
	VMOVSS X7, (DX)
	VMOVSS X8, 4(DX)
	VMOVSS X9, 8(DX)
	VZEROUPPER
	RET
