package quant

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"masque/engine/gguf"
)

// blocksOf makes n random blocks of a type, with sane scales.
func blocksOf(rng *rand.Rand, t gguf.Type, n int) []byte {
	size := t.BlockBytes()
	data := make([]byte, n*size)
	for i := range data {
		data[i] = byte(rng.Uint32())
	}
	half := func() uint16 { return uint16(0x2000 + rng.IntN(0x800) + rng.IntN(2)<<15) } // ±0.008…0.03
	for b := range n {
		block := data[b*size : (b+1)*size]
		switch t {
		case gguf.F32:
			binary.LittleEndian.PutUint32(block, math.Float32bits(float32(rng.NormFloat64()/20)))
		case gguf.F16:
			binary.LittleEndian.PutUint16(block, half())
		case gguf.BF16:
			binary.LittleEndian.PutUint16(block, uint16(math.Float32bits(float32(rng.NormFloat64()/20))>>16))
		case gguf.Q4_0, gguf.Q5_0, gguf.Q8_0:
			binary.LittleEndian.PutUint16(block, half())
		case gguf.Q4_1, gguf.Q5_1, gguf.Q4_K, gguf.Q5_K:
			binary.LittleEndian.PutUint16(block, half())
			binary.LittleEndian.PutUint16(block[2:], half())
		case gguf.Q6_K:
			binary.LittleEndian.PutUint16(block[208:], half()-0x1000)
		}
	}
	return data
}

var allTypes = []gguf.Type{
	gguf.F32, gguf.F16, gguf.BF16, gguf.Q4_0, gguf.Q4_1, gguf.Q5_0, gguf.Q5_1,
	gguf.Q8_0, gguf.Q4_K, gguf.Q5_K, gguf.Q6_K,
}

// TestConvert bounds the total error of each source type in the format that
// the fast path keeps it in, relative to the root mean square of the weights.
func TestConvert(t *testing.T) {
	const rows, cols = 12, 512
	for _, typ := range allTypes {
		t.Run(typ.String(), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, uint64(typ)))
			data := blocksOf(rng, typ, rows*cols/typ.BlockLen())
			want := make([]float32, rows*cols)
			Dequantize(want, typ, data)
			m, err := New(FormatFor(typ), rows, cols)
			if err != nil {
				t.Fatal(err)
			}
			// In two pieces, as a stream delivers them.
			cut := len(data) / 3
			if err := m.Convert(0, typ, data[:cut]); err != nil {
				t.Fatal(err)
			}
			if err := m.Convert(rows/3, typ, data[cut:]); err != nil {
				t.Fatal(err)
			}
			got := make([]float32, cols)
			var miss, norm float64
			for r := range rows {
				m.Row(got, r)
				for c, g := range got {
					w := float64(want[r*cols+c])
					miss += (float64(g) - w) * (float64(g) - w)
					norm += w * w
				}
			}
			// K4 repeats the type's own arithmetic; of Q4_K it rounds scales and
			// minima, both up to eight times a weight's RMS, to eleven bits. K8 rounds to steps of
			// max/63: for weights spread evenly over ±max that is an error of
			// (1/63)/√12 beside an RMS of 1/√3, 0.8 %.
			bound := 0.0
			switch {
			case m.Format == K8:
				bound = 0.012
			case typ == gguf.Q4_K:
				bound = 0.001
			}
			if rel := math.Sqrt(miss / norm); rel > bound || math.IsNaN(rel) {
				t.Errorf("relative error %.5f, want ≤ %v", rel, bound)
			}
		})
	}
}

func TestConvertToFloats(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, typ := range allTypes {
		data := blocksOf(rng, typ, 5*256/typ.BlockLen())
		want := make([]float32, 5*256)
		Dequantize(want, typ, data)
		m, _ := New(F32, 5, 256)
		if err := m.Convert(0, typ, data); err != nil {
			t.Fatalf("%v: %v", typ, err)
		}
		for i, w := range want {
			if m.Floats[i] != w {
				t.Fatalf("%v: weight %d = %v, want %v", typ, i, m.Floats[i], w)
			}
		}
	}
}

