package main

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Section numbers of the binary format.
const (
	sectionCustom = 0
	sectionImport = 2
	sectionCode   = 10
	sectionData   = 11
)

var errFormat = errors.New("not a WebAssembly program")

const header = "\x00asm\x01\x00\x00\x00"

// A module is a WebAssembly program, section by section.
type module struct{ sections []section }

type section struct {
	id   byte
	body []byte
}

func parse(program []byte) (*module, error) {
	if len(program) < len(header) || string(program[:len(header)]) != header {
		return nil, errFormat
	}
	m := new(module)
	r := &reader{b: program[len(header):]}
	for len(r.b) > 0 {
		s := section{r.byte(), r.bytes(r.uint())}
		if r.err != nil {
			return nil, r.err
		}
		m.sections = append(m.sections, s)
	}
	return m, nil
}

func (m *module) bytes() []byte {
	b := []byte(header)
	for _, s := range m.sections {
		b = append(b, s.id)
		b = binary.AppendUvarint(b, uint64(len(s.body)))
		b = append(b, s.body...)
	}
	return b
}

// read has each section with this number read, whole or in part.
func (m *module) read(id byte, with func(r *reader)) error {
	for _, s := range m.sections {
		if s.id != id {
			continue
		}
		r := &reader{b: s.body}
		if with(r); r.err != nil {
			return fmt.Errorf("section %d: %w", id, r.err)
		}
	}
	return nil
}

// code returns the functions' code, as it stands in the module.
func (m *module) code() (bodies [][]byte, err error) {
	err = m.read(sectionCode, func(r *reader) {
		for n := r.uint(); n > 0 && r.err == nil; n-- {
			bodies = append(bodies, r.bytes(r.uint()))
		}
	})
	return bodies, err
}

// imports counts the imported functions, which are numbered before the others.
func (m *module) imports() (functions int, err error) {
	err = m.read(sectionImport, func(r *reader) {
		for n := r.uint(); n > 0 && r.err == nil; n-- {
			r.bytes(r.uint()) // module
			r.bytes(r.uint()) // name
			switch kind := r.byte(); kind {
			case 0: // function: type
				r.uint()
				functions++
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
	})
	return functions, err
}

// names returns the functions' names by index, or nil where the module has none.
func (m *module) names() (names map[int]string, err error) {
	err = m.read(sectionCustom, func(r *reader) {
		if string(r.bytes(r.uint())) != "name" {
			return
		}
		for len(r.b) > 0 && r.err == nil {
			id := r.byte()
			sub := &reader{b: r.bytes(r.uint())}
			if id != 1 { // of functions
				continue
			}
			names = make(map[int]string)
			for n := sub.uint(); n > 0 && sub.err == nil; n-- {
				i := sub.uint()
				names[i] = string(sub.bytes(sub.uint()))
			}
			if sub.err != nil {
				r.fail(sub.err)
			}
		}
	})
	return names, err
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

var errShort = errors.New("it ends too early")

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail(errShort)
		return 0
	}
	v := r.b[0]
	r.b = r.b[1:]
	return v
}

func (r *reader) bytes(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.fail(errShort)
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

// int reads a signed LEB128 number.
func (r *reader) int() int {
	var v int64
	for shift := 0; shift < 35; shift += 7 {
		b := r.byte()
		v |= int64(b&0x7F) << shift
		if b < 0x80 {
			if b&0x40 != 0 {
				v -= 1 << (shift + 7)
			}
			return int(v)
		}
	}
	r.fail(errors.New("a number is malformed"))
	return 0
}

func (r *reader) limits() {
	flag := r.byte()
	r.uint()
	if flag&1 != 0 {
		r.uint()
	}
}
