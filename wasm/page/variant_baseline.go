//go:build !(wasm && relaxed)

package main

// variant is which of the two programs this is.
const variant = "baseline"
