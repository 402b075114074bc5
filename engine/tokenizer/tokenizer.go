// Package tokenizer turns text into the token ids of a model and back.
package tokenizer

import "errors"

// Config is a vocabulary as a model file states it.
type Config struct {
	Model, Pre             string
	Tokens                 []string
	Types                  []int32
	Merges                 []string
	Scores                 []float32
	BOS, EOS, UNK          int32
	AddBOS, AddSpacePrefix bool
}

// Tokenizer encodes and decodes text.
type Tokenizer struct{}

// Part is a stretch of text; control tokens in it are parsed where Special is set.
type Part struct {
	Text    string
	Special bool
}

// Stream decodes ids one by one.
type Stream struct{}

var errSkeleton = errors.New("tokenizer: not built yet")

func New(Config) (*Tokenizer, error)                               { return nil, errSkeleton }
func (t *Tokenizer) Encode(text string, parseSpecial bool) []int32 { panic(errSkeleton) }
func (t *Tokenizer) EncodeParts(parts []Part) []int32              { panic(errSkeleton) }
func (t *Tokenizer) Decode(ids []int32) string                     { panic(errSkeleton) }
func (t *Tokenizer) Bytes(id int32) []byte                         { panic(errSkeleton) }
func (t *Tokenizer) IsControl(id int32) bool                       { panic(errSkeleton) }
func (t *Tokenizer) Lookup(piece string) (int32, bool)             { panic(errSkeleton) }
func (t *Tokenizer) Size() int                                     { panic(errSkeleton) }
func (t *Tokenizer) BOS() int32                                    { panic(errSkeleton) }
func (t *Tokenizer) EOS() int32                                    { panic(errSkeleton) }
func (t *Tokenizer) AddBOS() bool                                  { panic(errSkeleton) }
func (t *Tokenizer) Stream() *Stream                               { panic(errSkeleton) }
func (s *Stream) Next(id int32) string                             { panic(errSkeleton) }
func (s *Stream) Flush() string                                    { panic(errSkeleton) }
