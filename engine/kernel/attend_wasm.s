//go:build !purego

#include "textflag.h"
#include "floats_wasm.h"

// Values mixed, for WebAssembly SIMD.

// V += the weight in V4 times four floats
#define TIMES(OFF, V) \
	Get V; Get V4; LOAD(R6, OFF); F32x4Mul; F32x4Add; Set V
#define SUM(OFF, V) \
	LOAD(R4, OFF); Set V
#define KEEP(OFF, V) \
	ADDR(R4); Get V; V128Store $0, $OFF

// R0 dims, R1 weights of the chunk, R2 values of 16 dims, R3 positions left; R4 dst of 16
// dims, R5 weight of p, R6 values of p, R7 positions of the chunk, R8 dims left, R9 positions
// left in the chunk; V0…V3 16 sums, V4 weight
TEXT ·mix(SB), NOSPLIT, $0-40
	MOVD dims+8(FP), R0
	MOVD weights+16(FP), R1
	MOVD values+24(FP), R2
	MOVD n+32(FP), R3
	Loop
		I64Const $16; Get R3; I64Const $16; Get R3; I64LtS; Select; Set R7
		MOVD dst+0(FP), R4
		Get R0; Set R8
		Loop
			Get R1; Set R5
			Get R2; Set R6
			Get R7; Set R9
			SUM(0, V0); SUM(16, V1); SUM(32, V2); SUM(48, V3)
			Loop
				BROADCAST(R5, V4)
				TIMES(0, V0); TIMES(16, V1); TIMES(32, V2); TIMES(48, V3)
				ADVANCE(R5, 4)
				ADVANCE(R6, 64)
				REPEAT(R9, 1)
			End
			KEEP(0, V0); KEEP(16, V1); KEEP(32, V2); KEEP(48, V3)
			ADVANCE(R4, 64)
			ADVANCE(R2, 1024)
			REPEAT(R8, 16)
		End
		ADVANCE(R1, 64)
		Get R3; Get R7; I64Sub; Tee R3; I64Eqz; I32Eqz; BrIf $0
	End
	RET
