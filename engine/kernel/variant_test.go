//go:build purego || !(amd64 || (wasm && relaxed))

package kernel

import "testing"

// forEachVariant runs a test for the one variant that this build has.
func forEachVariant(t *testing.T, test func(*testing.T)) { test(t) }
