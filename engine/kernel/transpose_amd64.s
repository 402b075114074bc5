//go:build !purego

#include "textflag.h"

// Registers of both outer products:
//
//	DI dst, BX its stride (bytes)     CX vectors left
//	SI w, DX its stride               R8 row of w
//	R9 dy, R10 its stride             AX rows of w, R14 those left
//	R11 … R13 dy of vectors 1 … 3
//
// A kernel is the loop that its stub's comment states. Sums of four vectors and 32
// columns (one vector where fewer than four are left) stay in registers for all
// rows of w.

#define ARGS \
	MOVQ dst+0(FP), DI; \
	MOVQ dstStride+8(FP), BX; \
	MOVQ w+16(FP), SI; \
	MOVQ wStride+24(FP), DX; \
	MOVQ n+32(FP), AX; \
	MOVQ dy+40(FP), R9; \
	MOVQ dyStride+48(FP), R10; \
	MOVQ rows+56(FP), CX; \
	SHLQ $2, BX; \
	SHLQ $2, DX; \
	SHLQ $2, R10

// 32 sums of one vector
#define LOAD512(P, A, B) \
	VMOVUPS (P), A; VMOVUPS 64(P), B
#define STORE512(P, A, B) \
	VMOVUPS A, (P); VMOVUPS B, 64(P)
// one row of w, in Z8 and Z9, times the factor at P
#define STEP512(P, A, B, T, U) \
	VMULPS.BCST (P), Z8, T; VADDPS T, A, A; \
	VMULPS.BCST (P), Z9, U; VADDPS U, B, B

TEXT ·outerAVX512(SB), NOSPLIT, $0-64
	ARGS
	SUBQ $4, CX
	JLT one
four:
	LEAQ (R9)(R10*1), R11
	LEAQ (R11)(R10*1), R12
	LEAQ (R12)(R10*1), R13
	MOVQ SI, R8
	MOVQ AX, R14
	LOAD512(DI, Z0, Z1)
	ADDQ BX, DI
	LOAD512(DI, Z2, Z3)
	ADDQ BX, DI
	LOAD512(DI, Z4, Z5)
	ADDQ BX, DI
	LOAD512(DI, Z6, Z7)
row4:
	VMOVUPS (R8), Z8
	VMOVUPS 64(R8), Z9
	STEP512(R9, Z0, Z1, Z10, Z11)
	STEP512(R11, Z2, Z3, Z12, Z13)
	STEP512(R12, Z4, Z5, Z14, Z15)
	STEP512(R13, Z6, Z7, Z16, Z17)
	ADDQ DX, R8
	ADDQ $4, R9
	ADDQ $4, R11
	ADDQ $4, R12
	ADDQ $4, R13
	DECQ R14
	JNZ row4
	STORE512(DI, Z6, Z7)
	SUBQ BX, DI
	STORE512(DI, Z4, Z5)
	SUBQ BX, DI
	STORE512(DI, Z2, Z3)
	SUBQ BX, DI
	STORE512(DI, Z0, Z1)
	LEAQ (DI)(BX*4), DI
	LEAQ (R13)(R10*1), R9
	LEAQ (AX*4), R14
	SUBQ R14, R9
	SUBQ $4, CX
	JGE four
one:
	ADDQ $4, CX
	JZ done
vector:
	MOVQ SI, R8
	MOVQ AX, R14
	MOVQ R9, R11
	LOAD512(DI, Z0, Z1)
row:
	VMOVUPS (R8), Z8
	VMOVUPS 64(R8), Z9
	STEP512(R11, Z0, Z1, Z10, Z11)
	ADDQ DX, R8
	ADDQ $4, R11
	DECQ R14
	JNZ row
	STORE512(DI, Z0, Z1)
	ADDQ BX, DI
	ADDQ R10, R9
	DECQ CX
	JNZ vector
done:
	VZEROUPPER
	RET

// 32 sums of one vector
#define LOAD256(P) \
	VMOVUPS (P), Y0; VMOVUPS 32(P), Y1; VMOVUPS 64(P), Y2; VMOVUPS 96(P), Y3
#define STORE256(P) \
	VMOVUPS Y0, (P); VMOVUPS Y1, 32(P); VMOVUPS Y2, 64(P); VMOVUPS Y3, 96(P)
#define STEP256(OFF, V, F, T) \
	VMULPS OFF(R8), F, T; VADDPS T, V, V

TEXT ·outerAVX2(SB), NOSPLIT, $0-64
	ARGS
	SUBQ $2, CX
	JLT one
two: // the second vector's sums in Y4…Y7
	LEAQ (R9)(R10*1), R11
	MOVQ SI, R8
	MOVQ AX, R14
	LOAD256(DI)
	VMOVUPS (DI)(BX*1), Y4
	VMOVUPS 32(DI)(BX*1), Y5
	VMOVUPS 64(DI)(BX*1), Y6
	VMOVUPS 96(DI)(BX*1), Y7
row2:
	VBROADCASTSS (R9), Y8
	VBROADCASTSS (R11), Y9
	STEP256(0, Y0, Y8, Y10)
	STEP256(0, Y4, Y9, Y11)
	STEP256(32, Y1, Y8, Y12)
	STEP256(32, Y5, Y9, Y13)
	STEP256(64, Y2, Y8, Y14)
	STEP256(64, Y6, Y9, Y15)
	STEP256(96, Y3, Y8, Y10)
	STEP256(96, Y7, Y9, Y11)
	ADDQ DX, R8
	ADDQ $4, R9
	ADDQ $4, R11
	DECQ R14
	JNZ row2
	STORE256(DI)
	VMOVUPS Y4, (DI)(BX*1)
	VMOVUPS Y5, 32(DI)(BX*1)
	VMOVUPS Y6, 64(DI)(BX*1)
	VMOVUPS Y7, 96(DI)(BX*1)
	LEAQ (DI)(BX*2), DI
	LEAQ (R11)(R10*1), R9
	LEAQ (AX*4), R14
	SUBQ R14, R9
	SUBQ $2, CX
	JGE two
