// What both sets of kernels with relaxed SIMD give tiles_wasm.h.

#define ROWS8(LO, HI) \
	Get LO; Get HI; I32x4Add

// K4 has no HI sums; constants have their place.
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
	I32Const $0x2000; I32x4Splat; Set V7; \
	ONES

#include "tiles_wasm.h"
