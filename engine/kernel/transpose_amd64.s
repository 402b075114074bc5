//go:build !purego

#include "textflag.h"

// one row of weights at R8 times the factor at R9+OFF; R8 moves to the next row
#define ROW(OFF) \
	VBROADCASTSS OFF(R9), Y4; \
	VMULPS (R8), Y4, Y5; VADDPS Y5, Y0, Y0; \
	VMULPS 32(R8), Y4, Y6; VADDPS Y6, Y1, Y1; \
	VMULPS 64(R8), Y4, Y7; VADDPS Y7, Y2, Y2; \
	VMULPS 96(R8), Y4, Y8; VADDPS Y8, Y3, Y3; \
	ADDQ DX, R8

// DI dst, BX its stride, SI w, DX its stride, R9 dy, R10 its stride (bytes),
// CX rows left, R8 row of w; Y0…Y3 32 sums
TEXT ·outerAVX2(SB), NOSPLIT, $0-56
	MOVQ dst+0(FP), DI
	MOVQ dstStride+8(FP), BX
	MOVQ w+16(FP), SI
	MOVQ wStride+24(FP), DX
	MOVQ dy+32(FP), R9
	MOVQ dyStride+40(FP), R10
	MOVQ rows+48(FP), CX
	SHLQ $2, BX
	SHLQ $2, DX
	SHLQ $2, R10
vector:
	MOVQ SI, R8
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VMOVUPS 64(DI), Y2
	VMOVUPS 96(DI), Y3
	ROW(0)
	ROW(4)
	ROW(8)
	ROW(12)
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	ADDQ BX, DI
	ADDQ R10, R9
	DECQ CX
	JNZ vector
	VZEROUPPER
	RET
