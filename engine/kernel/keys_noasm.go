//go:build purego || !(amd64 || wasm)

package kernel

import "unsafe"

func productKeys(keys *int32, x, y *float32, n int) (peak int32) {
	return productKeysGeneric(unsafe.Slice(keys, n), unsafe.Slice(x, n), unsafe.Slice(y, n))
}

func productKeysOver(keys *int32, x, y, z *float32, n int) (peak int32) {
	return productKeysOverGeneric(unsafe.Slice(keys, n), unsafe.Slice(x, n), unsafe.Slice(y, n), unsafe.Slice(z, n))
}

func countBelow(keys *int32, n int, limit int32) int {
	return countBelowGeneric(unsafe.Slice(keys, n), limit)
}

func gate(dst *float32, keys *int32, n int, limit int32, above, below float32) {
	gateGeneric(unsafe.Slice(dst, n), unsafe.Slice(keys, n), limit, above, below)
}
