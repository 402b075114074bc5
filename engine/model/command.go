package model

import (
	"encoding/binary"
	"math"
)

// A command is the first byte of what a leader tells its followers. All numbers
// that follow are four bytes, little-endian; the programs are the same, so a
// message needs no checks.
type command uint8

const (
	commandForward command = iota + 1 // trace, twins, layers alike, then for each session: name, overlay, length, count, tokens·2+logits
	commandOverlay                    // name, layers, then for each the gates of O and of Down
	commandBaked                      // name of the overlay, matrix, format, the bytes of all rows
	commandFork                       // name, its length, name of the new one
	commandForget                     // names
	commandCollect                    // matrix
	commandBatch                      // overlay, room, tokens before all, lowest layer, shared tokens, those to be read, then for each target: session, tokens
	commandShare                      // shared tokens
	commandHead                       // first row of the pass
	commandLayers
	commandRelease
	commandEnd
)

// message is a command under construction.
type message []byte

func (m *message) begin(c command)   { *m = append((*m)[:0], byte(c)) }
func (m *message) uint32(v uint32)   { *m = binary.LittleEndian.AppendUint32(*m, v) }
func (m *message) matrix(i MatrixID) { m.uint32(uint32(i.Layer)); m.uint32(uint32(i.Kind)) }

// floats appends a vector with its length; nil is one of none.
func (m *message) floats(x []float32) {
	m.uint32(uint32(len(x)))
	for _, v := range x {
		m.uint32(math.Float32bits(v))
	}
}

// letter is a command being read.
type letter []byte

func (l *letter) uint32() uint32 {
	v := binary.LittleEndian.Uint32(*l)
	*l = (*l)[4:]
	return v
}

func (l *letter) int() int { return int(l.uint32()) }

func (l *letter) matrix() MatrixID {
	layer := l.int()
	return MatrixID{layer, Kind(l.uint32())}
}

func (l *letter) floats() []float32 {
	n := l.int()
	if n == 0 {
		return nil
	}
	x := make([]float32, n)
	for i := range x {
		x[i] = math.Float32frombits(l.uint32())
	}
	return x
}
