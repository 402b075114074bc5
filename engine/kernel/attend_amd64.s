//go:build !purego

#include "textflag.h"

// Values mixed. Sums of 64 dims are eight, which hides how long an addition takes.

#define TIMES(AT, V, T) \
	VMULPS AT, Y15, T; VADDPS T, V, V

// DI dst, DX dims, R14 weights of the chunk, R10 values of 16 or 64 dims, CX positions left;
// R11 positions of the chunk, R12 dims left, AX positions left in the chunk, BX weight of p,
// R9 values of p; Y0…Y7 up to 64 sums, Y15 weight
TEXT ·mixAVX2(SB), NOSPLIT, $0-40
	MOVQ dims+8(FP), DX
	MOVQ weights+16(FP), R14
	MOVQ values+24(FP), R10
	MOVQ n+32(FP), CX
chunk:
	MOVQ $16, R11
	CMPQ CX, R11
	CMOVQLT CX, R11
	MOVQ dst+0(FP), DI
	MOVQ DX, R12
	SUBQ $64, R12
	JLT rest
sixtyfour:
	MOVQ R11, AX
	MOVQ R14, BX
	MOVQ R10, R9
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
	VMOVUPS 64(DI), Y2
	VMOVUPS 96(DI), Y3
	VMOVUPS 128(DI), Y4
	VMOVUPS 160(DI), Y5
	VMOVUPS 192(DI), Y6
	VMOVUPS 224(DI), Y7
position:
	VBROADCASTSS (BX), Y15
	TIMES((R9), Y0, Y8)
	TIMES(32(R9), Y1, Y9)
	TIMES(1024(R9), Y2, Y10)
	TIMES(1056(R9), Y3, Y11)
	TIMES(2048(R9), Y4, Y8)
	TIMES(2080(R9), Y5, Y9)
	TIMES(3072(R9), Y6, Y10)
	TIMES(3104(R9), Y7, Y11)
	ADDQ $4, BX
	ADDQ $64, R9
	DECQ AX
	JNZ position
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	VMOVUPS Y4, 128(DI)
	VMOVUPS Y5, 160(DI)
	VMOVUPS Y6, 192(DI)
	VMOVUPS Y7, 224(DI)
	ADDQ $256, DI
	ADDQ $4096, R10
	SUBQ $64, R12
	JGE sixtyfour
rest:
	ADDQ $64, R12
	JZ next
sixteen:
	MOVQ R11, AX
	MOVQ R14, BX
	MOVQ R10, R9
	VMOVUPS (DI), Y0
	VMOVUPS 32(DI), Y1
few:
	VBROADCASTSS (BX), Y15
	TIMES((R9), Y0, Y8)
	TIMES(32(R9), Y1, Y9)
	ADDQ $4, BX
	ADDQ $64, R9
	DECQ AX
	JNZ few
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	ADDQ $64, DI
	ADDQ $1024, R10
	SUBQ $16, R12
	JNZ sixteen
next:
	ADDQ $64, R14
	SUBQ R11, CX
	JNZ chunk
	VZEROUPPER
	RET
