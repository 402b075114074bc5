//go:build !purego && !relaxed

package kernel

// The assembly of k8Generic for batches of one, two and four vectors: for
// t < 1, 2, 4, with dst[t*stride+4g+r] in floats, w [groups][blocks] tiles and
// act [t][blocks] blocks of activations.

//go:noescape
func k8x1(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k8x2(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k8x4(dst *float32, stride int, w, act *byte, groups, blocks int)

// The assembly of k4Generic, likewise.

//go:noescape
func k4x1(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k4x2(dst *float32, stride int, w, act *byte, groups, blocks int)

//go:noescape
func k4x4(dst *float32, stride int, w, act *byte, groups, blocks int)
