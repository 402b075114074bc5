//go:build !purego

package kernel

import "masque/engine/quant"

// wide reports whether there are kernels of sixteen rows, which take packed
// activations.
func wide() bool { return selected == vnni }

func k8Wide(dst *float32, stride int, w *byte, group, valid int, act *byte, actStride, blocks, rows int, acc *float32) {
	if !wide() {
		wideGeneric(dst, stride, w, group, valid, act, actStride, blocks, rows, quant.K8)
		return
	}
	k8WideVNNI(dst, stride, w, group, valid, act, actStride, blocks, rows, acc)
}

func k4Wide(dst *float32, stride int, w *byte, group, valid int, act *byte, actStride, blocks, rows int, acc *float32) {
	if !wide() {
		wideGeneric(dst, stride, w, group, valid, act, actStride, blocks, rows, quant.K4)
		return
	}
	k4WideVNNI(dst, stride, w, group, valid, act, actStride, blocks, rows, acc)
}

// k8WideVNNI multiplies sixteen rows of weights, of which the first valid are
// wanted, with a batch of packed activations (see Input): k8Generic for four
// groups of rows, the tiles of a group standing group bytes behind those of the
// one before, with act [blocks] of [rows] packed blocks, actStride bytes apart. acc
// has room for 16 sums a vector.
//
//go:noescape
func k8WideVNNI(dst *float32, stride int, w *byte, group, valid int, act *byte, actStride, blocks, rows int, acc *float32)

// k4WideVNNI is k8WideVNNI for K4.
//
//go:noescape
func k4WideVNNI(dst *float32, stride int, w *byte, group, valid int, act *byte, actStride, blocks, rows int, acc *float32)

// quantizePacked is quantizePackedGeneric.
func quantizePacked(dst *byte, stride int, src *float32, n int) {
	if selected == generic {
		quantizePackedGeneric(dst, stride, src, n)
		return
	}
	quantizePackedAVX2(dst, stride, src, n)
}

//go:noescape
func quantizePackedAVX2(dst *byte, stride int, src *float32, n int)
