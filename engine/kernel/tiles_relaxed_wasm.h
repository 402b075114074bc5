// What both sets of kernels with relaxed SIMD give tiles_wasm.h, and their kernels of
// four vectors.

#define ROWS8(LO, HI) \
	Get LO; Get HI; I32x4Add

// K4 has no HI sums; constants have their place.
#define LOWBITS \
	Get V4
#define SIGNED \
	Get V5
#define REBIAS \
	Get V6
#define TIMES13 \
	Get V7
#define CONSTANTS \
	V128Const $0x0F0F0F0F0F0F0F0F, $0x0F0F0F0F0F0F0F0F; Set V4; \
	V128Const $0x8FFFE0008FFFE000, $0x8FFFE0008FFFE000; Set V5; \
	I32Const $0x77800000; I32x4Splat; Set V6; \
	I32Const $0x2000; I32x4Splat; Set V7; \
	ONES

// Where there are eight sums, V0…V7, the constants are in V8…V11, the place of results.
#define ASIDE \
	Get V4; Set V8; Get V5; Set V9; Get V6; Set V10; Get V7; Set V11
#define BACK \
	Get V8; Set V4; Get V9; Set V5; Get V10; Set V6; Get V11; Set V7

#include "tiles_wasm.h"

// On a Zen 3 a kernel takes about as many cycles as a quarter of its vector operations and
// its loads together, and Chrome's compiler folds no load into what uses it. So two and
// four vectors have eight sums, each of them LO alone, which is as much as there are
// registers for: of two vectors those of four groups, of four vectors those of two. What is
// loaded serves all.

#define LOWS(W, AT) \
	LOAD(W, AT); Get V8; V128And
#define HIGHS(W, AT) \
	LOAD(W, AT); I32Const $4; I16x8ShrU; Get V8; V128And
#define ONLYSCALE(W, SCALE, MIN) \
	LOAD(W, 0); Set SCALE
#define SCALE4(W, SCALE, MIN) \
	HEADOF4(W, Get V9, Get V10, Get V11, SCALE, MIN)

// a block's chunks, by where their weights and their activations stand in it
#define EACH8(CHUNK) \
	CHUNK(16, 48, EVEN1); CHUNK(32, 64, EVEN); CHUNK(48, 80, EVEN); CHUNK(64, 96, EVEN); \
	CHUNK(80, 112, EVEN); CHUNK(96, 128, EVEN); CHUNK(112, 144, EVEN); CHUNK(128, 160, EVEN)
#define EACH4(CHUNKS) \
	CHUNKS(16, 48, DOT1, 112); CHUNKS(32, 64, DOT, 128); CHUNKS(48, 80, DOT, 144); CHUNKS(64, 96, DOT, 160)

#define ADDS8(P, LO, SCALE, MIN) \
	PLUS8(P, Get LO, SCALE, MIN)
#define ADDS4(P, LO, SCALE, MIN) \
	PLUS4(P, ROWS4(LO, LO), SCALE, MIN)

// Two vectors: V0…V3 are the first one's sums of group 0…3, V4…V7 the second one's.
#define BOTH(SUM, FIRST, SECOND) \
	Set V12; SUM(V13, V12, FIRST, FIRST); SUM(V14, V12, SECOND, SECOND)
#define PAIR(WEIGHTS, AT, SUM) \
	WEIGHTS(R1, AT); BOTH(SUM, V0, V4); WEIGHTS(R12, AT); BOTH(SUM, V1, V5); \
	WEIGHTS(R13, AT); BOTH(SUM, V2, V6); WEIGHTS(R14, AT); BOTH(SUM, V3, V7)
#define PAIR8(AT, OFF, SUM) \
	ACTS2(OFF); PAIR(LOAD, AT, SUM)
#define PAIR4(AT, LOW, SUM, HIGH) \
	ACTS2(LOW); PAIR(LOWS, AT, SUM); ACTS2(HIGH); PAIR(HIGHS, AT, DOT)
// Nothing is stored before all is loaded: then the compiler loads once what is needed again.
#define ADD2(SCALES, ADDS, W, D, FIRST, SECOND) \
	SCALES(W, V12, V15); \
	ADDR(D); LOAD(D, 0); ADDS(R7, FIRST, V12, V15); \
	ADDR2(D); ADDR2(D); V128Load $0; ADDS(R8, SECOND, V12, V15)
