package study

import (
	"errors"
	"fmt"
	"strings"

	"masque/masks"
	"masque/masks/jsondoc"
)

// A Pair puts the two poles of a trait into words: pair.json of the library.
type Pair struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Poles       struct {
		Plus  Wording `json:"plus"`
		Minus Wording `json:"minus"`
	} `json:"poles"`
}

// Wording is what there is to say about one pole. Only the name is needed.
type Wording struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Prompt      string `json:"prompt"` // puts the pole into words for the model
	Label       string `json:"label"`  // what people call its statements
}

// ParsePair reads a pair.json.
func ParsePair(data []byte) (*Pair, error) {
	p := new(Pair)
	if err := jsondoc.Unmarshal(data, p); err != nil {
		return nil, err
	}
	if p.Name == "" || p.Poles.Plus.Name == "" || p.Poles.Minus.Name == "" {
		return nil, errors.New("name, poles.plus.name and poles.minus.name must be there")
	}
	return p, nil
}

// Named returns a pair of which nothing is known but what its poles are called.
func Named(plus, minus string) *Pair {
	p := new(Pair)
	p.Poles.Plus.Name, p.Poles.Minus.Name = plus, minus
	p.Name = plus + " – " + minus
	return p
}

// PairOf returns the words that a persona brings. Prompts are no part of them.
func PairOf(d *masks.Persona) *Pair {
	p := &Pair{Name: d.Name, Description: d.Description}
	for _, pole := range []struct {
		to   *Wording
		from masks.PoleText
	}{{&p.Poles.Plus, d.Poles.Plus}, {&p.Poles.Minus, d.Poles.Minus}} {
		*pole.to = Wording{Name: pole.from.Name, Description: pole.from.Description, Label: pole.from.Label}
	}
	return p
}

// Describe writes the words into a document.
func (p *Pair) Describe(d *masks.Persona) {
	d.Name, d.Description = p.Name, p.Description
	for _, pole := range []struct {
		to   *masks.PoleText
		from *Wording
	}{{&d.Poles.Plus, &p.Poles.Plus}, {&d.Poles.Minus, &p.Poles.Minus}} {
		pole.to.Name, pole.to.Description, pole.to.Label = pole.from.Name, pole.from.Description, pole.from.Label
	}
}

// Check refuses words that no persona may have, before anything is computed for one.
func (p *Pair) Check() error {
	d := &masks.Persona{Format: masks.Format, Version: masks.Version}
	p.Describe(d)
	var fault *masks.FieldError
	if err := d.Validate(); errors.As(err, &fault) && !strings.HasPrefix(fault.Field, "model.") {
		return err
	} // the texts come first: with good ones it is the model that is missing
	return nil
}

// Prompts are the pair's own, or are made of its names.
func (p *Pair) Prompts() Prompts {
	prompt := func(w *Wording) string {
		if w.Prompt != "" {
			return w.Prompt
		}
		return PromptFor(masks.PoleText{Name: w.Name, Description: w.Description})
	}
	return Prompts{Plus: prompt(&p.Poles.Plus), Minus: prompt(&p.Poles.Minus)}
}

// Label is what people call the plus pole's statements; without a word for it, the
// pole's name in quotes.
func (p *Pair) Label() string {
	if p.Poles.Plus.Label != "" {
		return p.Poles.Plus.Label
	}
	return "“" + strings.ToLower(p.Poles.Plus.Name) + "”"
}

// Caveat stands in the note of every persona's evidence.
func (p *Pair) Caveat() string {
	return fmt.Sprintf("The masks make statements that people label %s, or the opposite, more likely. They say nothing about what a model is.", p.Label())
}
