//go:build !purego

#include "textflag.h"
#include "floats_wasm.h"

#define BYTES(N) \
	Get N; I64Const $2; I64Shl; Set N
#define KEEP(P, V, OFF) \
	ADDR(P); Get V; V128Store $0, $OFF

// sixteen sums of a vector at OFF of P
#define BEGIN(P, OFF, A, B, C, D) \
	LOAD(P, OFF); Set A; LOAD(P, OFF+16); Set B; LOAD(P, OFF+32); Set C; LOAD(P, OFF+48); Set D
#define END(P, OFF, A, B, C, D) \
	KEEP(P, A, OFF); KEEP(P, B, OFF+16); KEEP(P, C, OFF+32); KEEP(P, D, OFF+48)

// four columns of a row of w times the factors in V8 and V9
#define STEP1(OFF, A) \
	Get A; LOAD(R8, OFF); Get V8; F32x4Mul; F32x4Add; Set A
#define STEP2(OFF, A, B) \
	LOAD(R8, OFF); Set V10; \
	Get A; Get V10; Get V8; F32x4Mul; F32x4Add; Set A; \
	Get B; Get V10; Get V9; F32x4Mul; F32x4Add; Set B

// sixteen columns of two vectors times all rows of w
#define HALF(OFF) \
	Get R2; Set R8; Get R5; Set R9; Get R5; Get R6; I64Add; Set R10; Get R4; Set R11; \
	BEGIN(R0, OFF, V0, V1, V2, V3); BEGIN(R12, OFF, V4, V5, V6, V7); \
	Loop; \
		BROADCAST(R9, V8); BROADCAST(R10, V9); \
		STEP2(OFF, V0, V4); STEP2(OFF+16, V1, V5); STEP2(OFF+32, V2, V6); STEP2(OFF+48, V3, V7); \
		ADVANCE(R8, 128); ADVANCE(R9, 4); ADVANCE(R10, 4); \
		REPEAT(R11, 1); \
	End; \
	END(R0, OFF, V0, V1, V2, V3); END(R12, OFF, V4, V5, V6, V7)

// R0 dst, R1 its stride, R2 w, R4 rows of w, R5 dy, R6 its stride (bytes), R7 vectors
// left; R8 row of w, R9 and R10 dy, R11 rows left, R12 dst of the second vector; V0…V7
// sums, V8 and V9 factors
TEXT ·outer(SB), NOSPLIT, $0-56
	MOVD dst+0(FP), R0
	MOVD dstStride+8(FP), R1
	MOVD w+16(FP), R2
	MOVD n+24(FP), R4
	MOVD dy+32(FP), R5
	MOVD dyStride+40(FP), R6
	MOVD rows+48(FP), R7
	BYTES(R1)
	BYTES(R6)
	Block
		Loop
			Get R7; I64Const $2; I64LtS; BrIf $1
			Get R0; Get R1; I64Add; Set R12
			HALF(0)
			HALF(64)
			Get R12; Get R1; I64Add; Set R0
			PLUS(R5, R6, R5)
			PLUS(R5, R6, R5)
			Get R7; I64Const $2; I64Sub; Set R7
			Br $0
		End
	End
	Get R7; I64Eqz
	If
		RET
	End
	Get R2; Set R8
	BEGIN(R0, 0, V0, V1, V2, V3)
	BEGIN(R0, 64, V4, V5, V6, V7)
	Loop
		BROADCAST(R5, V8)
		STEP1(0, V0); STEP1(16, V1); STEP1(32, V2); STEP1(48, V3)
		STEP1(64, V4); STEP1(80, V5); STEP1(96, V6); STEP1(112, V7)
		ADVANCE(R8, 128)
		ADVANCE(R5, 4)
		REPEAT(R4, 1)
	End
	END(R0, 0, V0, V1, V2, V3)
	END(R0, 64, V4, V5, V6, V7)
	RET

// V = the f32 at OFF of a tile, four times
#define SCALAR(OFF, V) \
	ADDR(R1); F32Load $OFF; F32x4Splat; Set V
#define FOURS(OFF, A, B, C, D) \
	SCALAR(OFF, A); SCALAR(OFF+4, B); SCALAR(OFF+8, C); SCALAR(OFF+12, D)
#define OFFSET \
	V128Const $0x4000000040, $0x4000000040; I32x4Sub

