//go:build !purego

#include "textflag.h"
#include "floats_wasm.h"

// Attention with keys and values of 16 bits, for WebAssembly SIMD: two heads at a time,
// so that what is loaded serves both.

// V += pairs of products of F and V8
#define PAIRS(F, V) \
	Get V; Get F; Get V8; I32x4DotI16x8S; I32x4Add; Set V
#define ONE(P, OFF, V) \
	LOAD(P, OFF); Set V8; PAIRS(V9, V)
#define TWO(P, OFF, V, W) \
	ONE(P, OFF, V); PAIRS(V10, W)
#define ZERO(V) \
	SPLAT(0); Set V
// V0…V3, and for a second head V4…V7: 16 sums over N pairs at P, times those at Q and R
#define SUM2(Q, R, P, N) \
	ZERO(V0); ZERO(V1); ZERO(V2); ZERO(V3); ZERO(V4); ZERO(V5); ZERO(V6); ZERO(V7); \
	Loop; \
		BROADCAST(Q, V9); BROADCAST(R, V10); \
		TWO(P, 0, V0, V4); TWO(P, 16, V1, V5); TWO(P, 32, V2, V6); TWO(P, 48, V3, V7); \
		ADVANCE(Q, 4); ADVANCE(R, 4); ADVANCE(P, 64); \
		REPEAT(N, 1); \
	End
#define SUM1(Q, P, N) \
	ZERO(V0); ZERO(V1); ZERO(V2); ZERO(V3); \
	Loop; \
		BROADCAST(Q, V9); \
		ONE(P, 0, V0); ONE(P, 16, V1); ONE(P, 32, V2); ONE(P, 48, V3); \
		ADVANCE(Q, 4); ADVANCE(P, 64); \
		REPEAT(N, 1); \
	End
#define SCORED(P, OFF, V) \
	ADDR(P); Get V; F32x4ConvertI32x4S; LOAD(R14, OFF); F32x4Mul; Get V11; F32x4Mul; V128Store $0, $OFF

// R0 dst, R1 bytes of a row of dst, R2 q, R3 heads, R4 pairs of dims, R5 keys, R6 chunks
// left, R14 scales of the keys; R7 heads left, R8 pairs left, R9 keys of a pair, R10 and R11
// q of two heads, R12 bytes of a query, R13 dst of a head, R15 scale of its q; V0…V7 16 sums
// of each, V9 and V10 q of a pair, V11 scale
TEXT ·scores16(SB), NOSPLIT, $0-72
	MOVD dst+0(FP), R0
	MOVD stride+8(FP), R1
	MOVD q+16(FP), R2
	MOVD heads+32(FP), R3
	MOVD dims+40(FP), R12
	MOVD keys+48(FP), R5
	MOVD keyScales+56(FP), R14
	MOVD chunks+64(FP), R6
	Get R1; I64Const $2; I64Shl; Set R1
	Get R12; I64Const $1; I64ShrU; Set R4
	Get R12; I64Const $1; I64Shl; Set R12
	Loop
		Get R3; Set R7
		Get R2; Set R10
		Get R0; Set R13
		MOVD scales+24(FP), R15
		Block; Loop
			Get R7; I64Const $2; I64LtS; BrIf $1
			PLUS(R10, R12, R11)
			Get R5; Set R9
			Get R4; Set R8
			SUM2(R10, R11, R9, R8)
			BROADCAST(R15, V11)
			SCORED(R13, 0, V0); SCORED(R13, 16, V1); SCORED(R13, 32, V2); SCORED(R13, 48, V3)
			PLUS(R13, R1, R13)
			ADVANCE(R15, 4)
			BROADCAST(R15, V11)
			SCORED(R13, 0, V4); SCORED(R13, 16, V5); SCORED(R13, 32, V6); SCORED(R13, 48, V7)
			PLUS(R13, R1, R13)
			ADVANCE(R15, 4)
			Get R11; Set R10
			ADVANCE(R7, -2)
			Br $0
		End; End
		Get R7; I64Eqz; I32Eqz; If
			Get R5; Set R9
			Get R4; Set R8
			SUM1(R10, R9, R8)
			BROADCAST(R15, V11)
			SCORED(R13, 0, V0); SCORED(R13, 16, V1); SCORED(R13, 32, V2); SCORED(R13, 48, V3)
		End
		ADVANCE(R0, 64)
		ADVANCE(R14, 64)
		Get R9; Set R5
		REPEAT(R6, 1)
	End
	RET

#define MAGNITUDES(V) \
	Get V; Get V6; V128And; I32x4MaxS
// V to integers: the lowest bits, once 1.5·2²³ is added
#define ROUND(V) \
	Get V; Get V5; F32x4Mul; Get V7; F32x4Add; Get V7; I32x4Sub

// R0 dst, R1 x, R2 values left, R3 x again, R4 their number; V0 and V1 eight values, V4
// peak, V5 inverse, V6 mask of magnitudes, V7 1.5·2²³, V8 magnitude
TEXT ·round16(SB), NOSPLIT, $0-36
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD n+16(FP), R2
	Get R1; Set R3
	Get R2; Set R4
	Get SP; F32Load magnitude+24(FP); F32x4Splat; Set V8
	SPLAT(0x7FFFFFFF); Set V6
	SPLAT(0x4B400000); Set V7
	SPLAT(0x0DA24260); Set V4 // 1e-30
	Loop
		LOAD(R3, 0); Set V0; LOAD(R3, 16); Set V1
		Get V4; MAGNITUDES(V0); MAGNITUDES(V1); Set V4
		ADVANCE(R3, 32)
		REPEAT(R4, 8)
	End
	Get V4; HALVES(V4); I32x4MaxS; Set V4
	Get V4; NEIGHBOURS(V4); I32x4MaxS; Set V4
	Get V8; Get V4; F32x4Div; Set V5
	Get SP; Get V4; SPLAT(0x3F800000); Get V8; F32x4Div; F32x4Mul; F32x4ExtractLane $0, $0; F32Store ret+32(FP)
	Loop
		LOAD(R1, 0); Set V0; LOAD(R1, 16); Set V1
		ADDR(R0); ROUND(V0); ROUND(V1); I16x8NarrowI32x4S; V128Store $0, $0
		ADVANCE(R0, 16)
		ADVANCE(R1, 32)
		REPEAT(R2, 8)
	End
	RET

