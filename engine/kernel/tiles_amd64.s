//go:build !purego

#include "textflag.h"

// Matrix tiles times activations, for AVX2: two chunks (16 bytes each) of a tile
// at once, even chunks in the low half, odd in the high.
//
// Registers:
//
//	DI dst of the group    Y0…Y3   sums of vector 0…3, int32, of K4 int16 at first
//	SI tile                X4…X7   float32 results of vector 0…3
//	BX stride (bytes)      Y8, Y9  weights
//	CX groups left         X10,X11 scratch
//	                       X8, X9  in the end: scales, minima
//	DX blocks              Y14     0x0F in every byte
//	R8 activations         Y13     scratch of DOT
//	R9 blocks left         Y15     constant of DOT
//	R10…R13 current block of vector 0…3
//
// A kernel is the loop that its stub's comment states, once for a batch of one,
// two and four vectors. Of four, groups of rows are taken by twos; see BOTH.

// Products of unsigned with signed bytes, pairs summed to int16. Those of K8 are at
// most 2·127·127, so they never saturate, and pairs of them are summed to int32. The four
// pairs of K4 that a lane gets from a tile are at most 4·2·127·15 and are summed first.
#define DOT8(ACT, W, ACC) \
	VPMADDUBSW ACT, W, Y13; VPMADDWD Y15, Y13, Y13; VPADDD Y13, ACC, ACC
#define DOT4(ACT, W, ACC) \
	VPMADDUBSW ACT, W, Y13; VPADDW Y13, ACC, ACC
#define SETUP \
	VPCMPEQW Y15, Y15, Y15; VPSRLW $15, Y15, Y15

// adds the halves of Y: four row sums in X
#define ROWS(Y, X) \
	VEXTRACTI128 $1, Y, X11; VPADDD X11, X, X

// K8, one vector: F += float(sums − 64·Σq) · (scale_w·scale_q)
#define HEAD8 \
	VMOVUPS (SI), X8
#define FINISH8(P, Y, X, F) \
	ROWS(Y, X); VPADDD 32(P), X, X; VCVTDQ2PS X, X; \
	VMULPS (P), X8, X10; VMULPS X10, X, X; VADDPS X, F, F

// K4, one vector: F = (F + float(sums)·(scale_w·scale_q)) + min_w·(scale_q·Σq)
#define HEAD4 \
	VCVTPH2PS (SI), Y10; VEXTRACTF128 $1, Y10, X11; \
	VSHUFPS $0x88, X11, X10, X8; VSHUFPS $0xDD, X11, X10, X9
#define FINISH4(P, Y, X, F) \
	VPMADDWD Y15, Y, Y; ROWS(Y, X); VCVTDQ2PS X, X; \
	VMULPS (P), X8, X10; VMULPS X10, X, X; VADDPS X, F, F; \
	VMULPS 16(P), X9, X10; VADDPS X10, F, F

#define CHUNKS8(STEP) \
	VMOVDQU 16(SI), Y8; STEP(48, Y8, DOT8); \
	VMOVDQU 48(SI), Y8; STEP(80, Y8, DOT8); \
	VMOVDQU 80(SI), Y8; STEP(112, Y8, DOT8); \
	VMOVDQU 112(SI), Y8; STEP(144, Y8, DOT8)

#define CHUNKS4(STEP) \
	VMOVDQU 16(SI), Y8; VPSRLW $4, Y8, Y9; VPAND Y14, Y8, Y8; VPAND Y14, Y9, Y9; \
	STEP(48, Y8, DOT4); STEP(112, Y9, DOT4); \
	VMOVDQU 48(SI), Y8; VPSRLW $4, Y8, Y9; VPAND Y14, Y8, Y8; VPAND Y14, Y9, Y9; \
	STEP(80, Y8, DOT4); STEP(144, Y9, DOT4)

#define STEP1(OFF, W, DOT) \
	DOT(OFF(R10), W, Y0)
#define STEP2(OFF, W, DOT) \
	STEP1(OFF, W, DOT); DOT(OFF(R11), W, Y1)
#define STEP4(OFF, W, DOT) \
	STEP2(OFF, W, DOT); DOT(OFF(R12), W, Y2); DOT(OFF(R13), W, Y3)

#define ZERO(V) \
	VPXOR V, V, V

#define ARGS \
	MOVQ dst+0(FP), DI; \
	MOVQ stride+8(FP), BX; \
	MOVQ w+16(FP), SI; \
	MOVQ act+24(FP), R8; \
	MOVQ groups+32(FP), CX; \
	MOVQ blocks+40(FP), DX; \
	SHLQ $2, BX; \
	IMUL3Q $176, DX, AX; \
	MOVL $0x0F0F0F0F, R9; \
	VMOVD R9, X14; \
	VPBROADCASTD X14, Y14; \
	SETUP

