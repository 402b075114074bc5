//go:build !purego

#include "textflag.h"

// Attention of several query heads to the keys and values that they share. What one
// head reads from memory, the next ones find in the cache. Sums of 64 positions or dims
// are eight, which hides how long an addition takes.

#define TIMES(AT, V, T) \
	VMULPS AT, Y15, T; VADDPS T, V, V

// DI dst, R8 bytes of a row of dst, R12 q, R13 heads, DX dims, SI keys, CX chunks left;
// AX dims left, BX q[d], R9 keys of d, R10 bytes of a chunk, R11 of three, R15 heads left,
// R14 dst of a head; Y0…Y7 sums of up to 64 positions, Y14 scale, Y15 q[d]
TEXT ·scoresAVX2(SB), NOSPLIT, $0-60
	MOVQ dst+0(FP), DI
	MOVQ stride+8(FP), R8
	MOVQ q+16(FP), R12
	MOVQ heads+24(FP), R13
	MOVQ dims+32(FP), DX
	MOVQ keys+40(FP), SI
	MOVQ chunks+48(FP), CX
	VBROADCASTSS scale+56(FP), Y14
	SHLQ $2, R8
	MOVQ DX, R10
	SHLQ $6, R10
	LEAQ (R10)(R10*2), R11
	SUBQ $4, CX
	JLT rest
page:
	MOVQ R13, R15
	MOVQ R12, BX
	MOVQ DI, R14
head:
	MOVQ DX, AX
	MOVQ SI, R9
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7
dim:
	VBROADCASTSS (BX), Y15
	TIMES((R9), Y0, Y8)
	TIMES(32(R9), Y1, Y9)
	TIMES((R9)(R10*1), Y2, Y10)
	TIMES(32(R9)(R10*1), Y3, Y11)
	TIMES((R9)(R10*2), Y4, Y8)
	TIMES(32(R9)(R10*2), Y5, Y9)
	TIMES((R9)(R11*1), Y6, Y10)
	TIMES(32(R9)(R11*1), Y7, Y11)
	ADDQ $4, BX
	ADDQ $64, R9
	DECQ AX
	JNZ dim
	VMULPS Y14, Y0, Y0
	VMULPS Y14, Y1, Y1
	VMULPS Y14, Y2, Y2
	VMULPS Y14, Y3, Y3
	VMULPS Y14, Y4, Y4
	VMULPS Y14, Y5, Y5
	VMULPS Y14, Y6, Y6
	VMULPS Y14, Y7, Y7
	VMOVUPS Y0, (R14)
	VMOVUPS Y1, 32(R14)
	VMOVUPS Y2, 64(R14)
	VMOVUPS Y3, 96(R14)
	VMOVUPS Y4, 128(R14)
	VMOVUPS Y5, 160(R14)
	VMOVUPS Y6, 192(R14)
	VMOVUPS Y7, 224(R14)
	ADDQ R8, R14
	DECQ R15
	JNZ head
	ADDQ $256, DI
	LEAQ (SI)(R10*4), SI
	SUBQ $4, CX
	JGE page
rest:
	ADDQ $4, CX
	JZ done
chunk:
	MOVQ R13, R15
	MOVQ R12, BX
	MOVQ DI, R14
chunkHead:
	MOVQ DX, AX
	MOVQ SI, R9
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
chunkDim:
	VBROADCASTSS (BX), Y15
	TIMES((R9), Y0, Y8)
	TIMES(32(R9), Y1, Y9)
	ADDQ $4, BX
	ADDQ $64, R9
	DECQ AX
	JNZ chunkDim
	VMULPS Y14, Y0, Y0
	VMULPS Y14, Y1, Y1
	VMOVUPS Y0, (R14)
	VMOVUPS Y1, 32(R14)
	ADDQ R8, R14
	DECQ R15
	JNZ chunkHead
	ADDQ $64, DI
	ADDQ R10, SI
	DECQ CX
	JNZ chunk
done:
	VZEROUPPER
	RET

// DI dst of a head, DX dims, SI weights of the chunk, R8 bytes of a row of them, R13
// heads left, R10 values of 16 or 64 dims, CX positions left; R11 positions of the chunk,
// R12 dims left, AX positions left in the chunk, R14 weights of a head, BX of p, R9 values
// of p; Y0…Y7 up to 64 sums, Y15 weight
TEXT ·mixAVX2(SB), NOSPLIT, $0-56
	MOVQ dims+8(FP), DX
	MOVQ weights+16(FP), SI
	MOVQ stride+24(FP), R8
	MOVQ n+48(FP), CX
	MOVQ values+40(FP), R10
	SHLQ $2, R8
chunk:
	MOVQ $16, R11
	CMPQ CX, R11
	CMOVQLT CX, R11
	MOVQ dst+0(FP), DI
	MOVQ heads+32(FP), R13
	MOVQ SI, R14
head:
	MOVQ values+40(FP), R10
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
	ADDQ R8, R14
	DECQ R13
	JNZ head
	MOVQ R10, values+40(FP)
	ADDQ $64, SI
	SUBQ R11, CX
	JNZ chunk
	VZEROUPPER
	RET
