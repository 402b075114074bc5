//go:build !purego

#include "textflag.h"

#include "floats_wasm.h"

// two values at OFF of P as float64
#define TWO(P, OFF) \
	ADDR(P); I64Load $OFF; I64x2Splat; F64x2PromoteLowF32x4
// two shares of x and of y, compared
#define SHARES(OFF) \
	TWO(R1, OFF); Get V0; F64x2Mul; TWO(R2, OFF); Get V1; F64x2Mul; F64x2Ge

// R0 dst, R1 x, R2 y, R3 values left; V0 fx, V1 fy, V2 below, V3 below ⊕ above
TEXT ·share(SB), NOSPLIT, $0-56
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD y+16(FP), R2
	MOVD n+24(FP), R3
	F64Load fx+32(FP); F64x2Splat; Set V0
	F64Load fy+40(FP); F64x2Splat; Set V1
	F32Load below+52(FP); F32x4Splat; Tee V2
	F32Load above+48(FP); F32x4Splat; V128Xor; Set V3
	Loop
		ADDR(R0)
		SHARES(0); SHARES(8); I16x8NarrowI32x4S // halves of masks are masks
		Get V3; V128And; Get V2; V128Xor
		V128Store $0, $0
		ADVANCE(R0, 16)
		ADVANCE(R1, 16)
		ADVANCE(R2, 16)
		REPEAT(R3, 4)
	End
	RET

// the product LANE of V to the sum F
#define ADDTO(F, V, LANE) \
	Get F; Get V; F64x2ExtractLane $0, $LANE; F64Add; Set F
#define TOTALS(OFF) \
	TWO(R1, OFF); F64x2Abs; Set V0; \
	TWO(R2, OFF); Get V0; F64x2Mul; Set V1; \
	TWO(R3, OFF); Get V0; F64x2Mul; Set V2; \
	ADDTO(F16, V1, 0); ADDTO(F17, V2, 0); ADDTO(F16, V1, 1); ADDTO(F17, V2, 1)

// R0 sums, R1 w, R2 x, R3 y, R4 values left; F16 and F17 the sums, V0 magnitudes
TEXT ·totals(SB), NOSPLIT, $0-40
	MOVD sums+0(FP), R0
	MOVD w+8(FP), R1
	MOVD x+16(FP), R2
	MOVD y+24(FP), R3
	MOVD n+32(FP), R4
	ADDR(R0); F64Load $0; Set F16
	ADDR(R0); F64Load $8; Set F17
	Loop
		TOTALS(0)
		TOTALS(8)
		ADVANCE(R1, 16)
		ADVANCE(R2, 16)
		ADVANCE(R3, 16)
		REPEAT(R4, 4)
	End
	ADDR(R0); Get F16; F64Store $0
	ADDR(R0); Get F17; F64Store $8
	RET