// the sixteen bytes of a chunk, in V8, to column OFF of rows 0…3
#define ROWS8(OFF) \
	Get V8; I16x8ExtendLowI8x16U; Set V9; Get V8; I16x8ExtendHighI8x16U; Set V10; \
	ADDR(R0); Get V9; I32x4ExtendLowI16x8U; OFFSET; F32x4ConvertI32x4S; Get V0; F32x4Mul; V128Store $0, $OFF; \
	ADDR(R0); Get V9; I32x4ExtendHighI16x8U; OFFSET; F32x4ConvertI32x4S; Get V1; F32x4Mul; V128Store $0, $(OFF+128); \
	ADDR(R0); Get V10; I32x4ExtendLowI16x8U; OFFSET; F32x4ConvertI32x4S; Get V2; F32x4Mul; V128Store $0, $(OFF+256); \
	ADDR(R0); Get V10; I32x4ExtendHighI16x8U; OFFSET; F32x4ConvertI32x4S; Get V3; F32x4Mul; V128Store $0, $(OFF+384)
#define CHUNK8(AT, OFF) \
	LOAD(R1, AT); Set V8; ROWS8(OFF)

// R0 dst, R1 tile, R2 bytes to the next, R3 tiles left; V0…V3 scales
TEXT ·expandK8(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD tile+8(FP), R1
	MOVD stride+16(FP), R2
	MOVD n+24(FP), R3
	Loop
		FOURS(0, V0, V1, V2, V3)
		CHUNK8(16, 0); CHUNK8(32, 16); CHUNK8(48, 32); CHUNK8(64, 48)
		CHUNK8(80, 64); CHUNK8(96, 80); CHUNK8(112, 96); CHUNK8(128, 112)
		PLUS(R1, R2, R1)
		ADVANCE(R0, 512)
		REPEAT(R3, 1)
	End
	RET

// four finite numbers of half precision in the upper halves of their lanes to floats; see
// tiles_wasm.h
#define SINGLE \
	I32Const $3; I32x4ShrS; V128Const $0x8FFFE0008FFFE000, $0x8FFFE0008FFFE000; V128And; \
	I32Const $0x77800000; I32x4Splat; F32x4Mul
// each lane of V8, four times
#define LANE(BYTES, V) \
	Get V8; V128Const $BYTES, $BYTES; I8x16Swizzle; Set V
#define LANES(A, B, C, D) \
	LANE(0x0302010003020100, A); LANE(0x0706050407060504, B); \
	LANE(0x0B0A09080B0A0908, C); LANE(0x0F0E0D0C0F0E0D0C, D)

#define ROW4(HALF, EXTEND, SCALE, MIN, OFF) \
	ADDR(R0); Get HALF; EXTEND; F32x4ConvertI32x4S; Get SCALE; F32x4Mul; Get MIN; F32x4Add; V128Store $0, $OFF
#define ROWS4(OFF) \
	Get V8; I16x8ExtendLowI8x16U; Set V9; Get V8; I16x8ExtendHighI8x16U; Set V10; \
	ROW4(V9, I32x4ExtendLowI16x8U, V0, V4, OFF); ROW4(V9, I32x4ExtendHighI16x8U, V1, V5, (OFF+128)); \
	ROW4(V10, I32x4ExtendLowI16x8U, V2, V6, (OFF+256)); ROW4(V10, I32x4ExtendHighI16x8U, V3, V7, (OFF+384))
#define NIBBLES(AT, OFF) \
	LOAD(R1, AT); V128Const $0x0F0F0F0F0F0F0F0F, $0x0F0F0F0F0F0F0F0F; V128And; Set V8; ROWS4(OFF); \
	LOAD(R1, AT); I32Const $4; I8x16ShrU; Set V8; ROWS4((OFF+64))

// as expandK8; V4…V7 minima
TEXT ·expandK4(SB), NOSPLIT, $0-32
	MOVD dst+0(FP), R0
	MOVD tile+8(FP), R1
	MOVD stride+16(FP), R2
	MOVD n+24(FP), R3
	Loop
		LOAD(R1, 0); I32Const $16; I32x4Shl; SINGLE; Set V8
		LANES(V0, V1, V2, V3)
		LOAD(R1, 0); SINGLE; Set V8
		LANES(V4, V5, V6, V7)
		NIBBLES(16, 0); NIBBLES(32, 16); NIBBLES(48, 32); NIBBLES(64, 48)
		PLUS(R1, R2, R1)
		ADVANCE(R0, 512)
		REPEAT(R3, 1)
	End
	RET