// The processor's own prefetching ends at a page: one token's weights come from
// memory a fifth faster with this.
#define AHEAD \
	PREFETCHT0 3072(SI); PREFETCHT0 (3072+64)(SI)

#define KERNEL1(CHUNKS, HEAD, FINISH, BYTES) \
	ARGS; \
group: \
	MOVQ R8, R10; MOVQ DX, R9; ZERO(X4); \
block: \
	AHEAD; ZERO(Y0); \
	CHUNKS(STEP1); \
	HEAD; \
	FINISH(R10, Y0, X0, X4); \
	ADDQ $BYTES, SI; ADDQ $176, R10; \
	DECQ R9; JNZ block; \
	VMOVUPS X4, (DI); \
	ADDQ $16, DI; DECQ CX; JNZ group; \
	VZEROUPPER; \
	RET

#define KERNEL2(CHUNKS, HEAD, FINISH, BYTES) \
	ARGS; \
group: \
	MOVQ R8, R10; LEAQ (R10)(AX*1), R11; MOVQ DX, R9; ZERO(X4); ZERO(X5); \
block: \
	AHEAD; ZERO(Y0); ZERO(Y1); \
	CHUNKS(STEP2); \
	HEAD; \
	FINISH(R10, Y0, X0, X4); FINISH(R11, Y1, X1, X5); \
	ADDQ $BYTES, SI; ADDQ $176, R10; ADDQ $176, R11; \
	DECQ R9; JNZ block; \
	VMOVUPS X4, (DI); VMOVUPS X5, (DI)(BX*1); \
	ADDQ $16, DI; DECQ CX; JNZ group; \
	VZEROUPPER; \
	RET

// Four vectors and two groups of rows at once, the tile of one in the low halves and that of the
// other, at R14, in the high ones: what is done in floats, nearly half of a group's operations, is
// done for both. Activations are the same in both halves. Y0…Y3 are the sums, Y4…Y7 the results of
// eight rows, Y8 and Y9 the weights, in the end scales and minima; a lane gets eight pairs of K4
// from a tile, 8·2·127·15 at most.
#define BOTH(OFF, V) \
	VMOVDQU OFF(SI), X8; VINSERTI128 $1, OFF(R14), Y8, V
#define PAIR4(P, OFF, W, ACC) \
	VBROADCASTI128 OFF(P), Y13; VPMADDUBSW Y13, W, Y13; VPADDW Y13, ACC, ACC
#define FIRST4(P, OFF, W, ACC) \
	VBROADCASTI128 OFF(P), Y13; VPMADDUBSW Y13, W, ACC
#define PAIR8(P, OFF, W, ACC) \
	VBROADCASTI128 OFF(P), Y13; VPMADDUBSW Y13, W, Y13; VPMADDWD Y15, Y13, Y13; VPADDD Y13, ACC, ACC
#define FIRST8(P, OFF, W, ACC) \
	VBROADCASTI128 OFF(P), Y13; VPMADDUBSW Y13, W, Y13; VPMADDWD Y15, Y13, ACC
#define ALL(DOT, OFF, W) \
	DOT(R10, OFF, W, Y0); DOT(R11, OFF, W, Y1); DOT(R12, OFF, W, Y2); DOT(R13, OFF, W, Y3)
#define NIBBLES(OFF, DOT, LOW, HIGH) \
	BOTH(OFF, Y8); VPSRLW $4, Y8, Y9; VPAND Y14, Y8, Y8; VPAND Y14, Y9, Y9; \
	ALL(DOT, LOW, Y8); ALL(PAIR4, HIGH, Y9)
#define PAIRS4 \
	NIBBLES(16, FIRST4, 48, 112); NIBBLES(32, PAIR4, 64, 128); \
	NIBBLES(48, PAIR4, 80, 144); NIBBLES(64, PAIR4, 96, 160)
#define PAIRS8 \
	BOTH(16, Y8); ALL(FIRST8, 48, Y8); BOTH(32, Y8); ALL(PAIR8, 64, Y8); \
	BOTH(48, Y8); ALL(PAIR8, 80, Y8); BOTH(64, Y8); ALL(PAIR8, 96, Y8); \
	BOTH(80, Y8); ALL(PAIR8, 112, Y8); BOTH(96, Y8); ALL(PAIR8, 128, Y8); \
	BOTH(112, Y8); ALL(PAIR8, 144, Y8); BOTH(128, Y8); ALL(PAIR8, 160, Y8)
#define HEADS4 \
	VCVTPH2PS (SI), Y10; VCVTPH2PS (R14), Y11; \
	VPERM2F128 $0x20, Y11, Y10, Y12; VPERM2F128 $0x31, Y11, Y10, Y10; \
	VSHUFPS $0x88, Y10, Y12, Y8; VSHUFPS $0xDD, Y10, Y12, Y9
