//go:build !purego

#include "textflag.h"

#include "pack_wasm.h"

// the four bytes at AT of P, as integers of 32 bits, on the stack
#define FOUR(P, AT) \
	ADDR(P); I32Load $AT; I32x4Splat; I16x8ExtendLowI8x16U; I32x4ExtendLowI16x8U

#define CHUNK8(AT, OFF) \
	ADDR(R0); FOUR(R2, AT); Get V1; I32x4Sub; F32x4ConvertI32x4S; Get V0; F32x4Mul; V128Store $0, $OFF

// R0 dst, R1 steps, R2 row, R3 blocks left; V0 scale, V1 64
TEXT ·expandK8(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD steps+8(FP), R1
	MOVD row+16(FP), R2
	MOVD n+24(FP), R3
	SPLAT(64); Set V1
	Loop
		ADDR(R2); F32Load $0; F32x4Splat; Set V0
		ADDR(R1); Get V0; F32x4ExtractLane $0, $0; F32Store $0
		CHUNK8(16, 0); CHUNK8(32, 16); CHUNK8(48, 32); CHUNK8(64, 48)
		CHUNK8(80, 64); CHUNK8(96, 80); CHUNK8(112, 96); CHUNK8(128, 112)
		ADVANCE(R0, 128)
		ADVANCE(R1, 4)
		ADVANCE(R2, 144)
		REPEAT(R3)
	End
	RET

// four times the finite number of half precision at AT of R2
#define HALF(AT) \
	ADDR(R2); I64Load16S $AT; I32WrapI64; I32x4Splat; SINGLE(SPLAT(-0x70002000), SPLAT(0x77800000))
#define WEIGHTS4 \
	F32x4ConvertI32x4S; Get V0; F32x4Mul; Get V1; F32x4Add
#define CHUNK4(AT, OFF) \
	FOUR(R2, AT); Set V2; \
	ADDR(R0); Get V2; Get V3; V128And; WEIGHTS4; V128Store $0, $OFF; \
	ADDR(R0); Get V2; I32Const $4; I32x4ShrU; WEIGHTS4; V128Store $0, $(OFF+64)

// R0 dst, R1 steps, R2 row, R3 blocks left; V0 scale, V1 minimum, V2 four bytes, V3 15
TEXT ·expandK4(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD steps+8(FP), R1
	MOVD row+16(FP), R2
	MOVD n+24(FP), R3
	SPLAT(15); Set V3
	Loop
		HALF(0); Set V0
		HALF(2); Set V1
		ADDR(R1)
		Get V0; F32x4Abs; SPLAT(0x3E800000); F32x4Mul // ¼
		Get V0; SPLAT(-0x3F000000); F32x4Mul; Get V1; F32x4Eq; V128And // −8
		F32x4ExtractLane $0, $0; F32Store $0
		CHUNK4(16, 0); CHUNK4(32, 16); CHUNK4(48, 32); CHUNK4(64, 48)
		ADVANCE(R0, 128)
		ADVANCE(R1, 4)
		ADVANCE(R2, 80)
		REPEAT(R3)
	End
	RET

#define PRODUCT(OFF, V) \
	LOAD(R1, OFF); LOAD(R2, OFF); F32x4Mul; Set V
// Magnitudes, as integers, compare as they do as floats.
#define MAGNITUDE(V) \
	Get V; Get V12; V128And
#define PEAK(V) \
	MAGNITUDE(V); I32x4MaxS
#define WEIGHTS(V) \
	Get V; Get V2; F32x4Mul; Get V13; F32x4Add; Get V14; V128And
#define STORE(LANE, OUT) \
	ADDR(R0); Get V0; I32x4ExtractLane $0, $LANE; I32Store $OUT
#define SIXTEEN(A, B, C, D, W, X, Y, Z) \
	WEIGHTS(A); WEIGHTS(B); I16x8NarrowI32x4S; WEIGHTS(C); WEIGHTS(D); I16x8NarrowI32x4S; I8x16NarrowI16x8U; Set V0; \
	STORE(0, W); STORE(1, X); STORE(2, Y); STORE(3, Z)

// R0 out, R1 w, R2 gates, R3 steps, R4 blocks left; V0 peak, V1 step, V2 its inverse,
// V3 where that is infinite, V4…V11 products, V12 all but the sign, V13 nearest, V14
// 0xFF, V15 63
TEXT ·maskBlocks(SB), NOSPLIT, $0-40
	MOVD out+0(FP), R0
	MOVD w+8(FP), R1
	MOVD gates+16(FP), R2
	MOVD steps+24(FP), R3
	MOVD n+32(FP), R4
	SPLAT(0x7FFFFFFF); Set V12
	SPLAT(0x4B400040); Set V13
	SPLAT(0xFF); Set V14
	SPLAT(0x427C0000); Set V15
	Loop
		PRODUCT(0, V4); PRODUCT(16, V5); PRODUCT(32, V6); PRODUCT(48, V7)
		PRODUCT(64, V8); PRODUCT(80, V9); PRODUCT(96, V10); PRODUCT(112, V11)
		MAGNITUDE(V4); PEAK(V5); PEAK(V6); PEAK(V7); PEAK(V8); PEAK(V9); PEAK(V10); PEAK(V11); Set V0
		Get V0; HALVES(V0); I32x4MaxS; Set V0
		Get V0; NEIGHBOURS(V0); I32x4MaxS; Get V15; F32x4Div
		ADDR(R3); F32Load $0; F32x4Splat; Tee V1
		Get V1; SPLAT(0); F32x4Eq; V128Bitselect; Set V1
		SPLAT(0x3F800000); Get V1; F32x4Div; Set V2
		Get V2; Get V12; V128And; SPLAT(0x7F800000); I32x4Eq; Set V3
		Get V2; Get V3; V128Andnot; Set V2
		ADDR(R0); Get V1; Get V3; V128Andnot; F32x4ExtractLane $0, $0; F32Store $0
		SIXTEEN(V4, V5, V6, V7, 16, 32, 48, 64)
		SIXTEEN(V8, V9, V10, V11, 80, 96, 112, 128)
		ADVANCE(R0, 144)
		ADVANCE(R1, 128)
		ADVANCE(R2, 128)
		ADVANCE(R3, 4)
		REPEAT(R4)
	End
	RET
