//go:build !purego && relaxed

#include "textflag.h"

// One instruction sums four products into each int32 lane. Its first operand
// is the int8 activations, its second the 7-bit weights. The assembler writes
// this opcode wrongly; masque/wasm/link mends it after linking.
#define DOT(ACT, W, LO, HI) \
	Get ACT; Get W; Get LO; I32x4RelaxedDotI8x16I7x16AddS; Set LO

#define ROWS(LO, HI) \
	Get LO

#include "tiles_wasm.h"