#define WEIGHTS(OFF, V) \
	LOAD(R2, OFF); LOAD(R3, OFF); F32x4Mul; Set V
// R0 dst, R1 scales, R2 weights, R3 scales of values, R4 chunks left; V0…V3 16 weights, V4
// peak, V5 inverse, V6 mask of magnitudes, V7 1.5·2²³, V8 16383, V9 its inverse
TEXT ·weights16(SB), NOSPLIT, $0-40
	MOVD dst+0(FP), R0
	MOVD scales+8(FP), R1
	MOVD weights+16(FP), R2
	MOVD valueScales+24(FP), R3
	MOVD chunks+32(FP), R4
	SPLAT(0x7FFFFFFF); Set V6
	SPLAT(0x4B400000); Set V7
	SPLAT(0x467FFC00); Set V8
	SPLAT(0x38800200); Set V9
	Loop
		WEIGHTS(0, V0); WEIGHTS(16, V1); WEIGHTS(32, V2); WEIGHTS(48, V3)
		SPLAT(0x0DA24260) // 1e-30
		MAGNITUDES(V0); MAGNITUDES(V1); MAGNITUDES(V2); MAGNITUDES(V3); Set V4
		Get V4; HALVES(V4); I32x4MaxS; Set V4
		Get V4; NEIGHBOURS(V4); I32x4MaxS; Set V4
		Get V8; Get V4; F32x4Div; Set V5
		ADDR(R1); Get V4; Get V9; F32x4Mul; F32x4ExtractLane $0, $0; F32Store $0
		ADDR(R0); ROUND(V0); ROUND(V1); I16x8NarrowI32x4S; V128Store $0, $0
		ADDR(R0); ROUND(V2); ROUND(V3); I16x8NarrowI32x4S; V128Store $0, $16
		ADVANCE(R0, 32)
		ADVANCE(R1, 4)
		ADVANCE(R2, 64)
		ADVANCE(R3, 64)
		REPEAT(R4, 1)
	End
	RET

#define SUM(P, OFF, V) \
	ADDR(P); LOAD(P, OFF); Get V; F32x4ConvertI32x4S; Get V11; F32x4Mul; F32x4Add; V128Store $0, $OFF
#define SUMS(P, A, B, C, D) \
	SUM(P, 0, A); SUM(P, 16, B); SUM(P, 32, C); SUM(P, 48, D)

// R0 dst, R1 bytes of an output, R2 weights of the chunk, R3 bytes of a row of them, R4
// heads, R5 values, R6 chunks left; R7 their scales, R8 dims left, R9 dst of 16 dims, R10 of a
// head, R11 heads left, R12 and R13 weights of two heads, R14 values of two positions, R15
// pairs left; V0…V7 16 sums of each, V9 and V10 two weights, V11 scale
TEXT ·mix16(SB), NOSPLIT, $0-64
	MOVD dst+0(FP), R0
	MOVD dims+8(FP), R1
	MOVD weights+16(FP), R2
	MOVD stride+32(FP), R3
	MOVD heads+40(FP), R4
	MOVD values+48(FP), R5
	MOVD chunks+56(FP), R6
	Get R1; I64Const $2; I64Shl; Set R1
	Get R3; I64Const $1; I64Shl; Set R3
	Loop
		Get R0; Set R9
		Get R1; Set R8
		Loop
			Get R9; Set R10
			Get R4; Set R11
			Get R2; Set R12
			MOVD scales+24(FP), R7
			Block; Loop
				Get R11; I64Const $2; I64LtS; BrIf $1
				PLUS(R12, R3, R13)
				Get R5; Set R14
				I64Const $8; Set R15
				SUM2(R12, R13, R14, R15)
				BROADCAST(R7, V11)
				SUMS(R10, V0, V1, V2, V3)
				PLUS(R10, R1, R10)
				Get R7; Get R3; I64Const $3; I64ShrU; I64Add; Set R7
				BROADCAST(R7, V11)
				SUMS(R10, V4, V5, V6, V7)
				PLUS(R10, R1, R10)
				Get R7; Get R3; I64Const $3; I64ShrU; I64Add; Set R7
				Get R13; Get R3; I64Add; I64Const $32; I64Sub; Set R12
				ADVANCE(R11, -2)
				Br $0
			End; End
			Get R11; I64Eqz; I32Eqz; If
				Get R5; Set R14
				I64Const $8; Set R15
				SUM1(R12, R14, R15)
				BROADCAST(R7, V11)
				SUMS(R10, V0, V1, V2, V3)
			End
			ADVANCE(R9, 64)
			ADVANCE(R5, 512)
			REPEAT(R8, 64)
		End
		ADVANCE(R2, 32)
		MOVD scales+24(FP), R7
		ADVANCE(R7, 4)
		MOVD R7, scales+24(FP)
		REPEAT(R6, 1)
	End
	RET
