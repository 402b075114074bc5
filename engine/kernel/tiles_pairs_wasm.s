//go:build !purego && relaxed

#include "textflag.h"

// Sixteen products, neighbours added, in int16 lanes.
#define PAIRS(ACT, W) \
	Get ACT; Get W; I16x8RelaxedDotI8x16I7x16S

// The eight pairs that a lane gets from a K4 tile are at most 8·2·127·15 together.
#define DOT1(ACT, W, LO, HI) \
	PAIRS(ACT, W); Set LO
#define DOT(ACT, W, LO, HI) \
	PAIRS(ACT, W); Get LO; I16x8Add; Set LO
#define ROWS4(LO, HI) \
	Get LO; I32x4ExtaddPairwiseI16x8S

// A pair of K8 is up to 2·127·127, so neighbours are added in int32.
#define FOURS(ACT, W) \
	PAIRS(ACT, W); Get V15; I32x4DotI16x8S
#define ONES \
	V128Const $0x0001000100010001, $0x0001000100010001; Set V15
#define EVEN1(ACT, W, LO, HI) \
	FOURS(ACT, W); Set LO
#define EVEN(ACT, W, LO, HI) \
	FOURS(ACT, W); Get LO; I32x4Add; Set LO
#define ODD1(ACT, W, LO, HI) \
	EVEN1(ACT, W, HI, LO)
#define ODD(ACT, W, LO, HI) \
	EVEN(ACT, W, HI, LO)

#include "tiles_relaxed_wasm.h"

TEXT ·k8x1Pairs(SB), NOSPLIT, $0-48
	K8_1

TEXT ·k8x2Pairs(SB), NOSPLIT, $0-48
	K8_2

TEXT ·k8x4Pairs(SB), NOSPLIT, $0-48
	K8_4

TEXT ·k4x1Pairs(SB), NOSPLIT, $0-48
	K4_1

TEXT ·k4x2Pairs(SB), NOSPLIT, $0-48
	K4_2

TEXT ·k4x4Pairs(SB), NOSPLIT, $0-48
	K4_4
