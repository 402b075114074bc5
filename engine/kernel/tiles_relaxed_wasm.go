//go:build !purego && relaxed

package kernel

// The kernels choose by what the machine's dot product is made of; see k8Generic and
// k4Generic for what they must equal.

func k8x1(dst *float32, stride int, w, act *byte, groups, blocks int) {
	if selected == pairs {
		k8x1Pairs(dst, stride, w, act, groups, blocks)
		return
	}
	k8x1Dots(dst, stride, w, act, groups, blocks)
}

func k8x2(dst *float32, stride int, w, act *byte, groups, blocks int) {
	if selected == pairs {
		k8x2Pairs(dst, stride, w, act, groups, blocks)
		return
	}
	k8x2Dots(dst, stride, w, act, groups, blocks)
}

func k8x4(dst *float32, stride int, w, act *byte, groups, blocks int) {
	if selected == pairs {
		k8x4Pairs(dst, stride, w, act, groups, blocks)
		return
	}
	k8x4Dots(dst, stride, w, act, groups, blocks)
}

func k4x1(dst *float32, stride int, w, act *byte, groups, blocks int) {
	if selected == pairs {
		k4x1Pairs(dst, stride, w, act, groups, blocks)
		return
	}
	k4x1Dots(dst, stride, w, act, groups, blocks)
}

func k4x2(dst *float32, stride int, w, act *byte, groups, blocks int) {
	if selected == pairs {
		k4x2Pairs(dst, stride, w, act, groups, blocks)
		return
	}
	k4x2Dots(dst, stride, w, act, groups, blocks)
}

func k4x4(dst *float32, stride int, w, act *byte, groups, blocks int) {
	if selected == pairs {
		k4x4Pairs(dst, stride, w, act, groups, blocks)
		return
	}
	k4x4Dots(dst, stride, w, act, groups, blocks)
}

// For batches of one, two and four vectors: for t < 1, 2, 4, with dst[t*stride+4g+r]
// in floats, w [groups][blocks] tiles and act [t][blocks] blocks of activations. Of four
// vectors, groups are even.

//go:noescape
func k8x1Dots(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k8x2Dots(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k8x4Dots(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k4x1Dots(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k4x2Dots(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k4x4Dots(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k8x1Pairs(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k8x2Pairs(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k8x4Pairs(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k4x1Pairs(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k4x2Pairs(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k4x4Pairs(dst *float32, stride int, w, act *byte, groups, blocks int)
