//go:build !purego

package kernel

// The kernels choose by processor; see k8Generic and k4Generic for what they must
// equal. With AVX-512 VNNI those of sixteen rows are used instead.

func k8x1(dst *float32, stride int, w, act *byte, groups, blocks int) {
	if selected == generic {
		k8Generic(dst, stride, w, act, groups, blocks, 1)
		return
	}
	k8x1AVX2(dst, stride, w, act, groups, blocks)
}

func k8x2(dst *float32, stride int, w, act *byte, groups, blocks int) {
	if selected == generic {
		k8Generic(dst, stride, w, act, groups, blocks, 2)
		return
	}
	k8x2AVX2(dst, stride, w, act, groups, blocks)
}

func k8x4(dst *float32, stride int, w, act *byte, groups, blocks int) {
	if selected == generic {
		k8Generic(dst, stride, w, act, groups, blocks, 4)
		return
	}
	k8x4AVX2(dst, stride, w, act, groups, blocks)
}

func k4x1(dst *float32, stride int, w, act *byte, groups, blocks int) {
	if selected == generic {
		k4Generic(dst, stride, w, act, groups, blocks, 1)
		return
	}
	k4x1AVX2(dst, stride, w, act, groups, blocks)
}

func k4x2(dst *float32, stride int, w, act *byte, groups, blocks int) {
	if selected == generic {
		k4Generic(dst, stride, w, act, groups, blocks, 2)
		return
	}
	k4x2AVX2(dst, stride, w, act, groups, blocks)
}

func k4x4(dst *float32, stride int, w, act *byte, groups, blocks int) {
	if selected == generic {
		k4Generic(dst, stride, w, act, groups, blocks, 4)
		return
	}
	k4x4AVX2(dst, stride, w, act, groups, blocks)
}

//go:noescape
func k8x1AVX2(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k8x2AVX2(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k8x4AVX2(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k4x1AVX2(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k4x2AVX2(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k4x4AVX2(dst *float32, stride int, w, act *byte, groups, blocks int)
