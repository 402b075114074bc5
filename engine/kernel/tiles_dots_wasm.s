//go:build !purego && relaxed

#include "textflag.h"

// One instruction sums four products into each int32 lane. Its first operand
// is the int8 activations, its second the 7-bit weights. The assembler writes
// the opcodes of relaxed SIMD wrongly; masque/wasm/link mends them after linking.
#define DOT(ACT, W, LO, HI) \
	Get ACT; Get W; Get LO; I32x4RelaxedDotI8x16I7x16AddS; Set LO

#define EVEN(ACT, W, LO, HI) \
	DOT(ACT, W, LO, HI)
#define ODD(ACT, W, LO, HI) \
	DOT(ACT, W, HI, LO)
#define DOT1(ACT, W, LO, HI) \
	ZERO(LO); DOT(ACT, W, LO, HI)
#define EVEN1(ACT, W, LO, HI) \
	DOT1(ACT, W, LO, HI)
#define ODD1(ACT, W, LO, HI) \
	DOT1(ACT, W, HI, LO)
#define ROWS4(LO, HI) \
	Get LO
#define ONES

#include "tiles_relaxed_wasm.h"

TEXT ·k8x1Dots(SB), NOSPLIT, $0-48
	K8_1

TEXT ·k8x2Dots(SB), NOSPLIT, $0-48
	K8_2

TEXT ·k8x4Dots(SB), NOSPLIT, $0-48
	K8_4

TEXT ·k4x1Dots(SB), NOSPLIT, $0-48
	K4_1

TEXT ·k4x2Dots(SB), NOSPLIT, $0-48
	K4_2

TEXT ·k4x4Dots(SB), NOSPLIT, $0-48
	K4_4

// func dotOfBytes() int32
TEXT ·dotOfBytes(SB), NOSPLIT, $0-4
	Get SP
	V128Const $0x7F7F7F7F7F7F7F7F, $0x7F7F7F7F7F7F7F7F
	V128Const $0xFFFFFFFFFFFFFFFF, $0xFFFFFFFFFFFFFFFF
	ZERO(V0); Get V0
	I32x4RelaxedDotI8x16I7x16AddS
	I32x4ExtractLane $0, $0
	I32Store ret+0(FP)
	RET
