//go:build !purego

package kernel

// productKeys is productKeysGeneric; n is a multiple of eight.
//
//go:noescape
func productKeys(keys *int32, x, y *float32, n int) (peak int32)

// productKeysOver is productKeysOverGeneric; n is a multiple of eight.
//
//go:noescape
func productKeysOver(keys *int32, x, y, z *float32, n int) (peak int32)

// countBelow is countBelowGeneric; n is a multiple of eight.
//
//go:noescape
func countBelow(keys *int32, n int, limit int32) int

// gate is gateGeneric; n is a multiple of eight.
//
//go:noescape
func gate(dst *float32, keys *int32, n int, limit int32, above, below float32)
