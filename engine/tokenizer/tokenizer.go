package tokenizer

import (
	"errors"
	"fmt"
)

// Config is a vocabulary as a model file states it. The slices are not kept.
type Config struct {
	Model  string    // "gpt2" or "llama"
	Pre    string    // gpt2: the pre-tokenizer, one of PreTokenizers
	Tokens []string  // by id, as spelled in the file
	Types  []int32   // by id: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte; nil: all normal
	Merges []string  // gpt2: "left right" in the order of their ranks
	Scores []float32 // llama: by id, higher merges first

	BOS, EOS, UNK int32 // −1: the vocabulary has none

	AddBOS         bool // a prompt starts with BOS; Encode leaves that to its caller
	AddSpacePrefix bool // llama: a space stands in front of text at the start and after a control token
}

// ErrUnsupported is wrapped by the errors about a tokenizer this package does not
// have: another model or pre-tokenizer.
var ErrUnsupported = errors.New("unsupported tokenizer")

// ErrVocabulary is wrapped by the errors about a vocabulary that contradicts
// itself.
var ErrVocabulary = errors.New("malformed vocabulary")

// Tokenizer encodes and decodes the text of one model.
type Tokenizer struct {
	vocab    vocab
	model    model
	controls matcher // control and unknown tokens: parsed on request
	defined  matcher // user-defined tokens: parsed always

	bos, eos    int32
	addBOS      bool
	spacePrefix bool
}

// model is the part that differs between the kinds of vocabulary.
type model interface {
	// encode appends the ids of a stretch of plain text, which has no control
	// tokens in it.
	encode(e *encoder, text string)
	// lookup finds a token by its spelling in the model file.
	lookup(spelling string) (int32, bool)
}

// New builds a tokenizer. An error wraps ErrUnsupported or ErrVocabulary.
func New(c Config) (*Tokenizer, error) {
	t, err := build(&c)
	if err != nil {
		return nil, fmt.Errorf("tokenizer: %w", err)
	}
	return t, nil
}

func build(c *Config) (*Tokenizer, error) {
	if err := check(c); err != nil {
		return nil, err
	}
	t := &Tokenizer{bos: c.BOS, eos: c.EOS, addBOS: c.AddBOS}
	var err error
	switch c.Model {
	case "gpt2":
		err = t.buildByteLevel(c)
	case "llama":
		t.spacePrefix = c.AddSpacePrefix
		err = t.buildSentencePiece(c)
	default:
		err = fmt.Errorf("%w: the model is %q; known are \"gpt2\" (byte-level BPE) and \"llama\" (SentencePiece BPE)", ErrUnsupported, c.Model)
	}
	if err != nil {
		return nil, err
	}
	t.controls = newMatcher(&t.vocab, kindControl, kindUnknown)
	t.defined = newMatcher(&t.vocab, kindDefined)
	return t, nil
}

// check sees that the parts of a vocabulary have the lengths and ranges that the
// rest of the package relies on.
func check(c *Config) error {
	n := len(c.Tokens)
	switch {
	case n == 0:
		return fmt.Errorf("%w: it has no tokens", ErrVocabulary)
	case n > maxTokens:
		return fmt.Errorf("%w: %d tokens; the limit is %d", ErrVocabulary, n, maxTokens)
	case len(c.Types) != 0 && len(c.Types) != n:
		return fmt.Errorf("%w: %d tokens and %d token types", ErrVocabulary, n, len(c.Types))
	case len(c.Scores) != 0 && len(c.Scores) != n:
		return fmt.Errorf("%w: %d tokens and %d scores", ErrVocabulary, n, len(c.Scores))
	}
	for _, special := range []struct {
		name string
		id   int32
	}{{"BOS", c.BOS}, {"EOS", c.EOS}, {"unknown", c.UNK}} {
		if special.id < -1 || int(special.id) >= n {
			return fmt.Errorf("%w: the %s token is %d, and ids go from 0 to %d", ErrVocabulary, special.name, special.id, n-1)
		}
	}
	if c.AddBOS && c.BOS < 0 {
		return fmt.Errorf("%w: prompts are to start with the BOS token, and there is none", ErrVocabulary)
	}
	return nil
}

// Size is the number of tokens. A model may have more rows in its embedding than
// that; Bytes gives nothing for them.
func (t *Tokenizer) Size() int { return t.vocab.size() }

// BOS is the token that starts a text, −1 if there is none.
func (t *Tokenizer) BOS() int32 { return t.bos }

// EOS is the token that ends a text, −1 if there is none.
func (t *Tokenizer) EOS() int32 { return t.eos }

// AddBOS says whether the model expects BOS at the start of a prompt. Encode does
// not add it.
func (t *Tokenizer) AddBOS() bool { return t.addBOS }

// IsControl says whether a token is none of the text: the bounds of a turn, the
// end of a text, an unknown piece.
func (t *Tokenizer) IsControl(id int32) bool {
	if !t.vocab.has(id) {
		return false
	}
	k := t.vocab.kind[id]
	return k == kindControl || k == kindUnknown
}

// Bytes gives the bytes that a token stands for; for a control token its name,
// "<|im_end|>" say; nil for an id that is not in the vocabulary. Do not write to
// the slice.
func (t *Tokenizer) Bytes(id int32) []byte {
	if !t.vocab.has(id) {
		return nil
	}
	return t.vocab.bytes(id)
}

// Lookup finds a token by its spelling in the model file: "<|im_end|>", "Ġthe",
// "▁the", "<0x0A>".
func (t *Tokenizer) Lookup(piece string) (int32, bool) {
	return t.model.lookup(piece)
}
