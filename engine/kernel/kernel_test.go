package kernel

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"masque/engine/quant"
)

// guard surrounds what a kernel may write: a NaN that none computes.
const guard = 0x7FC0DEAD

// guarded returns n floats with guards on both sides, and a check that the
// guards are whole.
func guarded(t *testing.T, n int) ([]float32, func()) {
	t.Helper()
	const margin = 32
	b := make([]float32, n+2*margin)
	for i := range b {
		b[i] = math.Float32frombits(guard)
	}
	return b[margin : margin+n : margin+n], func() {
		t.Helper()
		for i, v := range b {
			if (i < margin || i >= margin+n) && math.Float32bits(v) != guard {
				t.Fatalf("wrote outside: index %d of %d", i-margin, n)
			}
		}
	}
}

func random(rng *rand.Rand, n int, scale float32) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = scale * float32(rng.NormFloat64())
	}
	return x
}

// randomTiles fills a matrix with weights of every stored value.
func randomTiles(rng *rand.Rand, m *quant.Matrix) {
	for i := range m.Tiles {
		m.Tiles[i] = byte(rng.Uint32())
	}
	size := m.TileBytes()
	for at := 0; at < len(m.Tiles); at += size {
		tile := m.Tiles[at : at+size]
		if m.Format == quant.K8 {
			for i := 16; i < size; i++ {
				tile[i] = 1 + tile[i]%127
			}
		}
		for r := range 8 {
			v := float32(rng.NormFloat64()) / 64
			switch {
			case m.Format == quant.K4 && rng.IntN(2000) == 0:
				binary.LittleEndian.PutUint16(tile[2*r:], uint16(rng.IntN(1024))) // subnormal
			case m.Format == quant.K4:
				binary.LittleEndian.PutUint16(tile[2*r:], quant.ToF16(v))
			case r < 4:
				binary.LittleEndian.PutUint32(tile[4*r:], math.Float32bits(v))
			}
		}
	}
}

func sameBits(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range want {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			t.Fatalf("%s: [%d] = %v (%#x), the generic loop gives %v (%#x)", what, i,
				got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
		}
	}
}

// TestTiles runs each matrix kernel that this build selects against the
// generic loop, on shapes with odd tails.
func TestTiles(t *testing.T) {
	forEachVariant(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(1, 2))
		for _, f := range []quant.Format{quant.K8, quant.K4} {
			for _, shape := range [][2]int{{4, 32}, {8, 64}, {7, 96}, {1, 32}, {13, 576}, {192, 576}, {36, 1536}, {5, 40}} {
				rows, cols := shape[0], shape[1]
				if f == quant.K4 && cols%32 != 0 {
					continue
				}
				for _, batch := range []int{1, 2, 3, 4, 5, 7, 8, 13} {
					t.Run(fmt.Sprintf("%v/%dx%d/%d", f, rows, cols, batch), func(t *testing.T) {
						m, err := quant.New(f, rows, cols)
						if err != nil {
							t.Fatal(err)
						}
						randomTiles(rng, m)
						in := NewInput(batch, cols, false)
						x := random(rng, batch*cols, 3)
						in.Load(x, batch, cols)
						stride := rows + 3
						got, check := guarded(t, (batch-1)*stride+rows)
						Mul(got, stride, m, in, 0, rows)
						check()
						nb := m.Blocks()
						act := make([]byte, batch*nb*actBytes)
						for v := range batch {
							padded := make([]float32, nb*32)
							copy(padded, x[v*cols:(v+1)*cols])
							quantizeGeneric(&act[v*nb*actBytes], &padded[0], nb)
						}
						want := make([]float32, (batch-1)*stride+(rows+3)/4*4)
						for v := range batch { // one at a time: a padded last group would run over
							tilesGeneric(&want[v*stride], stride, &m.Tiles[0], &act[v*nb*actBytes], (rows+3)/4, nb, 1, f)
							sameBits(t, fmt.Sprintf("vector %d", v), got[v*stride:v*stride+rows], want[v*stride:v*stride+rows])
						}
					})
				}
			}
		}
	})
}

// TestWide runs the kernels of sixteen rows against their generic loop.
func TestWide(t *testing.T) {
	forEachVariant(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(11, 12))
		const cols, batch, part = 96, 7, 5
		for _, f := range []quant.Format{quant.K8, quant.K4} {
			m, _ := quant.New(f, wideRows, cols)
			randomTiles(rng, m)
			nb, group := m.Blocks(), m.GroupBytes()
			act := make([]byte, batch*nb*packedBytes)
			for v := range batch {
				quantizePackedGeneric(&act[v*packedBytes], batch*packedBytes, &random(rng, cols, 3)[0], nb)
			}
			for valid := 1; valid <= wideRows; valid++ {
				stride := valid + 3
				got, check := guarded(t, (part-1)*stride+valid)
				want := append([]float32(nil), got...)
				acc := make([]float32, part*wideRows)
				multiply := k8Wide
				if f == quant.K4 {
					multiply = k4Wide
				}
				multiply(&got[0], stride, &m.Tiles[0], group, valid, &act[2*packedBytes], batch*packedBytes, nb, part, &acc[0])
				wideGeneric(&want[0], stride, &m.Tiles[0], group, valid, &act[2*packedBytes], batch*packedBytes, nb, part, f)
				check()
				sameBits(t, fmt.Sprintf("%v, %d rows", f, valid), got, want)
			}
		}
	})
}

