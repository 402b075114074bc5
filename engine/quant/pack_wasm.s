//go:build !purego

#include "textflag.h"

#include "pack_wasm.h"

#define WORD(FROM, TO) \
	ADDR(R0); ADDR(R1); I32Load $FROM; I32Store $TO

// func packQ4(out, blocks *byte, n int) (wild uint32)
//
// R0 out, R1 block, R2 blocks left, R3 wild
TEXT ·packQ4(SB), NOSPLIT, $0-28
	MOVD out+0(FP), R0
	MOVD blocks+8(FP), R1
	MOVD n+16(FP), R2
	I64Const $0; Set R3
	Loop
		ADDR(R1); I64Load32U $0; I64Const $0x7C007C00; I64And; I64Const $0x04000400; I64Add; Get R3; I64Or; Set R3
		WORD(0, 0); WORD(4, 16); WORD(8, 32); WORD(12, 48); WORD(16, 64)
		ADVANCE(R0, 80)
		ADVANCE(R1, 20)
		REPEAT(R2)
	End
	Get SP; Get R3; I64Const $0x80008000; I64And; I32WrapI64; I32Store wild+24(FP)
	RET

// V with its bytes moved, and the larger ones of both
#define LARGER(V, LOW, HIGH) \
	Get V; Get V; V128Const $LOW, $HIGH; I8x16Swizzle; I8x16MaxU; Set V

// four weights of V to integers of 32 bits. The terms are positive, so that rounding
// down cuts off; 2²³ moves what is left to the lowest bits.
#define WEIGHTS(V) \
	Get V; F32x4ConvertI32x4S; Get V0; F32x4Mul; Get V1; F32x4Mul; Get V9; F32x4Add; F32x4Floor; \
	Get V10; F32x4Add; Get V11; V128And
#define STORE(LANE, OUT) \
	ADDR(R0); Get V3; I32x4ExtractLane $0, $LANE; I32Store $OUT

// sixteen weights of V to four words of the tile
#define SIXTEEN(V, W, X, Y, Z) \
	Get V; I16x8ExtendLowI8x16S; Set V4; \
	Get V; I16x8ExtendHighI8x16S; Set V6; \
	Get V4; I32x4ExtendHighI16x8S; Set V5; \
	Get V4; I32x4ExtendLowI16x8S; Set V4; \
	Get V6; I32x4ExtendHighI16x8S; Set V7; \
	Get V6; I32x4ExtendLowI16x8S; Set V6; \
	WEIGHTS(V4); WEIGHTS(V5); I16x8NarrowI32x4S; WEIGHTS(V6); WEIGHTS(V7); I16x8NarrowI32x4S; I8x16NarrowI16x8S; Set V3; \
	STORE(0, W); STORE(1, X); STORE(2, Y); STORE(3, Z)

// func packQ8(out, blocks *byte, n int) bool
//
// R0 out, R1 block, R2 blocks left, R3 bit 15 of a scale that is no number, R4 a half;
// V0 d, V1 scale and its inverse, V2 and V8 the block, V9 64.5, V10 2²³, V11 0xFF, V12
// and V13 of SINGLE, V14 63, V15 1
TEXT ·packQ8(SB), NOSPLIT, $0-25
	MOVD out+0(FP), R0
	MOVD blocks+8(FP), R1
	MOVD n+16(FP), R2
	I64Const $0; Set R3
	SPLAT(0x42810000); Set V9
	SPLAT(0x4B000000); Set V10
	SPLAT(0xFF); Set V11
	SPLAT(-0x70002000); Set V12
	SPLAT(0x77800000); Set V13
	SPLAT(0x427C0000); Set V14
	SPLAT(0x3F800000); Set V15
	Loop
		ADDR(R1); I64Load16S $0; Tee R4
		I64Const $0x7C00; I64And; I64Const $0x400; I64Add; Get R3; I64Or; Set R3
		Get R4; I32WrapI64; I32x4Splat; SINGLE(Get V12, Get V13); Set V0
		LOAD(R1, 2); Tee V2; I8x16Abs; LOAD(R1, 18); Tee V8; I8x16Abs; I8x16MaxU; Set V1 // |−128| is 128
		LARGER(V1, 0x0F0E0D0C0B0A0908, 0x0706050403020100)
		LARGER(V1, 0x0302010007060504, 0x0B0A09080F0E0D0C)
		LARGER(V1, 0x0504070601000302, 0x0D0C0F0E09080B0A)
		LARGER(V1, 0x0607040502030001, 0x0E0F0C0D0A0B0809)
		Get V1; Get V11; V128And; F32x4ConvertI32x4S; Get V0; F32x4Mul; F32x4Abs; Get V14; F32x4Div; Set V1
		ADDR(R0); Get V1; F32x4ExtractLane $0, $0; F32Store $0
		Get V15; Get V1; F32x4Div; Get V13; F32x4Pmin; Set V1 // no ∞: all are zero then
		SIXTEEN(V2, 16, 32, 48, 64)
		SIXTEEN(V8, 80, 96, 112, 128)
		ADVANCE(R0, 144)
		ADVANCE(R1, 34)
		REPEAT(R2)
	End
	Get SP; Get R3; I64Const $0x8000; I64And; I64Eqz; I64ExtendI32U; I64Store8 ret+24(FP)
	RET
