//go:build !purego

#include "textflag.h"
#include "floats_wasm.h"

// Values mixed for several heads that share them, for WebAssembly SIMD: two heads at a
// time, so that eight sums hide how long an addition takes and what is loaded serves both.

#define BROADCAST(P, V) \
	ADDR(P); F32Load $0; F32x4Splat; Set V
// V += F times the four floats in V8
#define TIMES(F, V) \
	Get V; Get F; Get V8; F32x4Mul; F32x4Add; Set V
#define ONE(P, OFF, V) \
	LOAD(P, OFF); Set V8; TIMES(V9, V)
#define TWO(P, OFF, V, W) \
	ONE(P, OFF, V); TIMES(V10, W)
#define PLUS(P, Q, R) \
	Get P; Get Q; I64Add; Set R

#define SUMS(P, A, B, C, D) \
	LOAD(P, 0); Set A; LOAD(P, 16); Set B; LOAD(P, 32); Set C; LOAD(P, 48); Set D
#define STORE(P, OFF, V) \
	ADDR(P); Get V; V128Store $0, $OFF
#define KEEP(P, A, B, C, D) \
	STORE(P, 0, A); STORE(P, 16, B); STORE(P, 32, C); STORE(P, 48, D)

// R0 dst, R1 bytes of an output, R2 weights of the chunk, R3 bytes of a row of them, R4
// heads, R5 values, R6 positions left; R7 positions of the chunk, R8 dims left, R9 dst of
// 16 dims, R10 of a head, R11 heads left, R12 and R13 weights of two heads, R14 values of
// p, R15 positions left in the chunk; V0…V7 16 sums of each, V9 and V10 their weights
TEXT ·mix(SB), NOSPLIT, $0-56
	MOVD dst+0(FP), R0
	MOVD dims+8(FP), R1
	MOVD weights+16(FP), R2
	MOVD stride+24(FP), R3
	MOVD heads+32(FP), R4
	MOVD values+40(FP), R5
	MOVD n+48(FP), R6
	Get R1; I64Const $2; I64Shl; Set R1
	Get R3; I64Const $2; I64Shl; Set R3
	Loop
		I64Const $16; Get R6; I64Const $16; Get R6; I64LtS; Select; Set R7
		Get R0; Set R9
		Get R1; Set R8
		Loop
			Get R9; Set R10
			Get R4; Set R11
			Get R2; Set R12
			Block; Loop
				Get R11; I64Const $2; I64LtS; BrIf $1
				PLUS(R12, R3, R13)
				Get R5; Set R14
				Get R7; Set R15
				SUMS(R10, V0, V1, V2, V3)
				PLUS(R10, R1, R10)
				SUMS(R10, V4, V5, V6, V7)
				Loop
					BROADCAST(R12, V9)
					BROADCAST(R13, V10)
					TWO(R14, 0, V0, V4); TWO(R14, 16, V1, V5); TWO(R14, 32, V2, V6); TWO(R14, 48, V3, V7)
					ADVANCE(R12, 4)
					ADVANCE(R13, 4)
					ADVANCE(R14, 64)
					REPEAT(R15, 1)
				End
				KEEP(R10, V4, V5, V6, V7)
				Get R10; Get R1; I64Sub; Set R10
				KEEP(R10, V0, V1, V2, V3)
				PLUS(R10, R1, R10); PLUS(R10, R1, R10)
				Get R13; Get R7; I64Const $2; I64Shl; I64Sub; Get R3; I64Add; Set R12
				ADVANCE(R11, -2)
				Br $0
			End; End
			Get R11; I64Eqz; I32Eqz; If
				Get R5; Set R14
				Get R7; Set R15
				SUMS(R10, V0, V1, V2, V3)
				Loop
					BROADCAST(R12, V9)
					ONE(R14, 0, V0); ONE(R14, 16, V1); ONE(R14, 32, V2); ONE(R14, 48, V3)
					ADVANCE(R12, 4)
					ADVANCE(R14, 64)
					REPEAT(R15, 1)
				End
				KEEP(R10, V0, V1, V2, V3)
			End
			ADVANCE(R9, 64)
			ADVANCE(R5, 1024)
			REPEAT(R8, 64)
		End
		ADVANCE(R2, 64)
		Get R6; Get R7; I64Sub; Tee R6; I64Eqz; I32Eqz; BrIf $0
	End
	RET
