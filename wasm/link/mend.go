package main

import (
	"bytes"
	"errors"
	"strings"
)

// kernelPrefix begins the names of the functions that may hold the opcodes. The
// linker writes package paths with underscores.
const kernelPrefix = "masque_engine_kernel."

// dots are the second bytes of the two dot products' opcodes: of
// i16x8.relaxed_dot_i8x16_i7x16_s and i32x4.relaxed_dot_i8x16_i7x16_add_s.
var dots = []byte{0x92, 0x93}

// wrong is how the assembler writes such an opcode, right how it has to be.
func wrong(dot byte) []byte { return []byte{0xFD, dot, 0x01, 0x02} }
func right(dot byte) []byte { return []byte{0xFD, dot, 0x02, 0x01} }

var errNames = errors.New("it has no name section (built with -ldflags=-s, or stripped already?), so the kernels cannot be found")

// mend changes the opcodes in place and returns how many there were.
func mend(m *module) (int, error) {
	names, err := m.names()
	if err != nil {
		return 0, err
	}
	if names == nil {
		return 0, errNames
	}
	imports, err := m.imports()
	if err != nil {
		return 0, err
	}
	bodies, err := m.code()
	if err != nil {
		return 0, err
	}
	n := 0
	for i, body := range bodies {
		if !strings.HasPrefix(names[imports+i], kernelPrefix) {
			continue
		}
		for _, dot := range dots {
			for at := bytes.Index(body, wrong(dot)); at >= 0; at = bytes.Index(body, wrong(dot)) {
				copy(body[at:], right(dot))
				n++
			}
		}
	}
	return n, nil
}
