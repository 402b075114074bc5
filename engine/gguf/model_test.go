package gguf

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"
)

// openModel opens the default model, which build.sh fetches.
func openModel(t *testing.T) (*os.File, int64) {
	t.Helper()
	name := os.Getenv("MASQUE_MODEL")
	if name == "" {
		if os.Getenv("MASQUE_REQUIRE_MODEL") == "1" {
			t.Fatal("MASQUE_MODEL is not set")
		}
		t.Skip("MASQUE_MODEL is not set: run ./build.sh test")
	}
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return file, info.Size()
}

// modelDigest was computed with a reader of its own in Python.
const modelDigest = "98aff3b9d040705869dfca86f7f5593311bbb77090bcde9dff3b7d5f9d933d7b"

// The values of this test were read with the same reader in Python.
func TestModel(t *testing.T) {
	file, size := openModel(t)
	f, err := Open(file, size, "model.gguf")
	if err != nil {
		t.Fatal(err)
	}
	if f.Version != 3 || f.DataOffset != 1_785_664 || f.DataSize() != 96_576_768 || f.DataOffset+f.DataSize() != size {
		t.Errorf("version %d, data of %d bytes at %d", f.Version, f.DataSize(), f.DataOffset)
	}
	if f.Metadata.Len() != 33 || len(f.Tensors) != 272 {
		t.Errorf("%d keys and %d tensors, want 33 and 272", f.Metadata.Len(), len(f.Tensors))
	}
	m := f.Metadata
	for key, want := range map[string]any{
		"general.architecture":                   "llama",
		"general.name":                           "Smollm2 135M 8k Lc100K Mix1 Ep2",
		"llama.block_count":                      uint32(30),
		"llama.embedding_length":                 uint32(576),
		"llama.attention.head_count_kv":          uint32(3),
		"llama.rope.freq_base":                   float32(100_000),
		"llama.attention.layer_norm_rms_epsilon": float32(1e-5),
		"tokenizer.ggml.add_bos_token":           false,
		"general.languages":                      []string{"en"},
	} {
		if got, _ := m.Value(key); !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %#v, want %#v", key, got, want)
		}
	}
	tokens, err := m.Strings("tokenizer.ggml.tokens")
	if err != nil || len(tokens) != 49_152 || tokens[1] != "<|im_start|>" {
		t.Errorf("%d tokens, %v", len(tokens), err)
	}
	merges, err := m.Strings("tokenizer.ggml.merges")
	if err != nil || len(merges) != 48_900 || merges[0] != "Ġ t" {
		t.Errorf("%d merges, %v", len(merges), err)
	}
	types, err := m.Ints("tokenizer.ggml.token_type")
	if err != nil || len(types) != 49_152 || types[0] != 3 {
		t.Errorf("%d token types, %v", len(types), err)
	}
	if s, err := m.String("tokenizer.chat_template"); err != nil || !strings.HasPrefix(s, "{% for message in messages %}") {
		t.Errorf("chat template %q, %v", s, err)
	}
	embedding, ok := f.Tensor("token_embd.weight")
	if !ok || embedding.Type != Q8_0 || embedding.Cols() != 576 || embedding.Rows() != 49_152 || embedding.Offset != 0 {
		t.Errorf("embedding %+v", embedding)
	}
	count := map[Type]int{}
	for _, tensor := range f.Tensors {
		count[tensor.Type]++
	}
	if want := map[Type]int{Q4_1: 210, F32: 61, Q8_0: 1}; !reflect.DeepEqual(count, want) {
		t.Errorf("tensors by type %v, want %v", count, want)
	}
	if d, err := f.Digest(nil); err != nil || d != modelDigest {
		t.Errorf("digest %s, %v", d, err)
	}
	// 98,052 strings in two arrays, 272 tensors with a name and a shape each.
	if n := testing.AllocsPerRun(1, func() { Open(file, size, "model.gguf") }); n > 2000 {
		t.Errorf("Open makes %v allocations", n)
	}
}

func TestModelAsStream(t *testing.T) {
	file, size := openModel(t)
	opened, err := Open(file, size, "model.gguf")
	if err != nil {
		t.Fatal(err)
	}
	f, err := Read(file, -1, "model.gguf")
	if err != nil {
		t.Fatal(err)
	}
	if at, err := file.Seek(0, io.SeekCurrent); err != nil || at != f.DataOffset {
		t.Errorf("the stream stands at %d, the data start at %d (%v)", at, f.DataOffset, err)
	}
	h := sha256.New()
	i := 0
	err = f.Stream(io.TeeReader(file, h), func(tensor *Tensor, r io.Reader) error {
		if tensor != &f.Tensors[i] { // in this file the table is in the order of the data
			t.Errorf("tensor %d is %s", i, tensor.Name)
		}
		i++
		_, err := r.Read(make([]byte, 100))
		return err
	})
	if err != nil || i != len(f.Tensors) {
		t.Errorf("%d tensors, %v", i, err)
	}
	if d := hex.EncodeToString(h.Sum(nil)); d != modelDigest {
		t.Errorf("hash of the stream %s, want %s", d, modelDigest)
	}
	f.data = opened.data
	if !reflect.DeepEqual(f, opened) {
		t.Error("Read and Open differ")
	}
}

func BenchmarkOpen(b *testing.B) {
	name := os.Getenv("MASQUE_MODEL")
	if name == "" {
		b.Skip("MASQUE_MODEL is not set")
	}
	data, err := os.ReadFile(name)
	if err != nil {
		b.Fatal(err)
	}
	r := strings.NewReader(string(data))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Open(r, r.Size(), "model.gguf"); err != nil {
			b.Fatal(err)
		}
	}
}
