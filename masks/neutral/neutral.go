// Package neutral holds texts about nothing personal: what a mask costs is
// measured on them.
//
// Three sets are kept apart. The guard's texts say, while a mask is made, which
// units ordinary text needs. How strong a mask may be is chosen on the development
// texts: those of the guard understate what it costs, since its units were selected
// on them. The test's texts are for the perplexity that is reported of the finished
// mask. All were written for this project.
package neutral

import (
	_ "embed"
	"fmt"

	"masque/engine/chat"
	"masque/masks/jsondoc"
)

// A Text is a question with its answer, or plain prose.
type Text struct {
	Question string `json:"question"`
	Answer   string `json:"answer"`
	Text     string `json:"text"`
}

//go:embed guard.json
var guardJSON []byte

//go:embed development.json
var developmentJSON []byte

//go:embed test.json
var testJSON []byte

// Guard returns the texts for making masks.
func Guard() []Text { return parse("guard.json", guardJSON) }

// Development returns the texts for choosing how strong they are.
func Development() []Text { return parse("development.json", developmentJSON) }

// Test returns the texts for measuring them.
func Test() []Text { return parse("test.json", testJSON) }

func parse(name string, b []byte) []Text {
	var texts []Text
	if err := jsondoc.Unmarshal(b, &texts); err != nil {
		panic("neutral: " + name + ": " + err.Error()) // embedded, and tested
	}
	return texts
}

// Render writes texts as a model reads them, with the markup of a chat family.
func Render(f chat.Family, texts []Text) ([]string, error) {
	out := make([]string, len(texts))
	for i, t := range texts {
		if t.Text != "" {
			out[i] = t.Text
			continue
		}
		segments, err := f.Render([]chat.Message{{Role: "user", Content: t.Question}, {Role: "assistant", Content: t.Answer}}, false)
		if err != nil {
			return nil, fmt.Errorf("neutral: text %d: %w", i+1, err)
		}
		out[i] = chat.Text(segments)
	}
	return out, nil
}
