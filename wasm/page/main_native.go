//go:build !(js && wasm)

// Command page is the program behind the web page. It runs in a browser; see
// main.go.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "page runs in a browser: build it with GOOS=js GOARCH=wasm")
	os.Exit(2)
}
