//go:build !purego && relaxed

#include "textflag.h"

// One instruction sums four products into each int32 lane. Its first operand
// is the int8 activations, its second the 7-bit weights. The assembler writes
// this opcode wrongly; masque/wasm/link mends it after linking.
#define DOT(ACT, W, LO, HI) \
	Get ACT; Get W; Get LO; I32x4RelaxedDotI8x16I7x16AddS; Set LO

#define EVEN(ACT, W, LO, HI) \
	DOT(ACT, W, LO, HI)
#define ODD(ACT, W, LO, HI) \
	DOT(ACT, W, HI, LO)
#define ZERO8(LO, HI) \
	ZERO(LO); ZERO(HI)

// K4 has no HI sums; constants have their place.
#define ZERO4(LO, HI) \
	ZERO(LO)
#define LOWBITS \
	Get V4
#define SIGNED \
	Get V5
#define REBIAS \
	Get V6
#define TIMES13 \
	Get V7
#define CONSTANTS \
	V128Const $0x0F0F0F0F0F0F0F0F, $0x0F0F0F0F0F0F0F0F; Set V4; \
	V128Const $0x8FFFE0008FFFE000, $0x8FFFE0008FFFE000; Set V5; \
	I32Const $0x77800000; I32x4Splat; Set V6; \
	I32Const $0x2000; I32x4Splat; Set V7

#define ROWS8(LO, HI) \
	Get LO; Get HI; I32x4Add
#define ROWS4(LO, HI) \
	Get LO

#include "tiles_wasm.h"
