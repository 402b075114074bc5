package kernel

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"masque/engine/quant"
)

// BenchmarkMul measures the products of one matrix with batches: one that stays in
// the second-level cache, and as many as a model of 100 million weights has, which
// come from memory.
func BenchmarkMul(b *testing.B) {
	const rows, cols = 1536, 576
	rng := rand.New(rand.NewPCG(1, 2))
	for _, f := range []quant.Format{quant.K4, quant.K8} {
		matrices := make([]*quant.Matrix, 120)
		for i := range matrices {
			matrices[i], _ = quant.New(f, rows, cols)
			if i == 0 {
				randomTiles(rng, matrices[0])
				ordinaryScales(matrices[0])
			} else {
				copy(matrices[i].Tiles, matrices[0].Tiles)
			}
		}
		for _, n := range []int{1, len(matrices)} {
			for _, batch := range []int{1, 2, 4, 32} {
				b.Run(fmt.Sprintf("%v/%d matrices/%d", f, n, batch), func(b *testing.B) {
					in := NewInput(batch, cols, false)
					in.Load(random(rng, batch*cols, 1), batch, cols)
					dst := make([]float32, batch*rows)
					b.SetBytes(int64(n * matrices[0].Bytes()))
					for b.Loop() {
						for _, m := range matrices[:n] {
							Mul(dst, rows, m, in, 0, rows)
						}
					}
					b.ReportMetric(float64(b.N)*float64(n*rows*cols*batch)/b.Elapsed().Seconds()/1e9, "GMAC/s")
				})
			}
		}
	}
}

// ordinaryScales replaces the subnormal scales and minima of K4 tiles: each costs a
// processor some 150 cycles, and models have none.
func ordinaryScales(m *quant.Matrix) {
	if m.Format != quant.K4 {
		return
	}
	for at := 0; at < len(m.Tiles); at += m.TileBytes() {
		for r := range 8 {
			half := m.Tiles[at+2*r:][:2]
			if binary.LittleEndian.Uint16(half)&0x7C00 == 0 {
				binary.LittleEndian.PutUint16(half, quant.ToF16(0.01))
			}
		}
	}
}

// BenchmarkAttend measures the attention of nine query heads to three heads of keys and
// values at 1,000 positions, in as many layers as the default model has.
func BenchmarkAttend(b *testing.B) {
	const layers, kv, group, dims, n = 30, 3, 3, 64, 1000
	rng := rand.New(rand.NewPCG(1, 2))
	const block, pages = dims * PageLen, (n + PageLen - 1) / PageLen
	var keys, values [pages][]int16
	for i := range keys {
		keys[i], values[i] = integers(rng, layers*kv*block, kvPeak), integers(rng, layers*kv*block, kvPeak)
	}
	const stride = pages * PageLen
	q, scales, out := integers(rng, group*dims, queryPeak(dims)), random(rng, PageLen, 1), make([]float32, group*dims)
	scores, weights, weightScales := make([]float32, group*stride), make([]int16, group*stride), make([]float32, group*stride/ChunkLen)
	b.SetBytes(2 * 2 * layers * kv * dims * n)
	for b.Loop() {
		for head := range layers * kv {
			at := head * block
			for p := 0; p < n; p += PageLen {
				Scores16(scores[p:], stride, q, scales, dims, keys[p/PageLen][at:][:block], scales, min(n-p, PageLen))
			}
			for p := 0; p < n; p += PageLen {
				part := min(n-p, PageLen)
				for h := range group {
					Weights16(weights[h*stride+p:], weightScales[(h*stride+p)/ChunkLen:], scores[h*stride+p:], scales, part)
				}
				Mix16(out, dims, weights[p:], weightScales[p/ChunkLen:], stride, values[p/PageLen][at:][:block], (part+ChunkLen-1)/ChunkLen)
			}
		}
	}
}

// BenchmarkAddMulT measures a gradient's way back through the matrices of a feed-forward
// layer, for as many tokens as are differentiated together: of one shape and the other.
func BenchmarkAddMulT(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, shape := range [][2]int{{1536, 576}, {576, 1536}} {
		rows, cols := shape[0], shape[1]
		m, _ := quant.New(quant.K4, rows, cols)
		randomTiles(rng, m)
		ordinaryScales(m)
		for _, batch := range []int{8, 128} {
			b.Run(fmt.Sprintf("%dx%d/%d", rows, cols, batch), func(b *testing.B) {
				dst, dy := make([]float32, batch*cols), random(rng, batch*rows, 1)
				for b.Loop() {
					AddMulT(dst, m, dy, batch, 0, cols)
				}
				b.ReportMetric(float64(b.N)*float64(rows*cols*batch)/b.Elapsed().Seconds()/1e9, "GMAC/s")
			})
		}
	}
}
