// Package modeltest makes models small enough to check by hand, with all that a
// large one has: grouped queries, several layers, a vocabulary, a chat template.
// It is for tests of the packages that run models.
package modeltest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"

	"masque/engine/gguf"
)

// Tiny is the shape of a model. Its weights are random, always the same.
type Tiny struct {
	Layers, Dim, FFN, Heads, KVHeads, Context int

	OwnHead bool               // the output head is a matrix of its own
	Matrix  gguf.Type          // of the layers' matrices: F32 or Q4_0
	Meta    func(*gguf.Writer) // adds metadata; may be nil
	Skip    string             // a tensor to leave out
	Extra   string             // a tensor to add
}

// Default has three layers and grouped queries.
func Default() Tiny {
	return Tiny{Layers: 3, Dim: 64, FFN: 96, Heads: 4, KVHeads: 2, Context: 200, Matrix: gguf.F32}
}

// Vocab is the number of tokens: a byte each, three control tokens and one that
// is merged from two bytes.
const Vocab = 260

// The control tokens.
const (
	EndOfText = 256 + iota // <|endoftext|>, the end of sequence
	ImStart                // <|im_start|>
	ImEnd                  // <|im_end|>
	merged                 // "he"
)

// chatML is the template of SmolLM2 without its default system message.
const chatML = "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"

// vocabulary writes the tokenizer's metadata.
func vocabulary(w *gguf.Writer) {
	tokens, types := make([]string, Vocab), make([]int32, Vocab)
	next := rune(256)
	for b := range 256 { // GPT-2's printable spelling of bytes
		r := rune(b)
		if !(b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE) {
			r = next
			next++
		}
		tokens[b], types[b] = string(r), 1
	}
	for id, s := range map[int]string{EndOfText: "<|endoftext|>", ImStart: "<|im_start|>", ImEnd: "<|im_end|>"} {
		tokens[id], types[id] = s, 3
	}
	tokens[merged], types[merged] = "he", 1
	w.AddMeta("tokenizer.ggml.model", "gpt2")
	w.AddMeta("tokenizer.ggml.pre", "smollm")
	w.AddMeta("tokenizer.ggml.tokens", tokens)
	w.AddMeta("tokenizer.ggml.token_type", types)
	w.AddMeta("tokenizer.ggml.merges", []string{"h e"})
	w.AddMeta("tokenizer.ggml.eos_token_id", uint32(EndOfText))
	w.AddMeta("tokenizer.chat_template", chatML)
}

// Write makes the GGUF file.
func (c Tiny) Write() []byte {
	rng := rand.New(rand.NewPCG(11, 12))
	var w gguf.Writer
	w.AddMeta("general.architecture", "llama")
	w.AddMeta("general.name", "tiny")
	w.AddMeta("llama.block_count", uint32(c.Layers))
	w.AddMeta("llama.context_length", uint32(c.Context))
	w.AddMeta("llama.embedding_length", uint32(c.Dim))
	w.AddMeta("llama.feed_forward_length", uint32(c.FFN))
	w.AddMeta("llama.attention.head_count", uint32(c.Heads))
	w.AddMeta("llama.attention.head_count_kv", uint32(c.KVHeads))
	vocabulary(&w)
	if c.Meta != nil {
		c.Meta(&w)
	}
	add := func(name string, typ gguf.Type, cols, rows int, mean, scale float64) {
		if name == c.Skip {
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
	add("token_embd.weight", gguf.F32, c.Dim, Vocab, 0, 1)
	add("output_norm.weight", gguf.F32, c.Dim, 1, 1, 0.1)
	if c.OwnHead {
		add("output.weight", gguf.F32, c.Dim, Vocab, 0, 0.3)
	}
	for l := range c.Layers {
		name := func(s string) string { return fmt.Sprintf("blk.%d.%s.weight", l, s) }
		kv := c.Dim / c.Heads * c.KVHeads
		add(name("attn_norm"), gguf.F32, c.Dim, 1, 1, 0.1)
		add(name("attn_q"), c.Matrix, c.Dim, c.Dim, 0, 0.15)
		add(name("attn_k"), c.Matrix, c.Dim, kv, 0, 0.15)
		add(name("attn_v"), c.Matrix, c.Dim, kv, 0, 0.15)
		add(name("attn_output"), c.Matrix, c.Dim, c.Dim, 0, 0.15)
		add(name("ffn_norm"), gguf.F32, c.Dim, 1, 1, 0.1)
		add(name("ffn_gate"), c.Matrix, c.Dim, c.FFN, 0, 0.15)
		add(name("ffn_up"), c.Matrix, c.Dim, c.FFN, 0, 0.15)
		add(name("ffn_down"), c.Matrix, c.FFN, c.Dim, 0, 0.15)
	}
	if c.Extra != "" {
		add(c.Extra, gguf.F32, c.Dim, 1, 0, 1)
	}
	var b bytes.Buffer
	if _, err := w.WriteTo(&b); err != nil {
		panic("modeltest: " + err.Error()) // a bytes.Buffer takes everything
	}
	return b.Bytes()
}
