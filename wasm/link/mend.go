package main

import (
	"bytes"
	"errors"
	"strings"
)

// kernelPrefix begins the names of the functions that may hold the opcode. The
// linker writes package paths with underscores.
const kernelPrefix = "masque_engine_kernel."

var (
	wrong = []byte{0xFD, 0x93, 0x01, 0x02}
	right = []byte{0xFD, 0x93, 0x02, 0x01}
)

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
		for at := bytes.Index(body, wrong); at >= 0; at = bytes.Index(body, wrong) {
			copy(body[at:], right)
			n++
		}
	}
	return n, nil
}
