package model

import (
	"bytes"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"masque/engine/gguf"
	"masque/engine/model/modeltest"
)

// TestStream: a file that arrives in order gives the weights that an opened
// one gives.
func TestStream(t *testing.T) {
	c := modeltest.Default()
	c.Matrix = gguf.Q4_0
	b := c.Write()
	r := io.MultiReader(bytes.NewReader(b[:777]), bytes.NewReader(b[777:]))
	f, err := gguf.Read(r, int64(len(b)), "tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewLoader(f, Fast)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Weights(); err == nil || !strings.Contains(err.Error(), "was not read") {
		t.Errorf("Weights before the tensors: %v", err)
	}
	if err := f.Stream(r, l.Add); err != nil {
		t.Fatal(err)
	}
	w, err := l.Weights()
	if err != nil {
		t.Fatal(err)
	}
	opened := tinyWeights(t, c, Fast)
	for l := range w.Blocks {
		for _, k := range Kinds() {
			if !bytes.Equal(w.Matrix(MatrixID{l, k}).Tiles, opened.Matrix(MatrixID{l, k}).Tiles) {
				t.Errorf("%v differs", MatrixID{l, k})
			}
		}
	}
	if w.Bytes() != opened.Bytes() || w.Bytes() == 0 {
		t.Errorf("%d bytes streamed, %d opened", w.Bytes(), opened.Bytes())
	}
}

func TestLoadErrors(t *testing.T) {
	for _, c := range []struct {
		what   string
		change func(*modeltest.Tiny)
		want   string
	}{
		{"a tensor is missing", func(c *modeltest.Tiny) { c.Skip = "blk.1.ffn_up.weight" }, `no tensor "blk.1.ffn_up.weight"`},
		{"the embedding is missing", func(c *modeltest.Tiny) { c.Skip = "token_embd.weight" }, "no language model"},
		{"a tensor too many", func(c *modeltest.Tiny) { c.Extra = "blk.0.attn_q.bias" }, `"blk.0.attn_q.bias" at offset`},
		{"heads that do not divide", func(c *modeltest.Tiny) { c.KVHeads = 3 }, "do not share"},
		{"heads that are odd", func(c *modeltest.Tiny) {
			c.Meta = func(w *gguf.Writer) { w.AddMeta("llama.attention.key_length", uint32(17)) }
		}, "heads of 17 values"},
		{"another architecture", func(c *modeltest.Tiny) {
			c.Meta = func(w *gguf.Writer) { w.AddMeta("llama.rope.scaling.type", "yarn") }
		}, `RoPE scaling "yarn"`},
		{"a rotary width that is odd", func(c *modeltest.Tiny) {
			c.Meta = func(w *gguf.Writer) { w.AddMeta("llama.rope.dimension_count", uint32(7)) }
		}, "rotary embedding of 7 of 16"},
		{"a negative epsilon", func(c *modeltest.Tiny) {
			c.Meta = func(w *gguf.Writer) { w.AddMeta("llama.attention.layer_norm_rms_epsilon", float32(-1)) }
		}, "epsilon of -1"},
		{"a base that is no number", func(c *modeltest.Tiny) {
			c.Meta = func(w *gguf.Writer) { w.AddMeta("llama.rope.freq_base", float32(math.NaN())) }
		}, "base of NaN"},
		{"a value of a wrong type", func(c *modeltest.Tiny) {
			c.Meta = func(w *gguf.Writer) { w.AddMeta("llama.rope.freq_base", "ten") }
		}, "llama.rope.freq_base"},
		{"heads wider than the matrices", func(c *modeltest.Tiny) {
			c.Meta = func(w *gguf.Writer) { w.AddMeta("llama.attention.key_length", uint32(32)) }
		}, "64 × 64 values, want 128 × 64"},
	} {
		shape := modeltest.Default()
		c.change(&shape)
		_, err := Load(openTiny(t, shape), Fast, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "tiny.gguf") {
			t.Errorf("%s: %v, want an error with %q that names the file", c.what, err, c.want)
		}
	}
}

// TestRopeScale: a file that names no kind of scaling means a linear one, and older files
// have another name for its factor.
func TestRopeScale(t *testing.T) {
	const kind, factor, old = "llama.rope.scaling.type", "llama.rope.scaling.factor", "llama.rope.scale_linear"
	for _, c := range []struct {
		meta map[string]any
		want float64
	}{
		{nil, 1},
		{map[string]any{kind: "linear"}, 1},
		{map[string]any{kind: "linear", factor: float32(4)}, 4},
		{map[string]any{factor: float32(4)}, 4},
		{map[string]any{old: float32(2)}, 2},
		{map[string]any{kind: "linear", old: float32(2)}, 2},
		{map[string]any{factor: float32(0)}, 1},
		{map[string]any{kind: "none", factor: float32(4)}, 1},
	} {
		shape := modeltest.Default()
		shape.Meta = func(w *gguf.Writer) {
			for key, v := range c.meta {
				w.AddMeta(key, v)
			}
		}
		config, err := ReadConfig(openTiny(t, shape))
		if err != nil || config.RopeScale != c.want {
			t.Errorf("%v: a scale of %v, want %v: %v", c.meta, config.RopeScale, c.want, err)
		}
	}
}

