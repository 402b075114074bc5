package model

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"masque/engine/gguf"
)

// tiny is the shape of a model small enough to check by hand, with every
// feature of a large one: grouped queries, several layers, an own head.
type tiny struct {
	layers, dim, ffn, heads, kvHeads, vocab, context int
	ownHead                                          bool
	matrix                                           gguf.Type // F32 or Q4_0
	meta                                             func(w *gguf.Writer)
	skip                                             string // a tensor to leave out
	extra                                            string // a tensor to add
}

func defaultTiny() tiny {
	return tiny{layers: 3, dim: 64, ffn: 96, heads: 4, kvHeads: 2, vocab: 50, context: 200, matrix: gguf.F32}
}

// write makes a GGUF file of random weights.
func (c tiny) write(t testing.TB) []byte {
	t.Helper()
	rng := rand.New(rand.NewPCG(11, 12))
	var w gguf.Writer
	w.AddMeta("general.architecture", "llama")
	w.AddMeta("general.name", "tiny")
	w.AddMeta("llama.block_count", uint32(c.layers))
	w.AddMeta("llama.context_length", uint32(c.context))
	w.AddMeta("llama.embedding_length", uint32(c.dim))
	w.AddMeta("llama.feed_forward_length", uint32(c.ffn))
	w.AddMeta("llama.attention.head_count", uint32(c.heads))
	w.AddMeta("llama.attention.head_count_kv", uint32(c.kvHeads))
	if c.meta != nil {
		c.meta(&w)
	}
	add := func(name string, typ gguf.Type, cols, rows int, mean, scale float64) {
		if name == c.skip {
			return
		}
		dims := []uint64{uint64(cols), uint64(rows)}
		if rows == 1 {
			dims = dims[:1]
		}
		var data []byte
		switch typ {
		case gguf.F32:
			for range rows * cols {
				data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(mean+scale*rng.NormFloat64())))
			}
		case gguf.Q4_0:
			for range rows * cols / 32 {
				data = binary.LittleEndian.AppendUint16(data, uint16(0x2400+rng.IntN(0x400))) // 0.016…0.031
				for range 16 {
					data = append(data, byte(rng.Uint32()))
				}
			}
		}
		w.AddTensor(name, typ, dims, data)
	}
	add("token_embd.weight", gguf.F32, c.dim, c.vocab, 0, 1)
	add("output_norm.weight", gguf.F32, c.dim, 1, 1, 0.1)
	if c.ownHead {
		add("output.weight", gguf.F32, c.dim, c.vocab, 0, 0.3)
	}
	for l := range c.layers {
		name := func(s string) string { return fmt.Sprintf("blk.%d.%s.weight", l, s) }
		kv := c.dim / c.heads * c.kvHeads
		add(name("attn_norm"), gguf.F32, c.dim, 1, 1, 0.1)
		add(name("attn_q"), c.matrix, c.dim, c.dim, 0, 0.15)
		add(name("attn_k"), c.matrix, c.dim, kv, 0, 0.15)
		add(name("attn_v"), c.matrix, c.dim, kv, 0, 0.15)
		add(name("attn_output"), c.matrix, c.dim, c.dim, 0, 0.15)
		add(name("ffn_norm"), gguf.F32, c.dim, 1, 1, 0.1)
		add(name("ffn_gate"), c.matrix, c.dim, c.ffn, 0, 0.15)
		add(name("ffn_up"), c.matrix, c.dim, c.ffn, 0, 0.15)
		add(name("ffn_down"), c.matrix, c.ffn, c.dim, 0, 0.15)
	}
	if c.extra != "" {
		add(c.extra, gguf.F32, c.dim, 1, 0, 1)
	}
	var b bytes.Buffer
	if _, err := w.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func (c tiny) file(t testing.TB) *gguf.File {
	t.Helper()
	b := c.write(t)
	f, err := gguf.Open(bytes.NewReader(b), int64(len(b)), "tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (c tiny) weights(t testing.TB, p Precision) *Weights {
	t.Helper()
	w, err := Load(c.file(t), p, nil)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func newSession(t testing.TB, e *Engine, o *Overlay) *Session {
	t.Helper()
	s, err := e.NewSession(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func forward(t testing.TB, e *Engine, rows ...Row) {
	t.Helper()
	if err := e.Forward(rows); err != nil {
		t.Fatal(err)
	}
}