#define STORE2 \
	V128Store $0, $0; V128Store $0, $0
#define ADD8(SCALES, ADDS) \
	ADD2(SCALES, ADDS, R1, R0, V0, V4); ADD2(SCALES, ADDS, R12, R9, V1, V5); \
	ADD2(SCALES, ADDS, R13, R10, V2, V6); ADD2(SCALES, ADDS, R14, R11, V3, V7); \
	STORE2; STORE2; STORE2; STORE2
#define TWO8 \
	EACH8(PAIR8); ADD8(ONLYSCALE, ADDS8)
#define TWO4 \
	EACH4(PAIR4); ADD8(SCALE4, ADDS4)

// Four vectors and the groups with tiles at R1 and R14: V0…V3 are the first one's sums of
// vector 0…3, V4…V7 the second one's; V12 and V14 are their weights, then their scales,
// whose minima are V15 and V13; R0, R11…R13 are dst of vector 0…3.
#define QUAD(OFF, SUM) \
	ACT(R7, OFF); SUM(V13, V12, V0, V0); SUM(V13, V14, V4, V4); \
	ACT(R8, OFF); SUM(V13, V12, V1, V1); SUM(V13, V14, V5, V5); \
	ACT(R9, OFF); SUM(V13, V12, V2, V2); SUM(V13, V14, V6, V6); \
	ACT(R10, OFF); SUM(V13, V12, V3, V3); SUM(V13, V14, V7, V7)
#define QUAD8(AT, OFF, SUM) \
	LOAD(R1, AT); Set V12; LOAD(R14, AT); Set V14; QUAD(OFF, SUM)
#define QUAD4(AT, LOW, SUM, HIGH) \
	LOWS(R1, AT); Set V12; LOWS(R14, AT); Set V14; QUAD(LOW, SUM); \
	HIGHS(R1, AT); Set V12; HIGHS(R14, AT); Set V14; QUAD(HIGH, DOT)
#define ADD4(ADDS, P, D, FIRST, SECOND) \
	ADDR(D); LOAD(D, 0); ADDS(P, FIRST, V12, V15); \
	ADDR(D); LOAD(D, 16); ADDS(P, SECOND, V14, V13); \
	V128Store $0, $16; V128Store $0, $0
#define FOUR(SCALES, ADDS) \
	SCALES(R1, V12, V15); SCALES(R14, V14, V13); \
	ADD4(ADDS, R7, R0, V0, V4); ADD4(ADDS, R8, R11, V1, V5); \
	ADD4(ADDS, R9, R12, V2, V6); ADD4(ADDS, R10, R13, V3, V7)
#define FOUR8 \
	EACH8(QUAD8); FOUR(ONLYSCALE, ADDS8)
#define FOUR4 \
	EACH4(QUAD4); FOUR(SCALE4, ADDS4)

#define CLEAR4(D) \
	ADDR(D); Get V13; V128Store $0, $0; ADDR(D); Get V13; V128Store $0, $16
#define KERNEL4(FOUR, BYTES) \
	ARGS; \
	ASIDE; \
	Block; Loop; \
		PLUS(R0, R5, R11); PLUS(R11, R5, R12); PLUS(R12, R5, R13); \
		Get R1; Get R3; I64Const $BYTES; I64Mul; I64Add; Set R14; \
		Get R6; Set R7; NEXT(R7, R8); NEXT(R8, R9); NEXT(R9, R10); \
		ZERO(V13); CLEAR4(R0); CLEAR4(R11); CLEAR4(R12); CLEAR4(R13); \
		BLOCKS_BEGIN; \
			FOUR; \
			ADVANCE(R1, BYTES); ADVANCE(R14, BYTES); \
			ADVANCE(R7, 176); ADVANCE(R8, 176); ADVANCE(R9, 176); ADVANCE(R10, 176); \
		BLOCKS_END; \
		Get R14; Set R1; \
		ADVANCE(R0, 32); \
		Get R2; I64Const $2; I64Sub; Tee R2; I64Eqz; I32Eqz; BrIf $0; \
	End; End; \
	RET
#define K8_4 \
	KERNEL4(FOUR8, 144)
#define K4_4 \
	KERNEL4(FOUR4, 80)