#define HEADS8 \
	VMOVUPS (SI), X8; VINSERTF128 $1, (R14), Y8, Y8
#define FINISHES8(P, Y, F) \
	VBROADCASTI128 32(P), Y10; VPADDD Y10, Y, Y; VCVTDQ2PS Y, Y; \
	VBROADCASTF128 (P), Y10; VMULPS Y10, Y8, Y10; VMULPS Y10, Y, Y; VADDPS Y, F, F
#define FINISHES4(P, Y, F) \
	VPMADDWD Y15, Y, Y; VCVTDQ2PS Y, Y; \
	VBROADCASTF128 (P), Y10; VMULPS Y10, Y8, Y10; VMULPS Y10, Y, Y; VADDPS Y, F, F; \
	VBROADCASTF128 16(P), Y10; VMULPS Y10, Y9, Y10; VADDPS Y10, F, F

#define KERNEL4(CHUNKS, HEAD, FINISH, PAIRS, HEADS, FINISHES, BYTES) \
	ARGS; \
	CMPQ CX, $2; JLT single; \
pair: \
	MOVQ R8, R10; LEAQ (R10)(AX*1), R11; LEAQ (R11)(AX*1), R12; LEAQ (R12)(AX*1), R13; \
	MOVQ DX, R9; IMUL3Q $BYTES, DX, R14; ADDQ SI, R14; \
	ZERO(Y4); ZERO(Y5); ZERO(Y6); ZERO(Y7); \
blocks: \
	PAIRS; \
	HEADS; \
	FINISHES(R10, Y0, Y4); FINISHES(R11, Y1, Y5); \
	FINISHES(R12, Y2, Y6); FINISHES(R13, Y3, Y7); \
	ADDQ $BYTES, SI; ADDQ $BYTES, R14; \
	ADDQ $176, R10; ADDQ $176, R11; ADDQ $176, R12; ADDQ $176, R13; \
	DECQ R9; JNZ blocks; \
	MOVQ R14, SI; \
	VMOVUPS Y4, (DI); VMOVUPS Y5, (DI)(BX*1); \
	LEAQ (DI)(BX*2), R9; \
	VMOVUPS Y6, (R9); VMOVUPS Y7, (R9)(BX*1); \
	ADDQ $32, DI; SUBQ $2, CX; CMPQ CX, $2; JGE pair; \
	TESTQ CX, CX; JZ done; \
single: \
	MOVQ R8, R10; LEAQ (R10)(AX*1), R11; LEAQ (R11)(AX*1), R12; LEAQ (R12)(AX*1), R13; \
	MOVQ DX, R9; ZERO(X4); ZERO(X5); ZERO(X6); ZERO(X7); \
block: \
	ZERO(Y0); ZERO(Y1); ZERO(Y2); ZERO(Y3); \
	CHUNKS(STEP4); \
	HEAD; \
	FINISH(R10, Y0, X0, X4); FINISH(R11, Y1, X1, X5); \
	FINISH(R12, Y2, X2, X6); FINISH(R13, Y3, X3, X7); \
	ADDQ $BYTES, SI; \
	ADDQ $176, R10; ADDQ $176, R11; ADDQ $176, R12; ADDQ $176, R13; \
	DECQ R9; JNZ block; \
	VMOVUPS X4, (DI); VMOVUPS X5, (DI)(BX*1); \
	LEAQ (DI)(BX*2), R9; \
	VMOVUPS X6, (R9); VMOVUPS X7, (R9)(BX*1); \
done: \
	VZEROUPPER; \
	RET

TEXT ·k8x1AVX2(SB), NOSPLIT, $0-48
	KERNEL1(CHUNKS8, HEAD8, FINISH8, 144)

TEXT ·k8x2AVX2(SB), NOSPLIT, $0-48
	KERNEL2(CHUNKS8, HEAD8, FINISH8, 144)

TEXT ·k8x4AVX2(SB), NOSPLIT, $0-48
	KERNEL4(CHUNKS8, HEAD8, FINISH8, PAIRS8, HEADS8, FINISHES8, 144)

TEXT ·k4x1AVX2(SB), NOSPLIT, $0-48
	KERNEL1(CHUNKS4, HEAD4, FINISH4, 80)

TEXT ·k4x2AVX2(SB), NOSPLIT, $0-48
	KERNEL2(CHUNKS4, HEAD4, FINISH4, 80)

TEXT ·k4x4AVX2(SB), NOSPLIT, $0-48
	KERNEL4(CHUNKS4, HEAD4, FINISH4, PAIRS4, HEADS4, FINISHES4, 80)
