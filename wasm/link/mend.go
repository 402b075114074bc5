package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// kernelPrefix begins the names of the functions that may hold the opcode. The
// linker writes package paths with underscores.
const kernelPrefix = "masque_engine_kernel."

var (
	wrong = []byte{0xFD, 0x93, 0x01, 0x02}
	right = []byte{0xFD, 0x93, 0x02, 0x01}
)

var (
	errFormat = errors.New("not a WebAssembly program")
	errNames  = errors.New("it has no name section (built with -ldflags=-s?), so the kernels cannot be found")
)

// mend changes the opcodes in place and returns how many there were.
func mend(program []byte) (int, error) {
	m, err := parse(program)
	if err != nil {
		return 0, err
	}
	if m.names == nil {
		return 0, errNames
	}
	n := 0
	for i, body := range m.bodies {
		if !strings.HasPrefix(m.names[m.imports+i], kernelPrefix) {
			continue
		}
		for at := bytes.Index(body, wrong); at >= 0; at = bytes.Index(body, wrong) {
			copy(body[at:], right)
			n++
		}
	}
	return n, nil
}

// module is what mend needs of a WebAssembly program.
type module struct {
	imports int            // functions imported, which are numbered first
	bodies  [][]byte       // code of the others
	names   map[int]string // by function index; nil without a name section
}

// Section numbers of the binary format.
const (
	sectionCustom = 0
	sectionImport = 2
	sectionCode   = 10
)

func parse(program []byte) (*module, error) {
	if len(program) < 8 || string(program[:4]) != "\x00asm" || binary.LittleEndian.Uint32(program[4:]) != 1 {
		return nil, errFormat
	}
	m := new(module)
	r := &reader{b: program[8:]}
	for len(r.b) > 0 && r.err == nil {
		id := r.byte()
		body := &reader{b: r.bytes(r.uint())}
		switch id {
		case sectionImport:
			m.readImports(body)
		case sectionCode:
			for n := body.uint(); n > 0 && body.err == nil; n-- {
				m.bodies = append(m.bodies, body.bytes(body.uint()))
			}
		case sectionCustom:
			if string(body.bytes(body.uint())) == "name" {
				m.readNames(body)
			}
		}
		if body.err != nil {
			return nil, fmt.Errorf("section %d: %w", id, body.err)
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	return m, nil
}

// readImports counts the imported functions.
func (m *module) readImports(r *reader) {
	for n := r.uint(); n > 0 && r.err == nil; n-- {
		r.bytes(r.uint()) // module
		r.bytes(r.uint()) // name
		switch kind := r.byte(); kind {
		case 0: // function: type
			r.uint()
			m.imports++
		case 1: // table: element type, limits
			r.byte()
			r.limits()
		case 2: // memory: limits
			r.limits()
		case 3: // global: type, mutability
			r.byte()
			r.byte()
		default:
			r.fail(fmt.Errorf("import of unknown kind %d", kind))
		}
	}
}

// readNames reads the function names (subsection 1).
func (m *module) readNames(r *reader) {
	for len(r.b) > 0 && r.err == nil {
		id := r.byte()
		sub := &reader{b: r.bytes(r.uint())}
		if id != 1 {
			continue
		}
		m.names = make(map[int]string)
		for n := sub.uint(); n > 0 && sub.err == nil; n-- {
			i := sub.uint()
			m.names[i] = string(sub.bytes(sub.uint()))
		}
		if sub.err != nil {
			r.fail(sub.err)
		}
	}
}

// reader takes values off a slice; after the first error it returns zeros.
type reader struct {
	b   []byte
	err error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
	r.b = nil
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail(errors.New("it ends too early"))
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *reader) bytes(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.fail(errors.New("it ends too early"))
		return nil
	}
	v := r.b[:n:n]
	r.b = r.b[n:]
	return v
}

// uint reads an unsigned LEB128 number of up to 32 bits.
func (r *reader) uint() int {
	v, n := binary.Uvarint(r.b)
	if n <= 0 || v > 1<<32-1 {
		r.fail(errors.New("a number is malformed"))
		return 0
	}
	r.b = r.b[n:]
	return int(v)
}

func (r *reader) limits() {
	flag := r.byte()
	r.uint()
	if flag&1 != 0 {
		r.uint()
	}
}
