//go:build !purego

package kernel

import "testing"

// forEachVariant runs a test with each variant that this processor has.
func forEachVariant(t *testing.T, test func(*testing.T)) {
	defer func(v variant) { selected = v }(selected)
	for v := generic; v <= best(); v++ {
		selected = v
		t.Run(Variant(), test)
	}
}
