//go:build !purego

#include "textflag.h"

#define ADDR(P) \
	Get P; I32WrapI64
#define LOAD(P, OFF) \
	ADDR(P); V128Load $OFF
#define STEP(V, OFF) \
	Get V; Get V8; LOAD(R7, OFF); F32x4Mul; F32x4Add; Set V
#define KEEP(V, OFF) \
	ADDR(R0); Get V; V128Store $0, $OFF
// one row of weights at R7 times the factor at R4+OFF; R7 moves to the next row
#define ROW(OFF) \
	ADDR(R4); F32Load $OFF; F32x4Splat; Set V8; \
	STEP(V0, 0); STEP(V1, 16); STEP(V2, 32); STEP(V3, 48); \
	STEP(V4, 64); STEP(V5, 80); STEP(V6, 96); STEP(V7, 112); \
	Get R7; Get R3; I64Add; Set R7

// R0 dst, R1 its stride, R2 w, R3 its stride, R4 dy, R5 its stride (bytes),
// R6 rows left, R7 row of w; V0…V7 32 sums, V8 factor
TEXT ·outer(SB), NOSPLIT, $0-56
	MOVD dst+0(FP), R0
	MOVD dstStride+8(FP), R1
	MOVD w+16(FP), R2
	MOVD wStride+24(FP), R3
	MOVD dy+32(FP), R4
	MOVD dyStride+40(FP), R5
	MOVD rows+48(FP), R6
	Get R1; I64Const $2; I64Shl; Set R1
	Get R3; I64Const $2; I64Shl; Set R3
	Get R5; I64Const $2; I64Shl; Set R5
	Loop
		Get R2; Set R7
		LOAD(R0, 0); Set V0; LOAD(R0, 16); Set V1; LOAD(R0, 32); Set V2; LOAD(R0, 48); Set V3
		LOAD(R0, 64); Set V4; LOAD(R0, 80); Set V5; LOAD(R0, 96); Set V6; LOAD(R0, 112); Set V7
		ROW(0); ROW(4); ROW(8); ROW(12)
		KEEP(V0, 0); KEEP(V1, 16); KEEP(V2, 32); KEEP(V3, 48)
		KEEP(V4, 64); KEEP(V5, 80); KEEP(V6, 96); KEEP(V7, 112)
		Get R0; Get R1; I64Add; Set R0
		Get R4; Get R5; I64Add; Set R4
		Get R6; I64Const $1; I64Sub; Tee R6; I64Eqz; I32Eqz; BrIf $0
	End
	RET
