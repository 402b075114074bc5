package chat

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"masque/engine/tokenizer"
)

// Message is one turn of a conversation.
type Message struct {
	Role    string `json:"role"` // System, User or Assistant
	Content string `json:"content"`
}

// The roles of messages.
const (
	System    = "system"
	User      = "user"
	Assistant = "assistant"
)

// Segment is a stretch of a prompt: markup of the template, in which control
// tokens are parsed, or text of a message, in which they are not.
type Segment struct {
	Text   string
	Markup bool
}

// ErrConversation is wrapped by the errors about messages that a template has no
// form for: no messages, a role it does not know, turns out of order.
var ErrConversation = errors.New("conversation does not fit the template")

// Family is a kind of prompt. The zero value is none; families come from Detect
// and ByName.
type Family struct {
	name   string
	system string // the text of a system message that the template itself adds
	form   *form
}

// form is what families with another default text share.
type form struct {
	// render writes the prompt of messages, which are not empty and have known
	// roles. An error says what is wrong with them, a clause.
	render func(p *prompt, f Family, messages []Message, reply bool) error
	stop   []string
}

// Name is the family's name, one of Names.
func (f Family) Name() string { return f.name }

// System is the text of the system message which the template adds to a
// conversation that has none, "" if it adds none.
func (f Family) System() string { return f.system }

// Stop gives the names of the tokens that end the model's turn, whether or not a
// model has them all. The model's EOS ends it too.
func (f Family) Stop() []string {
	if f.form == nil {
		panic("chat: Stop of the zero Family; get one from Detect or ByName")
	}
	return slices.Clone(f.form.stop)
}

// Render gives the prompt of a conversation: with reply, up to where the
// assistant's next message starts. An error wraps ErrConversation.
func (f Family) Render(messages []Message, reply bool) ([]Segment, error) {
	if f.form == nil {
		panic("chat: Render of the zero Family; get one from Detect or ByName")
	}
	if len(messages) == 0 {
		return nil, fmt.Errorf("chat: %w: it has no messages", ErrConversation)
	}
	for i, m := range messages {
		if m.Role != System && m.Role != User && m.Role != Assistant {
			return nil, fmt.Errorf("chat: %w: message %d has the role %q; roles are %s, %s and %s",
				ErrConversation, i+1, m.Role, System, User, Assistant)
		}
	}
	var p prompt
	if err := f.form.render(&p, f, messages, reply); err != nil {
		return nil, fmt.Errorf("chat: %s: %w: %w", f.name, ErrConversation, err)
	}
	return p.segments, nil
}

// Text gives the whole prompt as text.
func Text(segments []Segment) string {
	var b strings.Builder
	for _, s := range segments {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Encode gives the ids of a prompt. It starts with BOS if the tokenizer says that
// prompts do, and has it once where the template has it too.
func Encode(t *tokenizer.Tokenizer, segments []Segment) []int32 {
	parts := make([]tokenizer.Part, len(segments))
	for i, s := range segments {
		parts[i] = tokenizer.Part{Text: s.Text, Special: s.Markup}
	}
	ids := t.EncodeParts(parts)
	if t.AddBOS() && (len(ids) == 0 || ids[0] != t.BOS()) {
		ids = append([]int32{t.BOS()}, ids...)
	}
	return ids
}

// prompt collects segments.
type prompt struct{ segments []Segment }

// markup appends markup, to the last segment if that is markup too.
func (p *prompt) markup(text ...string) {
	for _, s := range text {
		if n := len(p.segments); n > 0 && p.segments[n-1].Markup {
			p.segments[n-1].Text += s
		} else {
			p.segments = append(p.segments, Segment{Text: s, Markup: true})
		}
	}
}

// text appends what a person or the model wrote.
func (p *prompt) text(s string) {
	if s != "" {
		p.segments = append(p.segments, Segment{Text: s})
	}
}

// trim takes white space off both ends as Jinja's filter does, which is Python's
// str.strip: what Unicode calls White_Space, and the four separators U+001C to
// U+001F.
func trim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r >= 0x1C && r <= 0x1F })
}
