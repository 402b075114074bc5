//go:build !purego

#include "textflag.h"

// Four lanes of everything that package kernel does with floats.
//
// The assembler takes the offset of a store, like the lane of an extract, from
// the second operand; with one operand it is 0 whatever that says.

#include "floats_wasm.h"

// four times each
DATA ·exps+0(SB)/8, $0xC2AE0000C2AE0000 // −87
DATA ·exps+8(SB)/8, $0xC2AE0000C2AE0000
DATA ·exps+16(SB)/8, $0x42B0000042B00000 // 88
DATA ·exps+24(SB)/8, $0x42B0000042B00000
DATA ·exps+32(SB)/8, $0x3FB8AA3B3FB8AA3B // log2 e
DATA ·exps+40(SB)/8, $0x3FB8AA3B3FB8AA3B
DATA ·exps+48(SB)/8, $0x4B4000004B400000 // 1.5·2²³
DATA ·exps+56(SB)/8, $0x4B4000004B400000
DATA ·exps+64(SB)/8, $0x3F3180003F318000 // ln 2, high part
DATA ·exps+72(SB)/8, $0x3F3180003F318000
DATA ·exps+80(SB)/8, $0xB95E8083B95E8083 // low part
DATA ·exps+88(SB)/8, $0xB95E8083B95E8083
DATA ·exps+96(SB)/8, $0x3950696739506967
DATA ·exps+104(SB)/8, $0x3950696739506967
DATA ·exps+112(SB)/8, $0x3AB743CE3AB743CE
DATA ·exps+120(SB)/8, $0x3AB743CE3AB743CE
DATA ·exps+128(SB)/8, $0x3C0889083C088908
DATA ·exps+136(SB)/8, $0x3C0889083C088908
DATA ·exps+144(SB)/8, $0x3D2AA9C13D2AA9C1
DATA ·exps+152(SB)/8, $0x3D2AA9C13D2AA9C1
DATA ·exps+160(SB)/8, $0x3E2AAAAA3E2AAAAA
DATA ·exps+168(SB)/8, $0x3E2AAAAA3E2AAAAA
DATA ·exps+176(SB)/8, $0x3F0000003F000000
DATA ·exps+184(SB)/8, $0x3F0000003F000000
DATA ·exps+192(SB)/8, $0x3F8000003F800000 // 1
DATA ·exps+200(SB)/8, $0x3F8000003F800000
GLOBL ·exps(SB), RODATA|NOPTR, $208

// chunk c of a block: four values to int8, four times over; V3 collects their sum.
// Adding 1.5·2²³, in V5, rounds and leaves the integer in the lowest bits.
#define CHUNK(IN, OUT) \
	LOAD(R1, IN); Get V2; F32x4Mul; Get V5; F32x4Add; Get V5; I32x4Sub; Set V4; \
	Get V3; Get V4; I32x4Add; Set V3; \
	ADDR(R0); \
	Get V4; Get V4; I16x8NarrowI32x4S; Set V4; \
	Get V4; Get V4; I8x16NarrowI16x8S; V128Store $0, $OUT

// Magnitudes, as integers, compare as they do as floats; V6 is their mask.
#define PEAK(OFF) \
	LOAD(R1, OFF); Get V6; V128And; I32x4MaxS

// R0 dst, R1 src, R2 blocks left; V0 peak, V1 scale, V2 inverse, V3 Σq
TEXT ·quantize(SB), NOSPLIT, $0-24
	MOVD dst+0(FP), R0
	MOVD src+8(FP), R1
	MOVD n+16(FP), R2
	SPLAT(0x4B400000); Set V5
	SPLAT(0x7FFFFFFF); Set V6
	Loop
		LOAD(R1, 0); Get V6; V128And
		PEAK(16); PEAK(32); PEAK(48); PEAK(64); PEAK(80); PEAK(96); PEAK(112)
		Set V0
		Get V0; HALVES(V0); I32x4MaxS; Set V0
		Get V0; NEIGHBOURS(V0); I32x4MaxS; Set V0
		Get V0; SPLAT(0x42FE0000); F32x4Div; Set V1
		SPLAT(0x42FE0000); Get V0; F32x4Div
		Get V0; SPLAT(0); F32x4Gt; V128And; Set V2
		SPLAT(0); Set V3
		CHUNK(0, 48); CHUNK(16, 64); CHUNK(32, 80); CHUNK(48, 96)
		CHUNK(64, 112); CHUNK(80, 128); CHUNK(96, 144); CHUNK(112, 160)
		Get V3; HALVES(V3); I32x4Add; Set V3
		Get V3; NEIGHBOURS(V3); I32x4Add; Set V3
		ADDR(R0); Get V1; V128Store $0, $0
		ADDR(R0); Get V3; F32x4ConvertI32x4S; Get V1; F32x4Mul; V128Store $0, $16
		ADDR(R0); Get V3; I32Const $6; I32x4Shl; I32x4Neg; V128Store $0, $32
		ADVANCE(R0, 176)
		ADVANCE(R1, 128)
		REPEAT(R2, 1)
	End
	RET

