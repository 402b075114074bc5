//go:build !purego && relaxed

#include "textflag.h"

// Sixteen products, neighbours added, in int16 lanes: the eight pairs that a lane gets
// from a K4 tile are at most 8·2·127·15 together. Those of K8 fill int16 one by one.
#define DOT(ACT, W, LO, HI) \
	Get ACT; Get W; I16x8RelaxedDotI8x16I7x16S; Get LO; I16x8Add; Set LO
#define ROWS4(LO, HI) \
	Get LO; I32x4ExtaddPairwiseI16x8S

#include "tiles_relaxed_wasm.h"

TEXT ·k4x1Pairs(SB), NOSPLIT, $0-48
	K4_1

TEXT ·k4x2Pairs(SB), NOSPLIT, $0-48
	K4_2

TEXT ·k4x4Pairs(SB), NOSPLIT, $0-48
	K4_4
