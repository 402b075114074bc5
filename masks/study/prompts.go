package study

import (
	"fmt"
	"strings"

	"masque/engine/chat"
	"masque/masks"
)

// PromptFor puts a pole into a system prompt, for personas that bring none of their
// own.
func PromptFor(pole masks.PoleText) string {
	name := strings.TrimSuffix(strings.TrimSpace(pole.Name), ".")
	article := "a"
	if name != "" && strings.ContainsRune("aeiouAEIOU", rune(name[0])) {
		article = "an"
	}
	return strings.TrimSpace(fmt.Sprintf("You are %s %s person. %s", article, strings.ToLower(name), pole.Description))
}

// under are the readings of a question under the two prompts.
func (l *Lab) under(prompts Prompts, question string) (plus, minus *masks.Reading, err error) {
	if plus, err = l.prompted(prompts.Plus, question); err != nil {
		return nil, nil, err
	}
	minus, err = l.prompted(prompts.Minus, question)
	return plus, minus, err
}

func (e *evaluation) prompts(r *Result) error {
	if !e.options.PromptControls || !e.options.Prompts.present() {
		return nil
	}
	plus, minus, err := e.lab.under(e.options.Prompts, masks.Question)
	if err != nil {
		return err
	}
	tested, err := e.tested()
	if err != nil {
		return err
	}
	for _, c := range []struct {
		of masks.Topic
		contrast
	}{
		{PromptTopic, contrast{side{plus, nil}, side{minus, nil}}},
		{TogetherTopic, contrast{side{plus, tested.plus}, side{minus, tested.minus}}},
	} {
		s, err := e.measure("control: "+c.of.Name(), c.contrast, e.set)
		if err != nil {
			return err
		}
		r.Controls = append(r.Controls, s.Test(c.of))
	}
	return nil
}

// shots are the readings of a question after examples of a pole, each as an answer to the
// neutral one.
func (l *Lab) shots(examples Statements, question string) (plus, minus *masks.Reading, err error) {
	reading := func(examples []string) (*masks.Reading, error) {
		var conversation []chat.Message
		for _, example := range examples {
			conversation = append(conversation,
				chat.Message{Role: chat.User, Content: masks.Question}, chat.Message{Role: chat.Assistant, Content: example})
		}
		return l.after(append(conversation, masks.Ask(question)...))
	}
	if plus, err = reading(examples.Plus); err != nil {
		return nil, nil, err
	}
	minus, err = reading(examples.Minus)
	return plus, minus, err
}

// fewShot puts examples before the statements.
func (e *evaluation) fewShot(r *Result) error {
	if len(e.options.Examples.Plus) == 0 || len(e.options.Examples.Minus) == 0 {
		return nil
	}
	plus, minus, err := e.lab.shots(e.options.Examples, masks.Question)
	if err != nil {
		return err
	}
	// An example that were tested would be known by heart.
	set := Statements{Plus: without(e.set.Plus, e.options.Examples.Plus), Minus: without(e.set.Minus, e.options.Examples.Minus)}
	s, err := e.measure("control: "+FewShotTopic.Name(), contrast{side{plus, nil}, side{minus, nil}}, set)
	if err != nil {
		return err
	}
	t := s.Test(FewShotTopic)
	t.Note = strings.TrimSpace(fmt.Sprintf("%d statements of the pole as earlier answers. %s", len(e.options.Examples.Plus), t.Note))
	r.Controls = append(r.Controls, t)
	return nil
}

// Shots is how many examples a few-shot prompt has.
const Shots = 4

// Examples picks the statements of a few-shot prompt: the first few.
func Examples(set Statements) Statements {
	return Statements{Plus: set.Plus[:min(Shots, len(set.Plus))], Minus: set.Minus[:min(Shots, len(set.Minus))]}
}

func without(statements, known []string) []string {
	gone := make(map[string]bool, len(known))
	for _, s := range known {
		gone[s] = true
	}
	var rest []string
	for _, s := range statements {
		if !gone[s] {
			rest = append(rest, s)
		}
	}
	return rest
}
