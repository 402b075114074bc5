//go:build !purego

package kernel

// The kernels choose by processor; see k8Generic and k4Generic for what they must equal.

func k8x1(dst *float32, stride int, w, act *byte, groups, blocks int) {
	switch selected {
	case vnni:
		k8x1VNNI(dst, stride, w, act, groups, blocks)
	case avx2:
		k8x1AVX2(dst, stride, w, act, groups, blocks)
	default:
		k8Generic(dst, stride, w, act, groups, blocks, 1)
	}
}

func k8x2(dst *float32, stride int, w, act *byte, groups, blocks int) {
	switch selected {
	case vnni:
		k8x2VNNI(dst, stride, w, act, groups, blocks)
	case avx2:
		k8x2AVX2(dst, stride, w, act, groups, blocks)
	default:
		k8Generic(dst, stride, w, act, groups, blocks, 2)
	}
}

func k8x4(dst *float32, stride int, w, act *byte, groups, blocks int) {
	switch selected {
	case vnni:
		k8x4VNNI(dst, stride, w, act, groups, blocks)
	case avx2:
		k8x4AVX2(dst, stride, w, act, groups, blocks)
	default:
		k8Generic(dst, stride, w, act, groups, blocks, 4)
	}
}

func k4x1(dst *float32, stride int, w, act *byte, groups, blocks int) {
	switch selected {
	case vnni:
		k4x1VNNI(dst, stride, w, act, groups, blocks)
	case avx2:
		k4x1AVX2(dst, stride, w, act, groups, blocks)
	default:
		k4Generic(dst, stride, w, act, groups, blocks, 1)
	}
}

func k4x2(dst *float32, stride int, w, act *byte, groups, blocks int) {
	switch selected {
	case vnni:
		k4x2VNNI(dst, stride, w, act, groups, blocks)
	case avx2:
		k4x2AVX2(dst, stride, w, act, groups, blocks)
	default:
		k4Generic(dst, stride, w, act, groups, blocks, 2)
	}
}

func k4x4(dst *float32, stride int, w, act *byte, groups, blocks int) {
	switch selected {
	case vnni:
		k4x4VNNI(dst, stride, w, act, groups, blocks)
	case avx2:
		k4x4AVX2(dst, stride, w, act, groups, blocks)
	default:
		k4Generic(dst, stride, w, act, groups, blocks, 4)
	}
}

//go:noescape
func k8x1VNNI(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k8x2VNNI(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k8x4VNNI(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k4x1VNNI(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k4x2VNNI(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k4x4VNNI(dst *float32, stride int, w, act *byte, groups, blocks int)

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
