//go:build purego || !amd64

package kernel

import "masque/engine/quant"

func wide() bool { return false }

func k8Wide(dst *float32, stride int, w *byte, group, valid int, act *byte, actStride, blocks, rows int, _ *float32) {
	wideGeneric(dst, stride, w, group, valid, act, actStride, blocks, rows, quant.K8)
}

func k4Wide(dst *float32, stride int, w *byte, group, valid int, act *byte, actStride, blocks, rows int, _ *float32) {
	wideGeneric(dst, stride, w, group, valid, act, actStride, blocks, rows, quant.K4)
}

func quantizePacked(dst *byte, stride int, src *float32, n int) {
	quantizePackedGeneric(dst, stride, src, n)
}