// TestBlocks pins each block format to bytes worked out by hand from ggml's
// definitions.
func TestBlocks(t *testing.T) {
	one := []byte{0x00, 0x3C} // 1.0 in half precision
	two := []byte{0x00, 0x40}
	join := func(parts ...[]byte) []byte {
		var b []byte
		for _, p := range parts {
			b = append(b, p...)
		}
		return b
	}
	fill := func(n int, v byte) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = v
		}
		return b
	}
	for _, c := range []struct {
		t    gguf.Type
		data []byte
		at   map[int]float32
	}{
		{gguf.F16, []byte{0x01, 0x00}, map[int]float32{0: 1.0 / (1 << 24)}},
		{gguf.F16, []byte{0xFF, 0xFB}, map[int]float32{0: -65504}},
		{gguf.BF16, []byte{0xC0, 0xBF}, map[int]float32{0: -1.5}},
		{gguf.Q4_0, join(one, fill(16, 0xF1)), map[int]float32{0: -7, 15: -7, 16: 7, 31: 7}},
		{gguf.Q4_1, join(one, two, fill(16, 0xF1)), map[int]float32{0: 3, 16: 17}},
		{gguf.Q5_0, join(one, []byte{1, 0, 1, 0}, fill(16, 0xF1)), map[int]float32{0: 1, 1: -15, 16: 15, 17: -1}},
		{gguf.Q5_1, join(one, two, []byte{1, 0, 1, 0}, fill(16, 0xF1)), map[int]float32{0: 19, 1: 3, 16: 33, 17: 17}},
		{gguf.Q8_0, join(two, fill(32, 0xFF)), map[int]float32{0: -2, 31: -2}},
		// Scales 1…4 in sub-blocks 0…3 and 16+1 in sub-block 4 (its high bits
		// stand in the scale of sub-block 0), minima likewise.
		{
			gguf.Q4_K, join(one, one, []byte{0x41, 2, 3, 4, 0x40, 2, 3, 4, 0x11, 0, 0, 0}, fill(128, 0x21)),
			map[int]float32{0: 1*1 - 0, 32: 2*2 - 2, 64: 3*1 - 3, 128: 17*1 - 17},
		},
		{
			gguf.Q5_K, join(one, one, []byte{0x41, 2, 3, 4, 0x40, 2, 3, 4, 0x11, 0, 0, 0}, fill(32, 0x02), fill(128, 0x21)),
			map[int]float32{0: 1, 32: 2*18 - 2, 64: 0},
		},
		{
			gguf.Q6_K, join(fill(128, 0x21), fill(64, 0xE4), fill(16, 2), one),
			map[int]float32{0: 2 * (1 + 0 - 32), 32: 2 * (1 + 16 - 32), 64: 2 * (2 + 32 - 32), 96: 2 * (2 + 48 - 32), 128: 2 * (1 - 32)},
		},
	} {
		dst := make([]float32, c.t.BlockLen())
		Dequantize(dst, c.t, c.data)
		for i, want := range c.at {
			if dst[i] != want {
				t.Errorf("%v: weight %d = %v, want %v", c.t, i, dst[i], want)
			}
		}
	}
}

func TestZeroIsExact(t *testing.T) {
	w := make([]float32, 4*64)
	for i := range w {
		if i%3 == 0 {
			w[i] = float32(i) - 100.3
		}
	}
	m, err := FromFloats(4, 64, w)
	if err != nil {
		t.Fatal(err)
	}
	got := make([]float32, 64)
	for r := range 4 {
		m.Row(got, r)
		for c, v := range got {
			if (w[r*64+c] == 0) != (v == 0) {
				t.Errorf("weight %d,%d: %v became %v", r, c, w[r*64+c], v)
			}
		}
	}
}

func TestConvertErrors(t *testing.T) {
	m, _ := New(K4, 8, 64)
	for _, c := range []struct {
		what  string
		first int
		t     gguf.Type
		n     int
	}{
		{"a type that K4 cannot hold", 0, gguf.Q8_0, 8 * 68},
		{"half a row", 0, gguf.Q4_0, 30},
		{"rows past the end", 4, gguf.Q4_0, 8 * 36},
		{"rows that start inside a group", 2, gguf.Q4_0, 4 * 36},
		{"rows that end inside a group", 0, gguf.Q4_0, 3 * 36},
		{"blocks longer than a row", 0, gguf.Q4_K, 144},
		{"an unknown type", 0, gguf.Type(77), 64},
	} {
		if err := m.Convert(c.first, c.t, make([]byte, c.n)); err == nil {
			t.Errorf("%s: no error", c.what)
		}
	}
	for _, shape := range [][2]int{{0, 4}, {4, 0}, {-1, 4}} {
		if _, err := New(K8, shape[0], shape[1]); err == nil {
			t.Errorf("New(%v): no error", shape)
		}
	}
}

func ExampleMatrix_Row() {
	m, _ := FromFloats(1, 4, []float32{63, -63, 31, 0})
	row := make([]float32, 4)
	m.Row(row, 0)
	fmt.Println(m.Format, row)
	// Output: K8 [63 -63 31 0]
}

// TestConvertQ8 compares the short way from Q8_0 to K8 with that through
// floats, to the bit; scales may be negative, subnormal, zero or none at all.
func TestConvertQ8(t *testing.T) {
	const rows, cols = 10, 96
	rng := rand.New(rand.NewPCG(4, 2))
	data := blocksOf(rng, gguf.Q8_0, rows*cols/32)
	for i, scale := range []uint16{0, 0x8000, 1, 0x8001, 0x7bff, 0x0400} {
		binary.LittleEndian.PutUint16(data[i*34*3:], scale)
	}
	clear(data[34*20+2 : 34*21])
	floats := make([]float32, rows*cols)
	Dequantize(floats, gguf.Q8_0, data)
	want, err := FromFloats(rows, cols, floats)
	if err != nil {
		t.Fatal(err)
	}
	got, err := New(K8, rows, cols)
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Convert(0, gguf.Q8_0, data); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Tiles, want.Tiles) {
		t.Error("the tiles differ")
	}
}

