//go:build purego || !(amd64 || wasm)

package kernel

import "unsafe"

func dot(a, b *float32, n int) float32 { return dotGeneric(unsafe.Slice(a, n), unsafe.Slice(b, n)) }
