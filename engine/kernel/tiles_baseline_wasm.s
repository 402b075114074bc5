//go:build !purego && !relaxed

#include "textflag.h"

// Sixteen products as two dot products of int16: LO gets the pair sums of rows
// 0 0 1 1, HI those of rows 2 2 3 3.
#define DOT(ACT, W, LO, HI) \
	Get ACT; I16x8ExtendLowI8x16S; Get W; I16x8ExtendLowI8x16S; \
	I32x4DotI16x8S; Get LO; I32x4Add; Set LO; \
	Get ACT; I16x8ExtendHighI8x16S; Get W; I16x8ExtendHighI8x16S; \
	I32x4DotI16x8S; Get HI; I32x4Add; Set HI

#define EVEN(ACT, W, LO, HI) \
	DOT(ACT, W, LO, HI)
#define ODD(ACT, W, LO, HI) \
	DOT(ACT, W, LO, HI)
#define DOT1(ACT, W, LO, HI) \
	ZERO(LO); ZERO(HI); DOT(ACT, W, LO, HI)
#define EVEN1(ACT, W, LO, HI) \
	DOT1(ACT, W, LO, HI)
#define ODD1(ACT, W, LO, HI) \
	DOT(ACT, W, LO, HI)
#define LOWBITS \
	V128Const $0x0F0F0F0F0F0F0F0F, $0x0F0F0F0F0F0F0F0F
#define SIGNED \
	V128Const $0x8FFFE0008FFFE000, $0x8FFFE0008FFFE000
#define REBIAS \
	I32Const $0x77800000; I32x4Splat
#define TIMES13 \
	I32Const $0x2000; I32x4Splat
#define CONSTANTS

// Even lanes of LO and HI plus their odd lanes. A swizzle index of 255 gives 0.
#define ROWS8(LO, HI) \
	ROWS4(LO, HI)
#define ROWS4(LO, HI) \
	Get LO; V128Const $0x0B0A090803020100, $0xFFFFFFFFFFFFFFFF; I8x16Swizzle; \
	Get HI; V128Const $0xFFFFFFFFFFFFFFFF, $0x0B0A090803020100; I8x16Swizzle; V128Or; \
	Get LO; V128Const $0x0F0E0D0C07060504, $0xFFFFFFFFFFFFFFFF; I8x16Swizzle; \
	Get HI; V128Const $0xFFFFFFFFFFFFFFFF, $0x0F0E0D0C07060504; I8x16Swizzle; V128Or; \
	I32x4Add

#include "tiles_wasm.h"

TEXT ·k8x1(SB), NOSPLIT, $0-48
	K8_1

TEXT ·k8x2(SB), NOSPLIT, $0-48
	K8_2

TEXT ·k8x4(SB), NOSPLIT, $0-48
	K8_4

TEXT ·k4x1(SB), NOSPLIT, $0-48
	K4_1

TEXT ·k4x2(SB), NOSPLIT, $0-48
	K4_2

TEXT ·k4x4(SB), NOSPLIT, $0-48
	K4_4
