//go:build !purego

#include "textflag.h"

// AVX-512 VNNI at 256 bits: one instruction for 32 products.
#define DOT(ACT, W, ACC) \
	VPDPBUSD ACT, W, ACC
#define SETUP

#define K8X1 ·k8x1VNNI
#define K8X2 ·k8x2VNNI
#define K8X4 ·k8x4VNNI
#define K4X1 ·k4x1VNNI
#define K4X2 ·k4x2VNNI
#define K4X4 ·k4x4VNNI

#include "tiles_amd64.h"
