//go:build !purego

#include "textflag.h"

// Sixteen rows of weights times a batch, for AVX-512 VNNI. Four tiles of one
// block of columns are taken apart once: Z0…Z7 then hold chunk c (four columns)
// of all sixteen rows, and every vector of the batch costs eight instructions of
// 64 products and the scaling of sixteen results, with nothing added across
// lanes.
//
//	SI, R11, R12, R13  tiles of rows 0, 4, 8, 12     Z0…Z7    weights
//	R8 activations of the block                      Z8, Z9   scales, minima
//	R9 vector                                        Z12…Z15  int32 sums of 4 vectors
//	DI its 16 sums so far                            Z16…Z19  scratch
//	CX vectors left, DX blocks left                  Z31      0x0F in every byte
//	AX acc, BX bytes from block to block of R8
//	R10 vectors, R14 bytes of four groups

// pointers and counts; the tiles of rows that are not there are those of the last
// that is
#define ARGS \
	MOVQ w+16(FP), SI; \
	MOVQ group+24(FP), BX; \
	LEAQ (BX*4), R14; \
	MOVQ valid+32(FP), CX; \
	LEAQ (SI)(BX*1), R11; CMPQ CX, $4; CMOVQLE SI, R11; \
	LEAQ (R11)(BX*1), R12; CMPQ CX, $8; CMOVQLE R11, R12; \
	LEAQ (R12)(BX*1), R13; CMPQ CX, $12; CMOVQLE R12, R13; \
	MOVL $1, DX; SHLQ CX, DX; DECQ DX; KMOVW DX, K1; \
	MOVQ act+40(FP), R8; \
	MOVQ actStride+48(FP), BX; \
	MOVQ blocks+56(FP), DX; \
	MOVQ rows+64(FP), R10; \
	MOVQ acc+72(FP), AX; \
	MOVL $0x0F0F0F0F, R9; VPBROADCASTD R9, Z31; \
	VPXORD Z8, Z8, Z8; MOVQ AX, DI; MOVQ R10, CX; \
clear: \
	VMOVUPS Z8, (DI); ADDQ $64, DI; DECQ CX; JNZ clear

// sixteen bytes of each tile at OFF
#define FOURS(OFF, X, Z) \
	VMOVUPS OFF(SI), X; \
	VINSERTF32X4 $1, OFF(R11), Z, Z; \
	VINSERTF32X4 $2, OFF(R12), Z, Z; \
	VINSERTF32X4 $3, OFF(R13), Z, Z

// chunks c…c+3 of the four tiles at OFF: a transposition of 128-bit lanes
#define CHUNKS(OFF, A, B, C, D) \
	VMOVDQU32 OFF(SI), Z12; VMOVDQU32 OFF(R11), Z13; VMOVDQU32 OFF(R12), Z14; VMOVDQU32 OFF(R13), Z15; \
	VSHUFI32X4 $0x44, Z13, Z12, Z16; VSHUFI32X4 $0xEE, Z13, Z12, Z17; \
	VSHUFI32X4 $0x44, Z15, Z14, Z18; VSHUFI32X4 $0xEE, Z15, Z14, Z19; \
	VSHUFI32X4 $0x88, Z18, Z16, A; VSHUFI32X4 $0xDD, Z18, Z16, B; \
	VSHUFI32X4 $0x88, Z19, Z17, C; VSHUFI32X4 $0xDD, Z19, Z17, D

// the products of one chunk with the vectors at R9
#define DOT1(OFF, W) \
	VPDPBUSD.BCST OFF(R9), W, Z12
#define DOT4(OFF, W) \
	VPDPBUSD.BCST OFF(R9), W, Z12; VPDPBUSD.BCST (OFF+48)(R9), W, Z13; \
	VPDPBUSD.BCST (OFF+96)(R9), W, Z14; VPDPBUSD.BCST (OFF+144)(R9), W, Z15
#define DOTS(DOT) \
	DOT(16, Z0); DOT(20, Z1); DOT(24, Z2); DOT(28, Z3); \
	DOT(32, Z4); DOT(36, Z5); DOT(40, Z6); DOT(44, Z7)

