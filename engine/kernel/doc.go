// Package kernel holds the inner loops of the engine: matrices of package
// quant times quantised activations, attention to integers of 16 bits (and, for
// the f32 path and gradients, to floats), the float loops of the feed-forward
// layer, and those that rank a row of products (see [Keys]).
//
// Each loop exists once in plain Go (the functions that end in Generic, always
// compiled) and, where it pays, in assembly: wasm with baseline SIMD, wasm
// with relaxed SIMD (build tag relaxed; one set of kernels for machines that
// have its dot product and one for those that make it of others), amd64 with
// AVX2 and with AVX-512 VNNI. The doc comment of an assembly stub is the Go loop it must equal.
//
// Equal means bit for bit: integer sums are exact in any order, and every
// float operation is rounded on its own in a stated order, so a token comes
// out the same in a browser, on a server and under the tag purego. Nothing
// here uses fused multiply-add for that reason.
//
// The package knows nothing of models or masks.
package kernel
