//go:build js && wasm

package main

import (
	"unsafe"

	"masque/engine/team"
)

// These functions come from web/src/lib/worker/exchange.ts. They take part in
// no event of JavaScript: a call costs 40 ns, and may block the worker.

//go:wasmimport masque rank
func hostRank() int32

//go:wasmimport masque size
func hostSize() int32

//go:wasmimport masque gather
func hostGather(x unsafe.Pointer, stride, rows, lo, hi int32)

//go:wasmimport masque send
func hostSend(message unsafe.Pointer, n int32)

//go:wasmimport masque receive
func hostReceive() int32

//go:wasmimport masque take
func hostTake(into unsafe.Pointer)

// workerLink is this worker's place in a team of web workers.
type workerLink struct {
	rank, size int
	received   []byte
}

var _ team.Link = (*workerLink)(nil)

func newLink() *workerLink { return &workerLink{rank: int(hostRank()), size: int(hostSize())} }

func (l *workerLink) Rank() int              { return l.rank }
func (l *workerLink) Size() int              { return l.size }
func (l *workerLink) Buffer(n int) []float32 { return make([]float32, n) }

func (l *workerLink) Gather(x []float32, stride, rows, lo, hi int) {
	if len(x) > 0 {
		hostGather(unsafe.Pointer(&x[0]), int32(4*stride), int32(rows), int32(4*lo), int32(4*hi))
	}
}

func (l *workerLink) GatherBytes(x []byte, lo, hi int) {
	if len(x) > 0 {
		hostGather(unsafe.Pointer(&x[0]), int32(len(x)), 1, int32(lo), int32(hi))
	}
}

func (l *workerLink) Send(message []byte) {
	hostSend(unsafe.Pointer(&message[0]), int32(len(message)))
}

func (l *workerLink) Receive() []byte {
	n := int(hostReceive())
	if cap(l.received) < n {
		l.received = make([]byte, n)
	}
	l.received = l.received[:n]
	hostTake(unsafe.Pointer(&l.received[0]))
	return l.received
}