// TestManyHeads: of heads that there are no values for, the two numbers are named that do
// not go together, and not the width of a head that follows from them.
func TestManyHeads(t *testing.T) {
	heads := func(n byte) []byte { return append([]byte("llama.attention.head_count"), 4, 0, 0, 0, n, 0, 0, 0) }
	b := bytes.Replace(modeltest.Default().Write(), heads(4), heads(128), 1)
	f, err := gguf.Open(bytes.NewReader(b), int64(len(b)), "tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	const says = "model: tiny.gguf: llama.attention.head_count = 128, more than llama.embedding_length = 64 has values"
	if _, err := ReadConfig(f); err == nil || err.Error() != says {
		t.Errorf("128 heads of 64 values: %v, want %s", err, says)
	}
}

// TestLoadMissing: of several missing tensors the same one is named every time.
func TestLoadMissing(t *testing.T) {
	count := func(n byte) []byte { return append([]byte("llama.block_count"), 4, 0, 0, 0, n, 0, 0, 0) }
	whole := modeltest.Default().Write()
	b := bytes.Replace(whole, count(3), count(9), 1)
	if bytes.Equal(b, whole) {
		t.Fatal("the tiny model says its number of layers in another way")
	}
	for range 20 {
		f, err := gguf.Open(bytes.NewReader(b), int64(len(b)), "tiny.gguf")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := NewLoader(f, Fast); err == nil || !strings.Contains(err.Error(), `no tensor "blk.3.attn_k.weight"`) {
			t.Fatalf("six layers without tensors: %v", err)
		}
	}
}

// TestLoadProgress: progress is told of all bytes, and its error ends the loading.
func TestLoadProgress(t *testing.T) {
	f := openTiny(t, modeltest.Default())
	stop := errors.New("enough")
	var last int64
	_, err := Load(f, Fast, func(done, total int64) error {
		if done <= last || total != f.DataSize() {
			t.Errorf("%d of %d bytes after %d", done, total, last)
		}
		last = done
		return nil
	})
	if err != nil || last == 0 || last > f.DataSize() {
		t.Errorf("%d of %d bytes, %v", last, f.DataSize(), err)
	}
	told := 0
	if _, err := Load(f, Fast, func(int64, int64) error { told++; return stop }); err != stop || told != 1 {
		t.Errorf("a stop ends it with %v, after %d steps", err, told)
	}
}

func TestLoadTruncated(t *testing.T) {
	b := modeltest.Default().Write()
	f, err := gguf.Read(bytes.NewReader(b), -1, "tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewLoader(f, Fast)
	if err != nil {
		t.Fatal(err)
	}
	tensor, _ := f.Tensor("blk.0.attn_q.weight")
	err = l.Add(tensor, bytes.NewReader(make([]byte, tensor.Size-1)))
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "blk.0.attn_q.weight") {
		t.Errorf("a short tensor: %v", err)
	}
}

func TestRope(t *testing.T) {
	w := tinyWeights(t, modeltest.Default(), F32)
	r := newRope(w)
	r.reach(300)
	for _, pos := range []int{0, 1, 17, 299} {
		x := make([]float32, w.HeadDim)
		for i := range x {
			x[i] = float32(i%3) - 1
		}
		want := make([]float64, len(x))
		for i := range len(x) / 2 {
			angle := float64(pos) * math.Pow(10000, -2*float64(i)/float64(w.HeadDim))
			s, c := math.Sincos(angle)
			a, b := float64(x[2*i]), float64(x[2*i+1])
			want[2*i], want[2*i+1] = a*c-b*s, a*s+b*c
		}
		r.rotate(x, pos)
		for i, v := range want {
			if math.Abs(float64(x[i])-v) > 1e-6 {
				t.Errorf("position %d, value %d: %v, want %v", pos, i, x[i], v)
			}
		}
	}
	for _, c := range []struct {
		a float64
		n int
	}{{10000, 8}, {100000, 32}, {1e6, 64}, {2, 1}, {1, 5}, {500000, 64}} {
		if got, want := root(c.a, c.n), math.Pow(c.a, 1/float64(c.n)); math.Abs(got-want) > 1e-14*want {
			t.Errorf("root(%v, %d) = %v, want %v", c.a, c.n, got, want)
		}
	}
}
