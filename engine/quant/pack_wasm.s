//go:build !purego

#include "textflag.h"

#include "pack_wasm.h"

// func peakQ8(qs *byte) (four uint32)
//
// R0 qs; V0 the largest so far, byte by byte. |−128| is 128 to an unsigned maximum.
TEXT ·peakQ8(SB), NOSPLIT, $0-12
	MOVD qs+0(FP), R0
	LOAD(R0, 0); I8x16Abs; LOAD(R0, 16); I8x16Abs; I8x16MaxU; Set V0
	Get V0; Get V0; V128Const $0x0F0E0D0C0B0A0908, $0x0706050403020100; I8x16Swizzle; I8x16MaxU; Set V0
	Get V0; Get V0; V128Const $0x0302010007060504, $0x0B0A09080F0E0D0C; I8x16Swizzle; I8x16MaxU; Set V0
	Get SP; Get V0; I32x4ExtractLane $0, $0; I32Store four+8(FP)
	RET

#define HALF16(FROM, TO) \
	ADDR(R2); I64Load16U $FROM; Set R5; \
	Get R5; I64Const $0x7C00; I64And; I64Const $0x400; I64Add; Get R4; I64Or; Set R4; \
	ADDR(R0); Get R5; I64Store16 $TO
#define WORD(FROM, TO) \
	ADDR(R1); ADDR(R2); I32Load $FROM; I32Store $TO

// func packQ4(head, out, blocks *byte, n int) (wild uint32)
//
// R0 head, R1 out, R2 block, R3 blocks left, R4 bit 15 of wild, R5 a half
TEXT ·packQ4(SB), NOSPLIT, $0-36
	MOVD head+0(FP), R0
	MOVD out+8(FP), R1
	MOVD blocks+16(FP), R2
	MOVD n+24(FP), R3
	I64Const $0; Set R4
	Loop
		HALF16(0, 0)
		HALF16(2, 8)
		WORD(4, 0); WORD(8, 16); WORD(12, 32); WORD(16, 48)
		ADVANCE(R0, 80)
		ADVANCE(R1, 80)
		ADVANCE(R2, 20)
		REPEAT(R3)
	End
	Get SP; Get R4; I64Const $0x8000; I64And; I32WrapI64; I32Store wild+32(FP)
	RET

// four weights of V: to K8's bytes, as integers of 32 bits
#define WEIGHTS(V) \
	Get V; F32x4ConvertI32x4S; Get V0; F32x4Mul; Get V1; F32x4Mul; Get V2; F32x4Add; I32x4TruncSatF32x4S; Set V
#define STORE(LANE, OUT) \
	ADDR(R0); Get V5; I32x4ExtractLane $0, $LANE; I32Store $OUT

// sixteen weights of the block, to four words of the tile
#define HALF(IN, A, B, C, D) \
	LOAD(R1, IN); Set V3; \
	Get V3; I16x8ExtendLowI8x16S; Set V4; \
	Get V3; I16x8ExtendHighI8x16S; Set V3; \
	Get V4; I32x4ExtendLowI16x8S; Set V5; \
	Get V4; I32x4ExtendHighI16x8S; Set V6; \
	Get V3; I32x4ExtendLowI16x8S; Set V7; \
	Get V3; I32x4ExtendHighI16x8S; Set V8; \
	WEIGHTS(V5); WEIGHTS(V6); WEIGHTS(V7); WEIGHTS(V8); \
	Get V5; Get V6; I16x8NarrowI32x4S; Get V7; Get V8; I16x8NarrowI32x4S; I8x16NarrowI16x8S; Set V5; \
	STORE(0, A); STORE(1, B); STORE(2, C); STORE(3, D)

// func packQ8(out, qs *byte, d, inv float32)
//
// R0 out, R1 qs; V0 d, V1 inv, V2 64.5
TEXT ·packQ8(SB), NOSPLIT, $0-24
	MOVD out+0(FP), R0
	MOVD qs+8(FP), R1
	Get SP; F32Load d+16(FP); F32x4Splat; Set V0
	Get SP; F32Load inv+20(FP); F32x4Splat; Set V1
	I32Const $0x42810000; I32x4Splat; Set V2
	HALF(0, 0, 16, 32, 48)
	HALF(16, 64, 80, 96, 112)
	RET
