// Package chat renders conversations as prompts, one renderer a template family.
package chat

import (
	"errors"

	"masque/engine/tokenizer"
)

// Message is one turn of a conversation.
type Message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

// Segment is a stretch of a rendered prompt.
type Segment struct {
	Text   string
	Markup bool
}

// Family is a kind of chat template.
type Family struct{ name string }

var errSkeleton = errors.New("chat: not built yet")

func Detect(template string) (Family, error)                              { return Family{}, errSkeleton }
func ByName(name string) (Family, error)                                  { return Family{}, errSkeleton }
func Names() []string                                                     { return nil }
func (f Family) Name() string                                             { return f.name }
func (f Family) Render(messages []Message, reply bool) ([]Segment, error) { return nil, errSkeleton }
func (f Family) Stop() []string                                           { return nil }
func Text(segments []Segment) string                                      { panic(errSkeleton) }
func Encode(t *tokenizer.Tokenizer, segments []Segment) []int32           { panic(errSkeleton) }