// K8: the sums start at −64·Σq
#define START8(V, ACC) \
	VPBROADCASTD (48*V+8)(R9), ACC
#define FINISH8(V, ACC, T) \
	VCVTDQ2PS ACC, ACC; VMULPS.BCST (48*V)(R9), Z8, T; VMULPS T, ACC, ACC; \
	VADDPS (64*V)(DI), ACC, ACC; VMOVUPS ACC, (64*V)(DI)

// K4: the sums start at 0 and the minimum is added in the end
#define START4(V, ACC) \
	VPXORD ACC, ACC, ACC
#define FINISH4(V, ACC, T) \
	VCVTDQ2PS ACC, ACC; VMULPS.BCST (48*V)(R9), Z8, T; VMULPS T, ACC, ACC; \
	VADDPS (64*V)(DI), ACC, ACC; \
	VMULPS.BCST (48*V+4)(R9), Z9, T; VADDPS T, ACC, ACC; VMOVUPS ACC, (64*V)(DI)

// the tile that is next in its place: the processor's own prefetching ends at a page
#define AHEAD(W) \
	PREFETCHT0 (W)(R14*1); PREFETCHT0 64(W)(R14*1)

#define KERNEL(UNPACK, START, FINISH, BYTES) \
	ARGS; \
block: \
	AHEAD(SI); AHEAD(R11); AHEAD(R12); AHEAD(R13); \
	UNPACK; \
	MOVQ R8, R9; MOVQ AX, DI; MOVQ R10, CX; \
	SUBQ $4, CX; JLT one; \
four: \
	START(0, Z12); START(1, Z13); START(2, Z14); START(3, Z15); \
	DOTS(DOT4); \
	FINISH(0, Z12, Z16); FINISH(1, Z13, Z17); FINISH(2, Z14, Z18); FINISH(3, Z15, Z19); \
	ADDQ $192, R9; ADDQ $256, DI; \
	SUBQ $4, CX; JGE four; \
one: \
	ADDQ $4, CX; JZ next; \
last: \
	START(0, Z12); DOTS(DOT1); FINISH(0, Z12, Z16); \
	ADDQ $48, R9; ADDQ $64, DI; \
	DECQ CX; JNZ last; \
next: \
	ADDQ $BYTES, SI; ADDQ $BYTES, R11; ADDQ $BYTES, R12; ADDQ $BYTES, R13; \
	ADDQ BX, R8; \
	DECQ DX; JNZ block; \
	MOVQ dst+0(FP), DI; MOVQ stride+8(FP), BX; SHLQ $2, BX; MOVQ R10, CX; \
store: \
	VMOVUPS (AX), Z0; VMOVUPS Z0, K1, (DI); \
	ADDQ $64, AX; ADDQ BX, DI; \
	DECQ CX; JNZ store; \
	VZEROUPPER; \
	RET

#define UNPACK8 \
	CHUNKS(16, Z0, Z1, Z2, Z3); \
	CHUNKS(80, Z4, Z5, Z6, Z7); \
	FOURS(0, X8, Z8)

#define UNPACK4 \
	CHUNKS(16, Z0, Z1, Z2, Z3); \
	VPSRLW $4, Z0, Z4; VPSRLW $4, Z1, Z5; VPSRLW $4, Z2, Z6; VPSRLW $4, Z3, Z7; \
	VPANDD Z31, Z0, Z0; VPANDD Z31, Z1, Z1; VPANDD Z31, Z2, Z2; VPANDD Z31, Z3, Z3; \
	VPANDD Z31, Z4, Z4; VPANDD Z31, Z5, Z5; VPANDD Z31, Z6, Z6; VPANDD Z31, Z7, Z7; \
	FOURS(0, X8, Z8); \
	VPSRLD $16, Z8, Z9; VPMOVDW Z8, Y8; VPMOVDW Z9, Y9; VCVTPH2PS Y8, Z8; VCVTPH2PS Y9, Z9

TEXT ·k8WideVNNI(SB), NOSPLIT, $0-80
	KERNEL(UNPACK8, START8, FINISH8, 144)

TEXT ·k4WideVNNI(SB), NOSPLIT, $0-80
	KERNEL(UNPACK4, START4, FINISH4, 80)