// R0 gate, R1 up, R2 values left; V4 gate
TEXT ·swiglu(SB), NOSPLIT, $0-24
	MOVD gate+0(FP), R0
	MOVD up+8(FP), R1
	MOVD n+16(FP), R2
	EXPSETUP
	Loop
		LOAD(R0, 0); Set V4
		Get V4; F32x4Neg; Set V0
		EXP
		ADDR(R0)
		Get V4; LOAD(R15, 192); Get V0; F32x4Add; F32x4Div
		LOAD(R1, 0); F32x4Mul
		V128Store $0, $0
		ADVANCE(R0, 16)
		ADVANCE(R1, 16)
		REPEAT(R2, 4)
	End
	RET

// R0 dGate, R1 dUp, R2 gate, R3 up, R4 values left; V4 gate, V5 dh, V6 s, V7 one
TEXT ·swigluBack(SB), NOSPLIT, $0-40
	MOVD dGate+0(FP), R0
	MOVD dUp+8(FP), R1
	MOVD gate+16(FP), R2
	MOVD up+24(FP), R3
	MOVD n+32(FP), R4
	EXPSETUP
	LOAD(R15, 192); Set V7
	Loop
		LOAD(R2, 0); Set V4
		LOAD(R0, 0); Set V5
		Get V4; F32x4Neg; Set V0
		EXP
		Get V7; Get V7; Get V0; F32x4Add; F32x4Div; Set V6
		ADDR(R1)
		Get V5; Get V4; F32x4Mul; Get V6; F32x4Mul
		V128Store $0, $0
		ADDR(R0)
		Get V5; LOAD(R3, 0); F32x4Mul; Get V6; F32x4Mul
		Get V7; Get V4; Get V7; Get V6; F32x4Sub; F32x4Mul; F32x4Add
		F32x4Mul
		V128Store $0, $0
		ADVANCE(R0, 16)
		ADVANCE(R1, 16)
		ADVANCE(R2, 16)
		ADVANCE(R3, 16)
		REPEAT(R4, 4)
	End
	RET

// R0 x, R1 values left; V0 the largest of each lane
TEXT ·peak(SB), NOSPLIT, $0-20
	MOVD x+0(FP), R0
	MOVD n+8(FP), R1
	SPLAT(-0x800000); Set V0 // −∞; Pmax keeps its first operand unless the second is larger
	Loop
		Get V0; LOAD(R0, 0); F32x4Pmax; Set V0
		ADVANCE(R0, 16)
		REPEAT(R1, 4)
	End
	Get V0; HALVES(V0); F32x4Pmax; Set V0
	Get SP
	Get V0; NEIGHBOURS(V0); F32x4Pmax
	F32x4ExtractLane $0, $0
	F32Store ret+16(FP)
	RET

// R0 x, R1 values left; V0 factor
TEXT ·rescale(SB), NOSPLIT, $0-20
	MOVD x+0(FP), R0
	MOVD n+8(FP), R1
	Get SP; F32Load f+16(FP); F32x4Splat; Set V0
	Loop
		ADDR(R0); LOAD(R0, 0); Get V0; F32x4Mul; V128Store $0, $0
		ADVANCE(R0, 16)
		REPEAT(R1, 4)
	End
	RET

// R0 x, R1 values left; V4 peak, V5 sums
TEXT ·softmax(SB), NOSPLIT, $0-28
	MOVD x+0(FP), R0
	MOVD n+8(FP), R1
	Get SP; F32Load peak+16(FP); F32x4Splat; Set V4
	SPLAT(0); Set V5
	EXPSETUP
	Loop
		LOAD(R0, 0); Get V4; F32x4Sub; Set V0
		EXP
		ADDR(R0); Get V0; V128Store $0, $0
		Get V5; Get V0; F32x4Add; Set V5
		ADVANCE(R0, 16)
		REPEAT(R1, 4)
	End
	Get V5; HALVES(V5); F32x4Add; Set V5
	Get SP
	Get V5; NEIGHBOURS(V5); F32x4Add
	F32x4ExtractLane $0, $0
	F32Store ret+24(FP)
	RET