// TestMulSplit: any split of rows and batch gives the same bits.
func TestMulSplit(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	const rows, cols, batch = 50, 576, 6
	for _, f := range []quant.Format{quant.K8, quant.K4} {
		m, _ := quant.New(f, rows, cols)
		randomTiles(rng, m)
		in := NewInput(batch, cols, false)
		in.Load(random(rng, batch*cols, 1), batch, cols)
		whole := make([]float32, batch*rows)
		Mul(whole, rows, m, in, 0, rows)
		parts := make([]float32, batch*rows)
		for _, r := range [][2]int{{0, 12}, {12, 16}, {16, 48}, {48, 50}} {
			for _, b := range [][2]int{{0, 1}, {1, 4}, {4, 6}} {
				MulRows(parts, rows, m, in, b[0], b[1], r[0], r[1])
			}
		}
		sameBits(t, f.String(), parts, whole)
	}
}

// TestMulAccuracy compares the quantised product with the exact one.
func TestMulAccuracy(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	const rows, cols = 64, 576
	w := random(rng, rows*cols, 0.05)
	m, err := quant.FromFloats(rows, cols, w)
	if err != nil {
		t.Fatal(err)
	}
	x := random(rng, cols, 1)
	in := NewInput(1, cols, false)
	in.Load(x, 1, cols)
	got := make([]float32, rows)
	Mul(got, rows, m, in, 0, rows)
	var errSum, sum float64
	for r := range rows {
		var want float64
		for c := range cols {
			want += float64(w[r*cols+c]) * float64(x[c])
		}
		errSum += (want - float64(got[r])) * (want - float64(got[r]))
		sum += want * want
	}
	// K8 rounds to 1/63 of a block's largest weight, the activations to 1/127:
	// about 1 % together.
	if rel := math.Sqrt(errSum / sum); rel > 0.015 {
		t.Errorf("relative error %.4f, want ≤ 0.015", rel)
	}
}

// TestFloats runs each float kernel that this build selects against its
// generic loop.
func TestFloats(t *testing.T) {
	forEachVariant(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(7, 8))
		for _, blocks := range []int{1, 2, 18, 48} {
			src := random(rng, blocks*32, 5)
			clear(src[:16])
			if blocks > 1 {
				clear(src[32:64])           // a block of zeros
				src[96%len(src)] = -1e30    // and a huge value
				src[5], src[6] = 0.5, 1.5   // ties
				src[7], src[8] = -2.5, 127. // and the peak of the first block
			}
			got, want := make([]byte, blocks*actBytes), make([]byte, blocks*actBytes)
			quantize(&got[0], &src[0], blocks)
			quantizeGeneric(&want[0], &src[0], blocks)
			for i := range want {
				if got[i] != want[i] {
					t.Fatalf("quantize of %d blocks: byte %d = %d, the generic loop gives %d", blocks, i, got[i], want[i])
				}
			}
			clear(got)
			clear(want)
			quantizePacked(&got[0], packedBytes+7, &src[0], blocks)
			quantizePackedGeneric(&want[0], packedBytes+7, &src[0], blocks)
			if !bytes.Equal(got, want) {
				t.Fatalf("quantizePacked of %d blocks: %v, the generic loop gives %v", blocks, got, want)
			}
		}
		for i := range 32 { // a value that is no number is not lost
			x := random(rng, 32, 1)
			x[i] = float32(math.NaN())
			block := make([]byte, actBytes)
			quantize(&block[0], &x[0], 1)
			if scale := f32At(block, 0); !math.IsNaN(float64(scale)) {
				t.Fatalf("a block with a NaN at %d has the scale %v", i, scale)
			}
		}
		for _, n := range []int{4, 8, 64, 1536} {
			gate, up := random(rng, n, 20), random(rng, n, 2)
			copy(gate, []float32{0, -200, 200, float32(math.Inf(-1))})
			want := append([]float32(nil), gate...)
			swigluGeneric(want, up)
			got, check := guarded(t, n)
			copy(got, gate)
			swiglu(&got[0], &up[0], n)
			check()
			sameBits(t, "swiglu", got, want)

			dGate, dUp := random(rng, n, 3), make([]float32, n)
			wantGate, wantUp := append([]float32(nil), dGate...), make([]float32, n)
			swigluBack(&dGate[0], &dUp[0], &gate[0], &up[0], n)
			swigluBackGeneric(wantGate, wantUp, gate, up)
			sameBits(t, "swigluBack of gate", dGate, wantGate)
			sameBits(t, "swigluBack of up", dUp, wantUp)

			copy(got, gate)
			copy(want, gate)
			got[1], want[1] = float32(math.Inf(-1)), float32(math.Inf(-1))
			s1, s2 := softmax(&got[0], n, 200), softmaxGeneric(want, 200)
			check()
			sameBits(t, "softmax", append(got, s1), append(want, s2))
		}
		for _, n := range []int{4, 8, 12, 64} {
			x, y := random(rng, n, 9), random(rng, n, 9)
			sameBits(t, "peak", []float32{peak(&x[0], n)}, []float32{peakGeneric(x)})
			for i := range x {
				if i%3 != 1 { // a NaN hides no number
					was := x[i]
					x[i] = float32(math.NaN())
					sameBits(t, "peak beside NaN", []float32{peak(&x[0], n)}, []float32{peakGeneric(x)})
					x[i] = was
				}
			}
			got, check := guarded(t, n)
			copy(got, x)
			want := append([]float32(nil), x...)
			rescale(&got[0], n, -0.3)
			rescaleGeneric(want, -0.3)
			check()
			sameBits(t, "rescale", got, want)
			normalize(&got[0], &x[0], &y[0], n, 0.7)
			normalizeGeneric(want, x, y, 0.7)
			check()
			sameBits(t, "normalize", got, want)
			add(&got[0], &y[0], n)
			addGeneric(want, y)
			check()
			sameBits(t, "add", got, want)
		}
		for _, n := range []int{8, 16, 512} {
			p, q := random(rng, n, 30), random(rng, n, 30)
			copy(p, []float32{100, -1e30, float32(math.Inf(-1))})
			copy(q, []float32{100, -1e30})
			sameBits(t, "sumExp", []float32{sumExp(&p[0], n, 100)}, []float32{sumExpGeneric(p, 100)})
			p[2] = 0
			var got, want [3]float32
			diverge(&got, &p[0], &q[0], n, 100, 101)
			divergeGeneric(&want, p, q, 100, 101)
			sameBits(t, "diverge", got[:], want[:])
			for at := range p {
				was := p[at]
				p[at] = float32(math.NaN())
				diverge(&got, &p[0], &q[0], n, 100, 101)
				if s := sumExp(&p[0], n, 100); !math.IsNaN(float64(s)) || !math.IsNaN(float64(got[0])) {
					t.Errorf("a NaN at %d is lost: %v, %v", at, s, got)
				}
				p[at] = was
			}
		}
		for _, n := range []int{4, 8, 12, 64} {
			y := random(rng, n, 1)
			got, check := guarded(t, n)
			copy(got, random(rng, n, 1))
			want := append([]float32(nil), got...)
			addScaled(&got[0], &y[0], n, 0.3)
			addScaledGeneric(want, y, 0.3)
			check()
			sameBits(t, "addScaled", got, want)
		}
		for n := 1; n < 40; n++ {
			a, b := random(rng, n, 1), random(rng, n, 1)
			sameBits(t, "dot", []float32{Dot(a, b)}, []float32{dotGeneric(a, b)})
		}
	})
}