one:
	ADDQ $2, CX
	JZ done
	MOVQ SI, R8
	LOAD256(DI)
row:
	VBROADCASTSS (R9), Y8
	STEP256(0, Y0, Y8, Y10)
	STEP256(32, Y1, Y8, Y11)
	STEP256(64, Y2, Y8, Y12)
	STEP256(96, Y3, Y8, Y13)
	ADDQ DX, R8
	ADDQ $4, R9
	DECQ AX
	JNZ row
	STORE256(DI)
done:
	VZEROUPPER
	RET

// Tiles to floats. DI dst, SI tile, DX bytes to the next tile, CX tiles left; Y8 and
// Y9 the scales of rows 0, 1 and 2, 3, four times each, Y10 and Y11 the minima, Y12
// 64 or X13 0x0F in every byte
#define FOURS(OFF, X, Y, Z, W) \
	VBROADCASTSS OFF(SI), X; VBROADCASTSS (OFF+4)(SI), X0; VINSERTF128 $1, X0, Y, Y; \
	VBROADCASTSS (OFF+8)(SI), Z; VBROADCASTSS (OFF+12)(SI), X0; VINSERTF128 $1, X0, W, W

// two rows of a chunk to column OFF of rows at ROW
#define STOREROWS(Y, X, ROW, OFF) \
	VMOVUPS X, (ROW+OFF)(DI); VEXTRACTF128 $1, Y, X; VMOVUPS X, (ROW+128+OFF)(DI)

#define CHUNK8(AT, OFF) \
	VPMOVZXBD AT(SI), Y0; VPSUBD Y12, Y0, Y0; VCVTDQ2PS Y0, Y0; VMULPS Y8, Y0, Y0; STOREROWS(Y0, X0, 0, OFF); \
	VPMOVZXBD (AT+8)(SI), Y1; VPSUBD Y12, Y1, Y1; VCVTDQ2PS Y1, Y1; VMULPS Y9, Y1, Y1; STOREROWS(Y1, X1, 256, OFF)

TEXT ·expandK8AVX2(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ tile+8(FP), SI
	MOVQ stride+16(FP), DX
	MOVQ n+24(FP), CX
	MOVL $64, AX
	VMOVD AX, X12
	VPBROADCASTD X12, Y12
tile:
	FOURS(0, X8, Y8, X9, Y9)
	CHUNK8(16, 0)
	CHUNK8(32, 16)
	CHUNK8(48, 32)
	CHUNK8(64, 48)
	CHUNK8(80, 64)
	CHUNK8(96, 80)
	CHUNK8(112, 96)
	CHUNK8(128, 112)
	ADDQ DX, SI
	ADDQ $512, DI
	DECQ CX
	JNZ tile
	VZEROUPPER
	RET

// FOURS for the even lanes of Y0
#define EVEN(Y, W) \
	VPERMPS Y0, Y14, Y; VPERMPS Y0, Y15, W
DATA ·fours+0(SB)/8, $0
DATA ·fours+8(SB)/8, $0
DATA ·fours+16(SB)/8, $0x0000000200000002
DATA ·fours+24(SB)/8, $0x0000000200000002
DATA ·fours+32(SB)/8, $0x0000000400000004
DATA ·fours+40(SB)/8, $0x0000000400000004
DATA ·fours+48(SB)/8, $0x0000000600000006
DATA ·fours+56(SB)/8, $0x0000000600000006
GLOBL ·fours(SB), RODATA|NOPTR, $64

#define CHUNK4(X, OFF) \
	VPMOVZXBD X, Y0; VCVTDQ2PS Y0, Y0; VMULPS Y8, Y0, Y0; VADDPS Y10, Y0, Y0; STOREROWS(Y0, X0, 0, OFF); \
	VPSRLDQ $8, X, X; \
	VPMOVZXBD X, Y1; VCVTDQ2PS Y1, Y1; VMULPS Y9, Y1, Y1; VADDPS Y11, Y1, Y1; STOREROWS(Y1, X1, 256, OFF)
#define NIBBLES(AT, OFF) \
	VMOVDQU AT(SI), X2; VPSRLW $4, X2, X3; VPAND X13, X2, X2; VPAND X13, X3, X3; \
	CHUNK4(X2, OFF); CHUNK4(X3, OFF+64)

TEXT ·expandK4AVX2(SB), NOSPLIT, $0-32
	MOVQ dst+0(FP), DI
	MOVQ tile+8(FP), SI
	MOVQ stride+16(FP), DX
	MOVQ n+24(FP), CX
	MOVL $0x0F0F0F0F, AX
	VMOVD AX, X13
	VPBROADCASTD X13, X13
	VMOVDQU ·fours+0(SB), Y14
	VMOVDQU ·fours+32(SB), Y15
tile:
	VCVTPH2PS (SI), Y0
	EVEN(Y8, Y9)
	VMOVSHDUP Y0, Y0
	EVEN(Y10, Y11)
	NIBBLES(16, 0)
	NIBBLES(32, 16)
	NIBBLES(48, 32)
	NIBBLES(64, 48)
	ADDQ DX, SI
	ADDQ $512, DI
	DECQ CX
	JNZ tile
	VZEROUPPER
	RET
