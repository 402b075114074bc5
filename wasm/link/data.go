package main

import (
	"encoding/binary"
	"errors"
	"slices"
)

// Opcodes of the constant expression that says where a segment goes.
const (
	opEnd      = 0x0B
	opI32Const = 0x41
)

// maxImage bounds what a module's data may lay claim to, in bytes.
const maxImage = 1 << 26

// image returns the memory that the module's data sets up, from address 0.
func (m *module) image() (memory []byte, err error) {
	err = m.read(sectionData, func(r *reader) {
		for n := r.uint(); n > 0 && r.err == nil; n-- {
			kind, op, at, end := r.uint(), r.byte(), r.int(), r.byte()
			data := r.bytes(r.uint())
			switch {
			case r.err != nil:
			case kind != 0 || op != opI32Const || end != opEnd || at < 0 || at+len(data) > maxImage:
				r.fail(errors.New("a segment is not as the Go linker writes it"))
			default:
				if grow := at + len(data) - len(memory); grow > 0 {
					memory = append(memory, make([]byte, grow)...)
				}
				copy(memory[at:], data)
			}
		}
	})
	return memory, err
}

// widest is how many zeros a segment may hold in a row. The linker begins another one
// after eight, seventy thousand in all; a compressor makes less of their heads than of
// the zeros.
const widest = 64

// setImage replaces the module's data.
func (m *module) setImage(memory []byte) {
	var segments []byte
	n := 0
	for at := 0; at < len(memory); {
		if memory[at] == 0 {
			at++
			continue
		}
		end := at + 1 // after the last byte that is not zero
		for i := end; i < len(memory) && i-end < widest; i++ {
			if memory[i] != 0 {
				end = i + 1
			}
		}
		segments = append(segments, 0, opI32Const)
		segments = appendInt(segments, at)
		segments = append(segments, opEnd)
		segments = binary.AppendUvarint(segments, uint64(end-at))
		segments = append(segments, memory[at:end]...)
		n++
		at = end
	}
	body := append(binary.AppendUvarint(nil, uint64(n)), segments...)
	i := slices.IndexFunc(m.sections, func(s section) bool { return s.id == sectionData })
	m.sections[i].body = body
}

// appendInt appends a signed LEB128 number.
func appendInt(b []byte, v int) []byte {
	for v < -0x40 || v > 0x3F {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v)&0x7F)
}
