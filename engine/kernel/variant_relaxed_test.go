//go:build !purego && wasm && relaxed

package kernel

import "testing"

// forEachVariant runs a test with each variant: every machine can run both.
func forEachVariant(t *testing.T, test func(*testing.T)) {
	defer func(v variant) { selected = v }(selected)
	for _, v := range []variant{dots, pairs} {
		selected = v
		t.Run(Variant(), test)
	}
}
