package tokenizer

import (
	"errors"
	"fmt"

	"masque/engine/gguf"
)

// FromGGUF builds the tokenizer of a model file. Where a SentencePiece file does
// not say, unknown, BOS and EOS are 0, 1 and 2, BOS is added and a space stands
// in front of text, as in llama.cpp; a byte-level file that does not say has none
// of these.
func FromGGUF(f *gguf.File) (*Tokenizer, error) {
	t, err := fromGGUF(f.Metadata)
	if err == nil {
		if emb, ok := f.Tensor(embedding); ok && t.Size() > emb.Rows() {
			err = fmt.Errorf("%w: it has %d tokens, and the tensor %s has %d", ErrVocabulary, t.Size(), embedding, emb.Rows())
		}
	}
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %s: %w", f.Name, err)
	}
	return t, nil
}

// embedding has a row for every token that the model can read.
const embedding = "token_embd.weight"

func fromGGUF(m gguf.Metadata) (*Tokenizer, error) {
	c := Config{BOS: -1, EOS: -1, UNK: -1}
	var err error
	if c.Model, err = m.String("tokenizer.ggml.model"); err != nil {
		return nil, err
	}
	if c.Tokens, err = m.Strings("tokenizer.ggml.tokens"); err != nil {
		return nil, err
	}
	if len(c.Tokens) == 0 {
		return nil, fmt.Errorf("%w: tokenizer.ggml.tokens is empty", ErrVocabulary)
	}
	if err := optional(&c.Pre, m.String, "tokenizer.ggml.pre"); err != nil {
		return nil, err
	}
	switch {
	case c.Model == "llama":
		c.UNK, c.BOS, c.EOS = 0, 1, 2
		c.AddBOS, c.AddSpacePrefix = true, true
	case c.Model == "gpt2":
		if c.Merges, err = m.Strings("tokenizer.ggml.merges"); err != nil {
			return nil, err
		}
		c.AddBOS = c.Pre == "llama-bpe"
	}
	err = errors.Join(
		optional(&c.Types, typesOf(m), "tokenizer.ggml.token_type"),
		optional(&c.Scores, scoresOf(m), "tokenizer.ggml.scores"),
		optional(&c.BOS, idOf(m, len(c.Tokens)), "tokenizer.ggml.bos_token_id"),
		optional(&c.EOS, idOf(m, len(c.Tokens)), "tokenizer.ggml.eos_token_id"),
		optional(&c.UNK, idOf(m, len(c.Tokens)), "tokenizer.ggml.unknown_token_id"),
		optional(&c.AddBOS, m.Bool, "tokenizer.ggml.add_bos_token"),
		optional(&c.AddSpacePrefix, m.Bool, "tokenizer.ggml.add_space_prefix"),
	)
	if err != nil {
		return nil, err
	}
	return build(&c)
}

// optional reads a key that a file may do without: then dst stays as it is.
func optional[T any](dst *T, read func(key string) (T, error), key string) error {
	v, err := read(key)
	switch {
	case errors.Is(err, gguf.ErrNoKey):
		return nil
	case err == nil:
		*dst = v
	}
	return err
}

// idOf reads the id of a token.
func idOf(m gguf.Metadata, tokens int) func(key string) (int32, error) {
	return func(key string) (int32, error) {
		id, err := m.Uint(key)
		if err == nil && id >= uint64(tokens) {
			err = fmt.Errorf("%w: %s is %d, and ids go from 0 to %d", ErrVocabulary, key, id, tokens-1)
		}
		return int32(id), err
	}
}

// typesOf reads an array of integers, in the width that files have it without a
// copy.
func typesOf(m gguf.Metadata) func(key string) ([]int32, error) {
	return func(key string) ([]int32, error) {
		if v, ok := m.Value(key); ok {
			if types, ok := v.([]int32); ok {
				return types, nil
			}
		}
		wide, err := m.Ints(key)
		types := make([]int32, len(wide))
		for i, t := range wide {
			if types[i] = int32(t); int64(types[i]) != t {
				return nil, fmt.Errorf("%w: %s: token %d has type %d", ErrVocabulary, key, i, t)
			}
		}
		return types, err
	}
}

// scoresOf reads an array of floats, in the width that files have it without a
// copy.
func scoresOf(m gguf.Metadata) func(key string) ([]float32, error) {
	return func(key string) ([]float32, error) {
		if v, ok := m.Value(key); ok {
			if scores, ok := v.([]float32); ok {
				return scores, nil
			}
		}
		wide, err := m.Floats(key)
		scores := make([]float32, len(wide))
		for i, s := range wide {
			scores[i] = float32(s)
		}
		return scores, err
	}
}
