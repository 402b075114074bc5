//go:build !purego

package kernel

import "golang.org/x/sys/cpu"

// A variant is one set of assembly kernels.
type variant uint8

const (
	generic variant = iota
	avx2
	vnni
)

// selected is the best variant of this processor. Tests change it.
var selected = best()

func best() variant {
	switch {
	case cpu.X86.HasAVX512VNNI && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512BW && cpu.X86.HasAVX2 && cpu.X86.HasF16C:
		return vnni
	case cpu.X86.HasAVX2 && cpu.X86.HasF16C:
		return avx2
	}
	return generic
}

// Variant names the kernels in use.
func Variant() string {
	switch selected {
	case vnni:
		return "AVX-512 VNNI"
	case avx2:
		return "AVX2"
	}
	return "generic"
}