func TestExp(t *testing.T) {
	for x := float32(-90); x < 90; x += 0.0137 {
		want := math.Exp(math.Min(math.Max(float64(x), expMin), expMax))
		if got := float64(Exp(x)); math.Abs(got-want) > 3e-7*want {
			t.Fatalf("Exp(%v) = %v, want %v", x, got, want)
		}
	}
}

func TestSoftmax(t *testing.T) {
	x := []float32{1, 2, 3, float32(math.Inf(-1)), 0, 99, 98}
	buf := make([]float32, 8)
	copy(buf, x)
	Softmax(buf[:7])
	var sum float64
	for i, v := range buf[:7] {
		sum += float64(v)
		want := math.Exp(float64(x[i])-99) / (1 + math.Exp(-1))
		if math.Abs(float64(v)-want) > 1e-6 {
			t.Errorf("softmax[%d] = %v, want %v", i, v, want)
		}
	}
	if math.Abs(sum-1) > 1e-6 {
		t.Errorf("the probabilities add up to %v", sum)
	}
}

// TestAlignment: the kernels take a tile at any address.
func TestAlignment(t *testing.T) {
	forEachVariant(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(9, 10))
		m, _ := quant.New(quant.K4, 8, 64)
		randomTiles(rng, m)
		in := NewInput(1, 64, false)
		in.Load(random(rng, 64, 1), 1, 64)
		want := make([]float32, 8)
		Mul(want, 8, m, in, 0, 8)
		moved := make([]byte, len(m.Tiles)+8)
		for shift := range 8 {
			copy(moved[shift:], m.Tiles)
			n := *m
			n.Tiles = moved[shift:][:len(m.Tiles)]
			got := make([]float32, 8)
			Mul(got, 8, &n, in, 0, 8)
			sameBits(t, fmt.Sprintf("shift %d", shift), got, want)
		}
	})
}

// TestScale: each value by its own factor, whatever the length.
func TestScale(t *testing.T) {
	forEachVariant(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(9, 10))
		for n := range 40 {
			x, factors := random(rng, n, 5), random(rng, n, 1)
			want := make([]float32, n)
			for i, v := range x {
				want[i] = v * factors[i]
			}
			Scale(x, factors)
			sameBits(t, "scaled", x, want)
		}
	})
}
