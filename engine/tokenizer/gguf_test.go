package tokenizer

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"masque/engine/gguf"
)

// meta is a key of a file and its value.
type meta struct {
	key   string
	value any
}

// written is a file with these keys, read back.
func written(t *testing.T, keys []meta) *gguf.File {
	t.Helper()
	return embedded(t, keys, 0)
}

// embedded is written with an embedding of some tokens; 0 is none.
func embedded(t *testing.T, keys []meta, tokens int) *gguf.File {
	t.Helper()
	var w gguf.Writer
	for _, m := range keys {
		w.AddMeta(m.key, m.value)
	}
	if tokens > 0 {
		w.AddTensor(embedding, gguf.F32, []uint64{2, uint64(tokens)}, make([]byte, 8*tokens))
	}
	var b bytes.Buffer
	if _, err := w.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	f, err := gguf.Open(bytes.NewReader(b.Bytes()), int64(b.Len()), "small.gguf")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

const prefix = "tokenizer.ggml."

func gpt2Keys() []meta {
	return []meta{
		{prefix + "model", "gpt2"},
		{prefix + "pre", "gpt-2"},
		{prefix + "tokens", []string{"a", "b", "ab", "<end>"}},
		{prefix + "token_type", []int32{1, 1, 1, 3}},
		{prefix + "merges", []string{"a b"}},
		{prefix + "eos_token_id", uint32(3)},
	}
}

func llamaKeys() []meta {
	return []meta{
		{prefix + "model", "llama"},
		{prefix + "tokens", []string{"<unk>", "<s>", "</s>", "▁", "a"}},
		{prefix + "token_type", []int32{2, 3, 3, 1, 1}},
		{prefix + "scores", []float32{0, 0, 0, -1, -2}},
	}
}

// with changes a key, adds it, or, for nil, leaves it out.
func with(keys []meta, key string, value any) []meta {
	keys = slices.DeleteFunc(keys, func(m meta) bool { return m.key == prefix+key })
	if value != nil {
		keys = append(keys, meta{prefix + key, value})
	}
	return keys
}

func TestFromGGUF(t *testing.T) {
	for _, c := range []struct {
		name     string
		keys     []meta
		bos, eos int32
		addBOS   bool
		text     string
		ids      []int32
	}{
		{"gpt2", gpt2Keys(), -1, 3, false, "ab", []int32{2}},
		{"other widths", with(with(gpt2Keys(), "token_type", []uint8{1, 1, 1, 3}), "eos_token_id", int64(3)), -1, 3, false, "ab<end>", []int32{2, 3}},
		{"no types", with(gpt2Keys(), "token_type", nil), -1, 3, false, "ab<end>", []int32{2, 3}},
		{"add BOS", with(with(gpt2Keys(), "bos_token_id", uint32(3)), "add_bos_token", true), 3, 3, true, "b", []int32{1}},
		{"llama 3 adds BOS", with(with(gpt2Keys(), "bos_token_id", uint32(3)), "pre", "llama-bpe"), 3, 3, true, "b", []int32{1}},
		{"llama", llamaKeys(), 1, 2, true, "a a", []int32{3, 4, 3, 4}},
		{"no prefix", with(llamaKeys(), "add_space_prefix", false), 1, 2, true, "a a", []int32{4, 3, 4}},
		{"no BOS", with(llamaKeys(), "add_bos_token", false), 1, 2, false, "a", []int32{3, 4}},
		{"wide scores", with(llamaKeys(), "scores", []float64{0, 0, 0, -1, -2}), 1, 2, true, "a?", []int32{3, 4, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tok, err := FromGGUF(written(t, c.keys))
			if err != nil {
				t.Fatal(err)
			}
			if tok.BOS() != c.bos || tok.EOS() != c.eos || tok.AddBOS() != c.addBOS {
				t.Errorf("BOS %d, EOS %d, add BOS %v", tok.BOS(), tok.EOS(), tok.AddBOS())
			}
			if got := tok.Encode(c.text, true); !slices.Equal(got, c.ids) {
				t.Errorf("%q is %v, want %v", c.text, got, c.ids)
			}
		})
	}
}

func TestFromGGUFErrors(t *testing.T) {
	for _, c := range []struct {
		name string
		keys []meta
		is   error
		says string
	}{
		{"no model", with(gpt2Keys(), "model", nil), gguf.ErrNoKey, "tokenizer.ggml.model"},
		{"other model", with(gpt2Keys(), "model", "t5"), ErrUnsupported, `the model is "t5"`},
		{"no tokens", with(gpt2Keys(), "tokens", nil), gguf.ErrNoKey, "tokenizer.ggml.tokens"},
		{"empty tokens", with(with(llamaKeys(), "tokens", []string{}), "bos_token_id", uint32(1)), ErrVocabulary, "tokenizer.ggml.tokens is empty"},
		{"no merges", with(gpt2Keys(), "merges", nil), gguf.ErrNoKey, "tokenizer.ggml.merges"},
		{"no pre-tokenizer", with(gpt2Keys(), "pre", nil), ErrUnsupported, `the pre-tokenizer is ""`},
		{"pre-tokenizer of another type", with(gpt2Keys(), "pre", int32(1)), gguf.ErrValue, "tokenizer.ggml.pre"},
		{"types of another type", with(gpt2Keys(), "token_type", []string{"a"}), gguf.ErrValue, "tokenizer.ggml.token_type"},
		{"huge type", with(gpt2Keys(), "token_type", []int64{1, 1, 1, 1 << 40}), ErrVocabulary, "token 3 has type 1099511627776"},
		{"scores of another type", with(llamaKeys(), "scores", "high"), gguf.ErrValue, "tokenizer.ggml.scores"},
		{"EOS outside", with(gpt2Keys(), "eos_token_id", uint32(4)), ErrVocabulary, "tokenizer.ggml.eos_token_id is 4, and ids go from 0 to 3"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := FromGGUF(written(t, c.keys))
			if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "tokenizer: small.gguf: ") {
				t.Errorf("error is %v, want %q", err, c.says)
			}
		})
	}
}

// TestFromGGUFTooMany: every token needs a row of the model's embedding. More rows are
// padding.
func TestFromGGUFTooMany(t *testing.T) {
	for rows, want := range map[int]string{3: "it has 4 tokens, and the tensor token_embd.weight has 3", 4: "", 8: ""} {
		_, err := FromGGUF(embedded(t, gpt2Keys(), rows))
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%d rows: %v, want %q", rows, err, want)
		}
	}
}

// BenchmarkFromGGUF builds the real model's tokenizer from a file that is read
// already. What it allocates stays: the tokenizer is little more.
func BenchmarkFromGGUF(b *testing.B) {
	file, _ := smolLM(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := FromGGUF(file); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEncode encodes an ordinary text.
func BenchmarkEncode(b *testing.B) {
	_, tok := smolLM(b)
	var passage struct{ Text string }
	readJSON(b, "../testdata/golden/passage.json", &passage)
	b.SetBytes(int64(len(passage.Text)))
	b.ReportAllocs()
	for b.Loop() {
		tok.Encode(passage.Text, true)
	}
}
