package main

import (
	"bytes"
	"sync"
	"time"

	"masque/engine/kernel"
	"masque/engine/model"
	"masque/engine/quant"
)

// limitTime is how long a limit of the machine is measured.
const limitTime = 200 * time.Millisecond

// together runs a step in n goroutines until the time is over, and returns how
// many steps a second they did.
func together(n int, step func(goroutine int)) float64 {
	var wait sync.WaitGroup
	counts := make([]int, n)
	start := time.Now()
	for g := range n {
		wait.Go(func() {
			for time.Since(start) < limitTime {
				step(g)
				counts[g]++
			}
		})
	}
	wait.Wait()
	sum := 0
	for _, c := range counts {
		sum += c
	}
	return float64(sum) / time.Since(start).Seconds()
}

// Of memory that is read: for one goroutine more than a core caches, for all together more
// than a processor does and what any machine has.
const (
	readOne = 64 << 20
	readAll = 512 << 20
)

// readHalf is how long half of the block is that each of n goroutines reads.
func readHalf(n int) int { return min(readOne, readAll/n) / 2 }

// readRate measures how many bytes a second n goroutines read from memory: they
// compare equal halves, which the standard library does in vectors.
func readRate(n int) float64 {
	half := readHalf(n)
	blocks := make([][]byte, n)
	for g := range blocks {
		blocks[g] = bytes.Repeat([]byte{1}, 2*half)
	}
	var differ bool
	rate := together(n, func(g int) {
		if !bytes.Equal(blocks[g][:half], blocks[g][half:]) {
			differ = true
		}
	})
	if differ {
		panic("masque: memory that does not keep what is written")
	}
	return rate * 2 * float64(half)
}

// multiplyRate measures how many products a second n goroutines compute with
// the engine's kernel on a matrix and a batch that stay in the cache.
func multiplyRate(w *model.Weights, n int) float64 {
	const rows, batch = 64, 32
	first := w.Matrix(model.MatrixID{Layer: 0, Kind: model.Q})
	m, err := quant.New(first.Format, rows, first.Cols)
	if err != nil {
		panic("masque: " + err.Error())
	}
	inputs := make([]*kernel.Input, n)
	outs := make([][]float32, n)
	for g := range inputs {
		inputs[g] = kernel.NewInput(batch, m.Cols, m.Format == quant.F32)
		inputs[g].Load(make([]float32, batch*m.Cols), batch, m.Cols)
		outs[g] = make([]float32, batch*rows)
	}
	rate := together(n, func(g int) { kernel.Mul(outs[g], rows, m, inputs[g], 0, rows) })
	return rate * rows * batch * float64(m.Cols)
}
