//go:build js && wasm

// Command page is the program behind the web page: it runs in a web worker,
// opens a model, keeps personas and replies through them.
//
// contract.go states how it talks to JavaScript; everything else is plain Go
// and is tested natively.
package main

import (
	"fmt"
	"os"
	"runtime/debug"
)

// gcPercent keeps the heap close to what lives: the weights are most of it, and
// a browser never gets memory back from WebAssembly.
const gcPercent = 25

func main() {
	debug.SetGCPercent(gcPercent)
	p := newProgram(newLink())
	pg, err := connect(p)
	if err != nil {
		fmt.Fprintln(os.Stderr, "page:", err)
		os.Exit(1)
	}
	p.host = pg
	if err := p.start(); err != nil {
		fmt.Fprintln(os.Stderr, "page:", err)
		os.Exit(1)
	}
	p.run()
}
