//go:build !purego

package quant

import "testing"

// forEachVariant runs a test with each set of loops that this processor has.
func forEachVariant(t *testing.T, test func(*testing.T)) {
	defer func(is bool) { avx2 = is }(avx2)
	if avx2 {
		t.Run("AVX2", test)
	}
	avx2 = false
	t.Run("generic", test)
}
