//go:build !purego

#include "textflag.h"

// SI a, DI b, CX values left; Y0 the eight sums. Values past the last multiple
// of eight are added to the lanes one by one, through a copy in the frame.
TEXT ·dotAVX2(SB), NOSPLIT, $32-28
	MOVQ a+0(FP), SI
	MOVQ b+8(FP), DI
	MOVQ n+16(FP), CX
	VXORPS Y0, Y0, Y0
	SUBQ $8, CX
	JLT tail
eight:
	VMOVUPS (SI), Y1
	VMULPS (DI), Y1, Y1
	VADDPS Y1, Y0, Y0
	ADDQ $32, SI
	ADDQ $32, DI
	SUBQ $8, CX
	JGE eight
tail:
	ADDQ $8, CX
	JZ sum
	VMOVUPS Y0, lanes-32(SP)
	XORQ AX, AX
one:
	VMOVSS (SI)(AX*4), X1
	VMULSS (DI)(AX*4), X1, X1
	VADDSS lanes-32(SP)(AX*4), X1, X1
	VMOVSS X1, lanes-32(SP)(AX*4)
	INCQ AX
	CMPQ AX, CX
	JLT one
	VMOVUPS lanes-32(SP), Y0
sum:
	VEXTRACTF128 $1, Y0, X1
	VADDPS X1, X0, X0 // s0+s4, s1+s5, s2+s6, s3+s7
	VMOVHLPS X0, X0, X1
	VADDPS X1, X0, X0 // (s0+s4)+(s2+s6), (s1+s5)+(s3+s7)
	VMOVSHDUP X0, X1
	VADDSS X1, X0, X0
	VMOVSS X0, ret+24(FP)
	VZEROUPPER
	RET
