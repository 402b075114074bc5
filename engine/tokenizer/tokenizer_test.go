package tokenizer

import (
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"masque/engine/gguf"
	"masque/engine/model/modeltest"
)

// readJSON reads a file of test data.
func readJSON(t testing.TB, path string, v any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// smolLM is the head of the real model's file and its tokenizer. A test that
// needs them is skipped where there is no model and none is required.
func smolLM(t testing.TB) (*gguf.File, *Tokenizer) {
	t.Helper()
	file := modeltest.Real(t)
	tok, err := FromGGUF(file)
	if err != nil {
		t.Fatal(err)
	}
	return file, tok
}

// goldenCase is a text and its ids: IDs with control tokens parsed, Plain, where
// it differs, without.
type goldenCase struct {
	Text  string  `json:"text"`
	IDs   []int32 `json:"ids"`
	Plain []int32 `json:"ids_plain"`
}

// TestGolden compares with llama.cpp on the real model's vocabulary.
func TestGolden(t *testing.T) {
	_, tok := smolLM(t)
	var golden struct{ Cases []goldenCase }
	readJSON(t, "../testdata/golden/tokenizer.json", &golden)
	if len(golden.Cases) < 50 {
		t.Fatalf("%d golden cases", len(golden.Cases))
	}
	for _, c := range golden.Cases {
		if got := tok.Encode(c.Text, true); !slices.Equal(got, c.IDs) {
			t.Errorf("Encode(%q, true) = %v, want %v", c.Text, got, c.IDs)
		}
		plain := c.Plain
		if plain == nil {
			plain = c.IDs
		}
		if got := tok.Encode(c.Text, false); !slices.Equal(got, plain) {
			t.Errorf("Encode(%q, false) = %v, want %v", c.Text, got, plain)
		}
		for _, ids := range [][]int32{c.IDs, plain} {
			if got := tok.Decode(ids); got != c.Text {
				t.Errorf("Decode(%v) = %q, want %q", ids, got, c.Text)
			}
			if got := streamed(tok, ids); got != c.Text {
				t.Errorf("stream of %v = %q, want %q", ids, got, c.Text)
			}
		}
	}
}

// streamed is what a Stream makes of ids.
func streamed(t *Tokenizer, ids []int32) string {
	s := t.Stream()
	var b strings.Builder
	for _, id := range ids {
		b.WriteString(s.Next(id))
	}
	b.WriteString(s.Flush())
	return b.String()
}

// TestSmolLM sees what FromGGUF makes of the real file.
func TestSmolLM(t *testing.T) {
	file, tok := smolLM(t)
	if tok.Size() != 49152 || tok.BOS() != 1 || tok.EOS() != 2 || tok.AddBOS() {
		t.Errorf("size %d, BOS %d, EOS %d, add BOS %v", tok.Size(), tok.BOS(), tok.EOS(), tok.AddBOS())
	}
	spelling, err := file.Metadata.Strings("tokenizer.ggml.tokens")
	if err != nil {
		t.Fatal(err)
	}
	for id, piece := range spelling {
		if got, ok := tok.Lookup(piece); !ok || got != int32(id) {
			t.Fatalf("Lookup(%q) = %d, %v; want %d", piece, got, ok, id)
		}
		if got, want := tok.IsControl(int32(id)), id < 17; got != want {
			t.Fatalf("IsControl(%d) = %v", id, got)
		}
	}
	var lost []byte
	for b := range 256 {
		text := string([]byte{byte(b)})
		switch got := tok.Decode(tok.Encode(text, false)); got {
		case text:
		case "":
			lost = append(lost, byte(b))
		default:
			t.Errorf("byte %#02x comes back as %q", b, got)
		}
	}
	want := []byte("\x04\x06\x13\x14\x16\x1d\xc0\xc1\xf1\xf2\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xff")
	if !slices.Equal(lost, want) {
		t.Errorf("the vocabulary lacks bytes %x, want %x", lost, want)
	}
}

// small is a small vocabulary with what a reference library makes of texts.
type small struct {
	Pre            string
	AddSpacePrefix bool
	Tokens, Merges []string
	Types          []int32
	Scores         []float32
	BOS, EOS, UNK  int32
	Cases          []goldenCase
}

// smalls are the vocabularies that testdata/make.py trained. They are built once.
var smalls = sync.OnceValues(func() (map[string]small, map[string]*Tokenizer) {
	data, toks := map[string]small{}, map[string]*Tokenizer{}
	for _, kind := range []string{"bytelevel", "sentencepiece"} {
		text, err := os.ReadFile("testdata/" + kind + ".json")
		if err != nil {
			panic(err)
		}
		var doc struct{ Vocabularies []small }
		if err := json.Unmarshal(text, &doc); err != nil {
			panic(err)
		}
		for _, v := range doc.Vocabularies {
			name, model := v.Pre, "gpt2"
			if kind == "sentencepiece" {
				name, model = "llama", "llama"
				if !v.AddSpacePrefix {
					name += ", no prefix"
				}
				if len(v.Tokens) < 500 {
					name += ", no bytes"
				}
			} else {
				v.BOS, v.EOS, v.UNK = -1, -1, -1
			}
			tok, err := New(Config{
				Model: model, Pre: v.Pre, Tokens: v.Tokens, Types: v.Types, Merges: v.Merges, Scores: v.Scores,
				BOS: v.BOS, EOS: v.EOS, UNK: v.UNK, AddSpacePrefix: v.AddSpacePrefix,
			})
			if err != nil {
				panic(err)
			}
			data[name], toks[name] = v, tok
		}
	}
	return data, toks
})

// TestLibraries compares with the libraries that trained the small vocabularies.
func TestLibraries(t *testing.T) {
	data, toks := smalls()
	if len(data) != 7 {
		t.Fatalf("%d vocabularies", len(data))
	}
	for name, v := range data {
		t.Run(name, func(t *testing.T) {
			tok := toks[name]
			for _, c := range v.Cases {
				got := tok.Encode(c.Text, true)
				if !slices.Equal(got, c.IDs) {
					t.Errorf("Encode(%q) = %v %q, want %v %q", c.Text, got, pieces(tok, got), c.IDs, pieces(tok, c.IDs))
				}
				if name == "llama, no bytes" {
					continue // it has <unk> for what it cannot say
				}
				if got := tok.Decode(c.IDs); got != c.Text {
					t.Errorf("Decode(%v) = %q, want %q", c.IDs, got, c.Text)
				}
				if got := streamed(tok, c.IDs); got != c.Text {
					t.Errorf("stream of %v = %q, want %q", c.IDs, got, c.Text)
				}
			}
		})
	}
}

func pieces(t *Tokenizer, ids []int32) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = string(t.Bytes(id))
	}
	return list
}