// TestPackQ8 compares the packing of rows with its generic twin, for every scale of
// half precision; where one is no finite number, it must say so.
func TestPackQ8(t *testing.T) {
	forEachVariant(t, func(t *testing.T) {
		rng := rand.New(rand.NewPCG(35, 36))
		for scale := range 1 << 16 {
			blocks := 1 + scale%4
			data := make([]byte, blocks*q8Bytes)
			for i := range data {
				data[i] = byte(rng.Uint32())
			}
			finite := true
			for b := range blocks {
				block := data[b*q8Bytes:][:q8Bytes]
				half := uint16(scale)
				if b > 0 {
					half = uint16(rng.Uint32())
				}
				binary.LittleEndian.PutUint16(block, half)
				finite = finite && half&0x7C00 != 0x7C00
				switch rng.IntN(4) {
				case 0: // small ones
					for i := range block[2:] {
						block[2+i] = byte(int8(block[2+i]) / 32)
					}
				case 1: // the largest anywhere, and alone
					for i := range block[2:] {
						block[2+i] = byte(int8(block[2+i]) / 2)
					}
					block[2+rng.IntN(TileCols)] = [...]byte{0x80, 0x81, 0x7F}[rng.IntN(3)]
				case 2:
					if rng.IntN(10) == 0 {
						clear(block[2:])
					}
				}
			}
			r := scale / 4 % TileRows
			got := bytes.Repeat([]byte{0xA5}, blocks*K8Bytes)
			want := bytes.Clone(got)
			packQ8Generic(want[4*r:], data, blocks)
			if packQ8(&got[4*r], &data[0], blocks) {
				if !bytes.Equal(got, want) {
					t.Fatalf("row %d of %x is %x, the generic loop gives %x", r, data, got, want)
				}
			} else if finite {
				t.Fatalf("a scale of %x is said to be no number", data)
			}
			m, err := New(K8, 1, blocks*TileCols)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.Convert(0, gguf.Q8_0, data); err != nil {
				t.Fatal(err)
			}
			packQ8Generic(got, data, blocks)
			for b := range blocks { // the first row of each chunk
				for at := 0; at < K8Bytes; at += 16 {
					if !bytes.Equal(m.tile(0, b)[at:at+4], got[b*K8Bytes+at:][:4]) {
						t.Fatalf("%x is converted to %x, the generic loop gives %x", data, m.tile(0, b), got[b*K8Bytes:])
					}
				}
			}
		}
	})
}

// TestConvertQ4 lays out Q4_1 with every scale and minimum of half precision. Those that are
// no finite numbers become the nearest that is, the others are kept.
func TestConvertQ4(t *testing.T) {
	const cols = 64
	finite := func(h uint16) float32 {
		if h&0x7C00 == 0x7C00 {
			h = h&0x8000 | 0x7BFF
		}
		return F16(h)
	}
	for scale := 0; scale < 1<<16; scale += 7 {
		m, err := New(K4, 5, cols)
		if err != nil {
			t.Fatal(err)
		}
		var data []byte
		half := func(row, block, i int) uint16 { return uint16(scale + 11*row + 5*block + 0x3001*i) }
		for row := range m.Rows {
			for block := range cols / 32 {
				data = binary.LittleEndian.AppendUint16(data, half(row, block, 0))
				data = binary.LittleEndian.AppendUint16(data, half(row, block, 1))
				for i := range 16 {
					data = append(data, byte(i*17+row))
				}
			}
		}
		if err := m.Convert(0, gguf.Q4_1, data); err != nil {
			t.Fatal(err)
		}
		got := make([]float32, cols)
		for row := range m.Rows {
			m.Row(got, row)
			for c, w := range got {
				q := byte(c%16*17+row) >> (c % 32 / 16 * 4) & 15
				want := float32(finite(half(row, c/32, 0))*float32(q)) + finite(half(row, c/32, 1))
				if w != want {
					t.Fatalf("row %d, column %d with the scale %#x: %v, want %v", row, c, half(row, c/32, 0), w, want)
				}
			}
		}
	}
}

// BenchmarkConvert lays out matrices of the default model's types.
func BenchmarkConvert(b *testing.B) {
	const rows, cols = 512, 576
	for _, typ := range []gguf.Type{gguf.Q4_1, gguf.Q8_0, gguf.F16} {
		b.Run(typ.String(), func(b *testing.B) {
			data := blocksOf(rand.New(rand.NewPCG(1, 1)), typ, rows*cols/typ.BlockLen())
			m, err := New(FormatFor(typ), rows, cols)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				if err := m.Convert(0, typ, data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
