//go:build !purego

#include "textflag.h"
#include "floats_wasm.h"

// V0 = e^V and SUM += V0
#define ADDEXP(V, SUM) \
	Get V; Set V0; EXP; Get SUM; Get V0; F32x4Add; Set SUM

// leaves (s0+s4)+(s2+s6) + ((s1+s5)+(s3+s7)) of the lanes of LO and HI in F0
#define SUM8(LO, HI) \
	Get LO; Get HI; F32x4Add; Set V0; \
	Get V0; HALVES(V0); F32x4Add; Set V0; \
	Get V0; NEIGHBOURS(V0); F32x4Add; F32x4ExtractLane $0, $0; Set F0

// V = four values at P+OFF less PEAK
#define LESS(P, OFF, PEAK, V) \
	LOAD(P, OFF); Get PEAK; F32x4Sub; Set V

// R0 x, R1 values left; V4 peak, V5 and V6 the eight sums, V7 values
TEXT ·sumExp(SB), NOSPLIT, $0-28
	MOVD x+0(FP), R0
	MOVD n+8(FP), R1
	Get SP; F32Load peak+16(FP); F32x4Splat; Set V4
	SPLAT(0); Set V5
	SPLAT(0); Set V6
	EXPSETUP
	Loop
		LESS(R0, 0, V4, V7)
		ADDEXP(V7, V5)
		LESS(R0, 16, V4, V7)
		ADDEXP(V7, V6)
		ADVANCE(R0, 32)
		REPEAT(R1, 8)
	End
	SUM8(V5, V6)
	Get SP; Get F0; F32Store ret+24(FP)
	RET

// four of p and q at OFF: Σe^P, Σe^Q, Σe^P·(P−Q)
#define DIVERGE(OFF, SUMP, SUMQ, COST) \
	LESS(R1, OFF, V4, V7); LESS(R2, OFF, V5, V6); \
	ADDEXP(V6, SUMQ); \
	ADDEXP(V7, SUMP); \
	Get COST; Get V0; Get V7; Get V6; F32x4Sub; F32x4Mul; F32x4Add; Set COST

// R0 sums, R1 p, R2 q, R3 values left; V4 and V5 peaks, V6 and V7 values less
// their peaks, V8…V13 the three times eight sums
TEXT ·diverge(SB), NOSPLIT, $0-40
	MOVD sums+0(FP), R0
	MOVD p+8(FP), R1
	MOVD q+16(FP), R2
	MOVD n+24(FP), R3
	Get SP; F32Load peakP+32(FP); F32x4Splat; Set V4
	Get SP; F32Load peakQ+36(FP); F32x4Splat; Set V5
	SPLAT(0); Set V8; SPLAT(0); Set V9; SPLAT(0); Set V10
	SPLAT(0); Set V11; SPLAT(0); Set V12; SPLAT(0); Set V13
	EXPSETUP
	Loop
		DIVERGE(0, V8, V10, V12)
		DIVERGE(16, V9, V11, V13)
		ADVANCE(R1, 32)
		ADVANCE(R2, 32)
		REPEAT(R3, 8)
	End
	SUM8(V8, V9); ADDR(R0); Get F0; F32Store $0
	SUM8(V10, V11); ADDR(R0); Get F0; F32Store $4
	SUM8(V12, V13); ADDR(R0); Get F0; F32Store $8
	RET
