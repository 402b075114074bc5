//go:build !purego && wasm && relaxed

package kernel

// Variant names the kernels in use.
func Variant() string { return "relaxed SIMD" }
