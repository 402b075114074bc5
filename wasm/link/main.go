// Command link finishes a WebAssembly program that the Go linker has written.
//
//	go run ./wasm/link -relaxed -strip -o masque.wasm linked.wasm
//
// With -relaxed it mends relaxed SIMD opcodes. Go's assembler knows
// i32x4.relaxed_dot_i8x16_i7x16_add_s but writes its opcode as FD 93 01 02, where the
// specification says FD followed by 0x113 in LEB128, which is FD 93 02. Read as
// WebAssembly, the wrong bytes are i16x8.sub_sat_u followed by the start of a block,
// so the module does not validate. The command turns them into FD 93 02 01: the right
// opcode and a nop, the same length, so that no size or branch moves. The same goes for
// i16x8.relaxed_dot_i8x16_i7x16_s, whose number is one less. Only code of
// package masque/engine/kernel is touched, found by the names in the module's name
// section; a program without such code is an error.
//
// With -strip it leaves out what only a debugger or a trace would read: names of
// functions for the browser, line numbers, arguments, and which calls were inlined. The
// linker has no flag for the latter three: -s and -w leave the runtime's tables alone.
// Traces still name functions, by the runtime's own table. It also writes the data in few
// segments, since the linker's many thousands compress badly.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
)

func main() {
	var o options
	flag.BoolVar(&o.relaxed, "relaxed", false, "mend relaxed SIMD opcodes")
	flag.BoolVar(&o.strip, "strip", false, "leave out names, line numbers, arguments and inlined calls")
	out := flag.String("o", "", "the finished program (default: in place)")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: link [-relaxed] [-strip] [-o OUT] IN\n\nFinishes a WebAssembly program built by Go.\n\n\tgo run ./wasm/link -relaxed -strip -o masque.wasm linked.wasm")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 || o == (options{}) {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(flag.Arg(0), *out, o); err != nil {
		fmt.Fprintf(os.Stderr, "link: %v\n", err)
		os.Exit(1)
	}
}

type options struct{ relaxed, strip bool }

func run(in, out string, o options) error {
	if out == "" {
		out = in
	}
	program, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	if program, err = finish(program, o); err != nil {
		return fmt.Errorf("%s: %w", in, err)
	}
	return os.WriteFile(out, program, 0o755)
}

var errNothing = errors.New("no relaxed SIMD instruction found; was it built with -tags relaxed?")

// finish returns the finished program. What it is given is spoilt.
func finish(program []byte, o options) ([]byte, error) {
	m, err := parse(program)
	if err != nil {
		return nil, err
	}
	if o.relaxed {
		n, err := mend(m)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return nil, errNothing
		}
	}
	if o.strip {
		if err := strip(m); err != nil {
			return nil, err
		}
	}
	return m.bytes(), nil
}
