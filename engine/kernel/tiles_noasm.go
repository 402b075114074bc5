//go:build purego || !(amd64 || wasm)

package kernel

func k8x1(dst *float32, stride int, w, act *byte, groups, blocks int) {
	k8Generic(dst, stride, w, act, groups, blocks, 1)
}

func k8x2(dst *float32, stride int, w, act *byte, groups, blocks int) {
	k8Generic(dst, stride, w, act, groups, blocks, 2)
}

func k8x4(dst *float32, stride int, w, act *byte, groups, blocks int) {
	k8Generic(dst, stride, w, act, groups, blocks, 4)
}

func k4x1(dst *float32, stride int, w, act *byte, groups, blocks int) {
	k4Generic(dst, stride, w, act, groups, blocks, 1)
}

func k4x2(dst *float32, stride int, w, act *byte, groups, blocks int) {
	k4Generic(dst, stride, w, act, groups, blocks, 2)
}

func k4x4(dst *float32, stride int, w, act *byte, groups, blocks int) {
	k4Generic(dst, stride, w, act, groups, blocks, 4)
}

// Variant names the kernels in use.
func Variant() string { return "generic" }
