//go:build !purego && !relaxed

#include "textflag.h"

// Sixteen products as two dot products of int16: LO gets the pair sums of rows
// 0 0 1 1, HI those of rows 2 2 3 3.
#define DOT(ACT, W, LO, HI) \
	Get ACT; I16x8ExtendLowI8x16S; Get W; I16x8ExtendLowI8x16S; \
	I32x4DotI16x8S; Get LO; I32x4Add; Set LO; \
	Get ACT; I16x8ExtendHighI8x16S; Get W; I16x8ExtendHighI8x16S; \
	I32x4DotI16x8S; Get HI; I32x4Add; Set HI

#define EVEN(ACT, W, LO, HI) \
	DOT(ACT, W, LO, HI)
#define ODD(ACT, W, LO, HI) \
	DOT(ACT, W, LO, HI)
#define DOT1(ACT, W, LO, HI) \
	ZERO(LO); ZERO(HI); DOT(ACT, W, LO, HI)
#define EVEN1(ACT, W, LO, HI) \
	DOT1(ACT, W, LO, HI)
#define ODD1(ACT, W, LO, HI) \
	DOT(ACT, W, LO, HI)
#define LOWBITS \
	V128Const $0x0F0F0F0F0F0F0F0F, $0x0F0F0F0F0F0F0F0F
#define SIGNED \
	V128Const $0x8FFFE0008FFFE000, $0x8FFFE0008FFFE000
#define REBIAS \
	I32Const $0x77800000; I32x4Splat
#define TIMES13 \
	I32Const $0x2000; I32x4Splat
#define CONSTANTS
#define ASIDE
#define BACK

// Even lanes of LO and HI plus their odd lanes. A swizzle index of 255 gives 0.
#define ROWS8(LO, HI) \
	ROWS4(LO, HI)
#define ROWS4(LO, HI) \
	Get LO; V128Const $0x0B0A090803020100, $0xFFFFFFFFFFFFFFFF; I8x16Swizzle; \
	Get HI; V128Const $0xFFFFFFFFFFFFFFFF, $0x0B0A090803020100; I8x16Swizzle; V128Or; \
	Get LO; V128Const $0x0F0E0D0C07060504, $0xFFFFFFFFFFFFFFFF; I8x16Swizzle; \
	Get HI; V128Const $0xFFFFFFFFFFFFFFFF, $0x0F0E0D0C07060504; I8x16Swizzle; V128Or; \
	I32x4Add

#include "tiles_wasm.h"

// Two vectors and the groups with tiles A and B, sums V0, V4 and V1, V5 of the first and
// V2, V6 and V3, V7 of the second: the sixteen weights of each at AT times the
// activations of vector 0 in V13 and of vector 1 in V14.
#define BOTH(SUM, FIRST, FIRSTHI, SECOND, SECONDHI) \
	Set V12; SUM(V13, V12, FIRST, FIRSTHI); SUM(V14, V12, SECOND, SECONDHI)
#define PAIR8(A, B, AT, OFF, SUM) \
	ACTS2(OFF); LOAD(A, AT); BOTH(SUM, V0, V4, V1, V5); LOAD(B, AT); BOTH(SUM, V2, V6, V3, V7)
#define HALF8(A, B) \
	PAIR8(A, B, 16, 48, EVEN1); PAIR8(A, B, 32, 64, ODD1); PAIR8(A, B, 48, 80, EVEN); PAIR8(A, B, 64, 96, ODD); \
	PAIR8(A, B, 80, 112, EVEN); PAIR8(A, B, 96, 128, ODD); PAIR8(A, B, 112, 144, EVEN); PAIR8(A, B, 128, 160, ODD)
#define LOWS(W, AT) \
	LOAD(W, AT); LOWBITS; V128And
#define HIGHS(W, AT) \
	LOAD(W, AT); I32Const $4; I16x8ShrU; LOWBITS; V128And
#define PAIR4(A, B, AT, LOW, SUM, HIGH) \
	ACTS2(LOW); LOWS(A, AT); BOTH(SUM, V0, V4, V1, V5); LOWS(B, AT); BOTH(SUM, V2, V6, V3, V7); \
	ACTS2(HIGH); HIGHS(A, AT); BOTH(DOT, V0, V4, V1, V5); HIGHS(B, AT); BOTH(DOT, V2, V6, V3, V7)
#define HALF4(A, B) \
	PAIR4(A, B, 16, 48, DOT1, 112); PAIR4(A, B, 32, 64, DOT, 128); \
	PAIR4(A, B, 48, 80, DOT, 144); PAIR4(A, B, 64, 96, DOT, 160)

#define ADD2(HEAD, FINISH, W, D, FIRST, FIRSTHI, SECOND, SECONDHI) \
	HEAD(W); \
	LOAD(D, 0); Set V8; FINISH(R7, FIRST, FIRSTHI, V8); KEEP(D, V8); \
	ADDR2(D); V128Load $0; Set V9; FINISH(R8, SECOND, SECONDHI, V9); ADDR2(D); Get V9; V128Store $0, $0
#define HALF(DOTS, HEAD, FINISH, A, DSTA, B, DSTB) \
	DOTS(A, B); \
	ADD2(HEAD, FINISH, A, DSTA, V0, V4, V1, V5); ADD2(HEAD, FINISH, B, DSTB, V2, V6, V3, V7)
#define TWO8 \
	HALF(HALF8, HEAD8, FINISH8, R1, R0, R12, R9); HALF(HALF8, HEAD8, FINISH8, R13, R10, R14, R11)
#define TWO4 \
	HALF(HALF4, HEAD4, FINISH4, R1, R0, R12, R9); HALF(HALF4, HEAD4, FINISH4, R13, R10, R14, R11)

// Of four vectors, a tile is loaded and taken apart once for all.
#define STEP4(OFF, SUM) \
	STEP2(OFF, SUM); ACT(R9, OFF); SUM(V13, V12, V2, V6); ACT(R10, OFF); SUM(V13, V12, V3, V7)
#define KERNEL4(CHUNKS, HEAD, FINISH, BYTES) \
	ARGS; \
	GROUPS_BEGIN; \
		Get R6; Set R7; NEXT(R7, R8); NEXT(R8, R9); NEXT(R9, R10); \
		ZERO(V8); ZERO(V9); ZERO(V10); ZERO(V11); \
		BLOCKS_BEGIN; \
			CHUNKS(STEP4); \
			HEAD(R1); \
			FINISH(R7, V0, V4, V8); FINISH(R8, V1, V5, V9); \
			FINISH(R9, V2, V6, V10); FINISH(R10, V3, V7, V11); \
			ADVANCE(R1, BYTES); ADVANCE(R7, 176); ADVANCE(R8, 176); \
			ADVANCE(R9, 176); ADVANCE(R10, 176); \
		BLOCKS_END; \
		Get R0; Set R11; STORE(V8); STORE(V9); STORE(V10); STORE(V11); \
	GROUPS_END; \
	RET

TEXT ·k8x1(SB), NOSPLIT, $0-48
	K8_1

TEXT ·k8x2(SB), NOSPLIT, $0-48
	K8_2

TEXT ·k8x4(SB), NOSPLIT, $0-48
	KERNEL4(CHUNKS8, HEAD8, FINISH8, 144)

TEXT ·k4x1(SB), NOSPLIT, $0-48
	K4_1

TEXT ·k4x2(SB), NOSPLIT, $0-48
	K4_2

TEXT ·k4x4(SB), NOSPLIT, $0-48
	KERNEL4(CHUNKS4, HEAD4, FINISH4, 80)
