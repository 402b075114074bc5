//go:build purego || !amd64

package quant

import "testing"

// forEachVariant runs a test for the one set of loops that this build has.
func forEachVariant(t *testing.T, test func(*testing.T)) { test(t) }
