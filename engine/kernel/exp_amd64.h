// Eight exponentials. ·consts stands in floats_amd64.s.

#define EXPSETUP \
	VBROADCASTSS ·consts+12(SB), Y14; \
	VBROADCASTSS ·consts+48(SB), Y15

// Y0 = e^Y0, as Exp: Y1 is n, Y2 r, Y3 p, Y4 scratch; Y14 the rounder, Y15 one.
// The order of the operands of max and min lets a NaN through.
#define EXP \
	VBROADCASTSS ·consts+0(SB), Y4; VMAXPS Y0, Y4, Y0; \
	VBROADCASTSS ·consts+4(SB), Y4; VMINPS Y0, Y4, Y0; \
	VBROADCASTSS ·consts+8(SB), Y4; VMULPS Y4, Y0, Y1; VADDPS Y14, Y1, Y1; VSUBPS Y14, Y1, Y1; \
	VBROADCASTSS ·consts+16(SB), Y4; VMULPS Y4, Y1, Y4; VSUBPS Y4, Y0, Y2; \
	VBROADCASTSS ·consts+20(SB), Y4; VMULPS Y4, Y1, Y4; VSUBPS Y4, Y2, Y2; \
	VBROADCASTSS ·consts+24(SB), Y3; \
	VBROADCASTSS ·consts+28(SB), Y4; VMULPS Y2, Y3, Y3; VADDPS Y4, Y3, Y3; \
	VBROADCASTSS ·consts+32(SB), Y4; VMULPS Y2, Y3, Y3; VADDPS Y4, Y3, Y3; \
	VBROADCASTSS ·consts+36(SB), Y4; VMULPS Y2, Y3, Y3; VADDPS Y4, Y3, Y3; \
	VBROADCASTSS ·consts+40(SB), Y4; VMULPS Y2, Y3, Y3; VADDPS Y4, Y3, Y3; \
	VBROADCASTSS ·consts+44(SB), Y4; VMULPS Y2, Y3, Y3; VADDPS Y4, Y3, Y3; \
	VMULPS Y2, Y2, Y4; VMULPS Y4, Y3, Y3; VADDPS Y2, Y3, Y3; VADDPS Y15, Y3, Y3; \
	VCVTPS2DQ Y1, Y1; VPBROADCASTD ·consts+52(SB), Y4; VPADDD Y4, Y1, Y1; VPSLLD $23, Y1, Y1; \
	VMULPS Y1, Y3, Y0