// R0 x, R1 y, R2 values left; V0 factor
TEXT ·addScaled(SB), NOSPLIT, $0-28
	MOVD x+0(FP), R0
	MOVD y+8(FP), R1
	MOVD n+16(FP), R2
	Get SP; F32Load f+24(FP); F32x4Splat; Set V0
	Loop
		ADDR(R0); LOAD(R0, 0); Get V0; LOAD(R1, 0); F32x4Mul; F32x4Add; V128Store $0, $0
		ADVANCE(R0, 16)
		ADVANCE(R1, 16)
		REPEAT(R2, 4)
	End
	RET

#define PRODUCT(OFF, V) \
	Get V; LOAD(R0, OFF); LOAD(R1, OFF); F32x4Mul; F32x4Add; Set V

// R0 a, R1 b, R2 values left; V0 and V1 the eight sums
TEXT ·dot8(SB), NOSPLIT, $0-32
	MOVD a+0(FP), R0
	MOVD b+8(FP), R1
	MOVD n+16(FP), R2
	SPLAT(0); Set V0
	SPLAT(0); Set V1
	Loop
		PRODUCT(0, V0)
		PRODUCT(16, V1)
		ADVANCE(R0, 32)
		ADVANCE(R1, 32)
		REPEAT(R2, 8)
	End
	MOVD sums+24(FP), R0
	ADDR(R0); Get V0; V128Store $0, $0
	ADDR(R0); Get V1; V128Store $0, $16
	RET

// R0 dst, R1 x, R2 weight, R3 values left; V0 factor
TEXT ·normalize(SB), NOSPLIT, $0-36
	MOVD dst+0(FP), R0
	MOVD x+8(FP), R1
	MOVD weight+16(FP), R2
	MOVD n+24(FP), R3
	Get SP; F32Load f+32(FP); F32x4Splat; Set V0
	Loop
		ADDR(R0)
		LOAD(R1, 0); Get V0; F32x4Mul; LOAD(R2, 0); F32x4Mul
		V128Store $0, $0
		ADVANCE(R0, 16)
		ADVANCE(R1, 16)
		ADVANCE(R2, 16)
		REPEAT(R3, 4)
	End
	RET

// R0 x, R1 y, R2 values left
TEXT ·add(SB), NOSPLIT, $0-24
	MOVD x+0(FP), R0
	MOVD y+8(FP), R1
	MOVD n+16(FP), R2
	Loop
		ADDR(R0); LOAD(R0, 0); LOAD(R1, 0); F32x4Add; V128Store $0, $0
		ADVANCE(R0, 16)
		ADVANCE(R1, 16)
		REPEAT(R2, 4)
	End
	RET

// the first two, or the last two, lanes of V, each twice
#define TWICE0(V) \
	Get V; V128Const $0x0302010003020100, $0x0706050407060504; I8x16Swizzle
#define TWICE2(V) \
	Get V; V128Const $0x0B0A09080B0A0908, $0x0F0E0D0C0F0E0D0C; I8x16Swizzle
#define TURN(OFF, TWICE) \
	ADDR(R0); \
	LOAD(R0, OFF); Tee V3; TWICE(V0); F32x4Mul; \
	NEIGHBOURS(V3); TWICE(V1); Get V2; V128Xor; F32x4Mul; F32x4Add; V128Store $0, $OFF

// R0 x, R1 cos, R2 sin, R3 pairs left; V0 cos, V1 sin, V2 signs, V3 two pairs
TEXT ·turn(SB), NOSPLIT, $0-40
	MOVD x+0(FP), R0
	MOVD cos+8(FP), R1
	MOVD sin+16(FP), R2
	MOVD n+24(FP), R3
	MOVD signs+32(FP), R4
	Get R4; I64x2Splat; Set V2
	Loop
		LOAD(R1, 0); Set V0
		LOAD(R2, 0); Set V1
		TURN(0, TWICE0)
		TURN(16, TWICE2)
		ADVANCE(R0, 32)
		ADVANCE(R1, 16)
		ADVANCE(R2, 16)
		REPEAT(R3, 4)
	End
	RET
