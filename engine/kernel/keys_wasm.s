//go:build !purego

#include "textflag.h"

#include "floats_wasm.h"

// the largest lane of V0 as the result at RET
#define HIGHEST(RET) \
	Get V0; HALVES(V0); I32x4MaxS; Set V0; \
	Get SP; Get V0; NEIGHBOURS(V0); I32x4MaxS; I32x4ExtractLane $0, $0; I32Store RET

#define KEY(OFF) \
	LOAD(R1, OFF); LOAD(R2, OFF); F32x4Mul; Get V2; V128And; Set V1; \
	ADDR(R0); Get V1; V128Store $0, $OFF; \
	Get V0; Get V1; I32x4MaxS; Set V0

// R0 keys, R1 x, R2 y, R3 values left; V0 the largest keys, V2 all but the sign
TEXT ·productKeys(SB), NOSPLIT, $0-36
	MOVD keys+0(FP), R0
	MOVD x+8(FP), R1
	MOVD y+16(FP), R2
	MOVD n+24(FP), R3
	SPLAT(0); Set V0
	SPLAT(0x7FFFFFFF); Set V2
	Loop
		KEY(0)
		KEY(16)
		ADVANCE(R0, 32)
		ADVANCE(R1, 32)
		ADVANCE(R2, 32)
		REPEAT(R3, 8)
	End
	HIGHEST(peak+32(FP))
	RET

// V1 = the key of x·y, or of x·z where that is zero
#define KEYOVER(OFF) \
	LOAD(R1, OFF); Tee V4; LOAD(R2, OFF); F32x4Mul; Get V2; V128And; Tee V1; \
	Get V4; LOAD(R4, OFF); F32x4Mul; Get V3; V128Or; \
	Get V1; SPLAT(0); I32x4Eq; V128And; V128Or; Set V1; \
	ADDR(R0); Get V1; V128Store $0, $OFF; \
	Get V0; Get V1; I32x4MaxS; Set V0

// as productKeys; R4 z; V3 the sign, V4 x
TEXT ·productKeysOver(SB), NOSPLIT, $0-44
	MOVD keys+0(FP), R0
	MOVD x+8(FP), R1
	MOVD y+16(FP), R2
	MOVD z+24(FP), R4
	MOVD n+32(FP), R3
	SPLAT(-0x80000000); Tee V0; Set V3
	SPLAT(0x7FFFFFFF); Set V2
	Loop
		KEYOVER(0)
		KEYOVER(16)
		ADVANCE(R0, 32)
		ADVANCE(R1, 32)
		ADVANCE(R2, 32)
		ADVANCE(R4, 32)
		REPEAT(R3, 8)
	End
	HIGHEST(peak+40(FP))
	RET

// one more for each lane that is below the limit
#define BELOW(OFF, V) \
	Get V; LOAD(R0, OFF); Get V2; I32x4LtS; I32x4Sub; Set V

// R0 keys, R1 keys left; V0 and V1 counts, V2 limit
TEXT ·countBelow(SB), NOSPLIT, $0-32
	MOVD keys+0(FP), R0
	MOVD n+8(FP), R1
	I32Load limit+16(FP); I32x4Splat; Set V2
	SPLAT(0); Tee V0; Set V1
	Loop
		BELOW(0, V0)
		BELOW(16, V1)
		ADVANCE(R0, 32)
		REPEAT(R1, 8)
	End
	Get V0; Get V1; I32x4Add; Set V0
	Get V0; HALVES(V0); I32x4Add; Set V0
	Get SP; Get V0; NEIGHBOURS(V0); I32x4Add; I32x4ExtractLane $0, $0; I64ExtendI32U; I64Store ret+24(FP)
	RET

// the bits in which the factors differ, where a key is below the limit
#define GATE(OFF) \
	ADDR(R0); LOAD(R1, OFF); Get V0; I32x4LtS; Get V2; V128And; Get V1; V128Xor; V128Store $0, $OFF

// R0 dst, R1 keys, R2 keys left; V0 limit, V1 above, V2 above ⊕ below
TEXT ·gate(SB), NOSPLIT, $0-36
	MOVD dst+0(FP), R0
	MOVD keys+8(FP), R1
	MOVD n+16(FP), R2
	I32Load limit+24(FP); I32x4Splat; Set V0
	F32Load above+28(FP); F32x4Splat; Tee V1
	F32Load below+32(FP); F32x4Splat; V128Xor; Set V2
	Loop
		GATE(0)
		GATE(16)
		ADVANCE(R0, 32)
		ADVANCE(R1, 32)
		REPEAT(R2, 8)
	End
	RET