// TestErrors states the faults of a vocabulary and how each is named.
func TestErrors(t *testing.T) {
	good := func() Config {
		return Config{
			Model: "gpt2", Pre: "gpt-2", Tokens: []string{"a", "b", "ab", "Ġ"}, Merges: []string{"a b"},
			BOS: -1, EOS: -1, UNK: -1,
		}
	}
	pieces := func() Config {
		return Config{
			Model: "llama", Tokens: []string{"<unk>", "▁", "a"}, Types: []int32{2, 1, 1},
			Scores: []float32{0, -1, -2}, BOS: -1, EOS: -1,
		}
	}
	for _, c := range []Config{good(), pieces()} {
		if _, err := New(c); err != nil {
			t.Fatal(err)
		}
	}
	nan := float32(0)
	nan /= nan
	for _, c := range []struct {
		name  string
		base  func() Config
		fault func(*Config)
		is    error
		says  string
	}{
		{"model", good, func(c *Config) { c.Model = "bert" }, ErrUnsupported, `the model is "bert"; known are "gpt2" (byte-level BPE) and "llama" (SentencePiece BPE)`},
		{"no model", good, func(c *Config) { c.Model = "" }, ErrUnsupported, `the model is ""`},
		{"pre-tokenizer", good, func(c *Config) { c.Pre = "tekken" }, ErrUnsupported, `the pre-tokenizer is "tekken"; known are gpt-2, llama-bpe, qwen2, smollm`},
		{"no pre-tokenizer", good, func(c *Config) { c.Pre = "" }, ErrUnsupported, `the pre-tokenizer is ""; known are gpt-2`},
		{"no tokens", good, func(c *Config) { c.Tokens = nil }, ErrVocabulary, "no tokens"},
		{"types", good, func(c *Config) { c.Types = []int32{1} }, ErrVocabulary, "4 tokens and 1 token types"},
		{"type", good, func(c *Config) { c.Types = []int32{1, 1, 7, 1} }, ErrVocabulary, "token 2 has type 7"},
		{"negative type", pieces, func(c *Config) { c.Types[1] = -1 }, ErrVocabulary, "token 1 has type -1"},
		{"scores", pieces, func(c *Config) { c.Scores = c.Scores[:2] }, ErrVocabulary, "3 tokens and 2 scores"},
		{"no scores", pieces, func(c *Config) { c.Scores = nil }, ErrVocabulary, "a score for each token"},
		{"NaN", pieces, func(c *Config) { c.Scores[2] = nan }, ErrVocabulary, `token 2, "a": its score is NaN`},
		{"BOS", good, func(c *Config) { c.BOS = 4 }, ErrVocabulary, "the BOS token is 4, and ids go from 0 to 3"},
		{"EOS", good, func(c *Config) { c.EOS = -2 }, ErrVocabulary, "the EOS token is -2"},
		{"unknown", good, func(c *Config) { c.UNK = 9 }, ErrVocabulary, "the unknown token is 9"},
		{"add BOS", good, func(c *Config) { c.AddBOS = true }, ErrVocabulary, "BOS token, and there is none"},
		{"twice", good, func(c *Config) { c.Tokens[3] = "a" }, ErrVocabulary, `tokens 0 and 3 are both "a"`},
		{"merge", good, func(c *Config) { c.Merges[0] = "ab" }, ErrVocabulary, `merge 0 is "ab", which is not two pieces`},
		{"half a merge", good, func(c *Config) { c.Merges[0] = "a " }, ErrVocabulary, "not two pieces"},
		{"empty merge", good, func(c *Config) { c.Merges[0] = "" }, ErrVocabulary, "not two pieces"},
		{"left", good, func(c *Config) { c.Merges[0] = "c b" }, ErrVocabulary, `merge 0 is "c b", and "c" is not a token`},
		{"right", good, func(c *Config) { c.Merges[0] = "a c" }, ErrVocabulary, `"c" is not a token`},
		{"product", good, func(c *Config) { c.Merges[0] = "b a" }, ErrVocabulary, `"ba" is not a token`},
		{"byte", pieces, func(c *Config) { c.Types[2] = 6 }, ErrVocabulary, `token 2 stands for a byte and is spelled "a"`},
		{"no unknown", pieces, func(c *Config) { c.UNK = -1 }, ErrVocabulary, "no token for the byte 0x00 and no unknown token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := c.base()
			c.fault(&config)
			_, err := New(config)
			if !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), "tokenizer: ") {
				t.Errorf("error is %v, want %q", err, c.says)
			}
		})
	}
}
