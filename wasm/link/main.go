// Command link mends relaxed SIMD opcodes in a linked WebAssembly program.
//
//	go run ./wasm/link -o masque.relaxed.wasm masque.unlinked.wasm
//
// Go's assembler knows i32x4.relaxed_dot_i8x16_i7x16_add_s but writes its
// opcode as FD 93 01 02, where the specification says FD followed by 0x113 in
// LEB128, which is FD 93 02. Read as WebAssembly, the wrong bytes are
// i16x8.sub_sat_u followed by the start of a block, so the module does not
// validate. The command turns them into FD 93 02 01: the right opcode and a
// nop, the same length, so that no size or branch moves.
//
// Only code of package masque/engine/kernel is touched, found by the names in
// the module's name section; a program without such code is an error.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

func main() {
	out := flag.String("o", "", "the mended program (default: in place)")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: link [-o OUT] IN\n\nMends relaxed SIMD opcodes in a WebAssembly program built by Go.\n\n\tgo run ./wasm/link -o masque.relaxed.wasm masque.wasm")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(flag.Arg(0), *out); err != nil {
		fmt.Fprintf(os.Stderr, "link: %v\n", err)
		os.Exit(1)
	}
}

func run(in, out string) error {
	if out == "" {
		out = in
	}
	program, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	n, err := mend(program)
	if err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	if n == 0 {
		return fmt.Errorf("%s: %w", in, errNothing)
	}
	return os.WriteFile(out, program, 0o755)
}

var errNothing = errors.New("no relaxed SIMD instruction found; was it built with -tags relaxed?")
