//go:build !purego

#include "textflag.h"

// AVX2: products of unsigned with signed bytes, pairs summed to int16 (at most
// 2·127·127, so it never saturates), pairs of those to int32.
#define DOT(ACT, W, ACC) \
	VPMADDUBSW ACT, W, Y13; VPMADDWD Y15, Y13, Y13; VPADDD Y13, ACC, ACC
#define SETUP \
	VPCMPEQW Y15, Y15, Y15; VPSRLW $15, Y15, Y15
#define K8X1 ·k8x1AVX2
#define K8X2 ·k8x2AVX2
#define K8X4 ·k8x4AVX2
#define K4X1 ·k4x1AVX2
#define K4X2 ·k4x2AVX2
#define K4X4 ·k4x4AVX2

#include "tiles_amd64.h"
