package parity

import (
	"fmt"
	"slices"

	"masque/engine/chat"
)

// tokens compares the ids of strings, with special tokens parsed and taken as text.
func (r *Run) tokens(file string) ([]Check, error) {
	var golden struct {
		Cases []struct {
			Text  string  `json:"text"`
			IDs   []int32 `json:"ids"`
			Plain []int32 `json:"ids_plain"`
		} `json:"cases"`
	}
	if err := r.read(file, &golden); err != nil {
		return nil, err
	}
	if len(golden.Cases) == 0 {
		return nil, errEmpty
	}
	special := counter{file: file, what: "strings as ids, special tokens parsed"}
	plain := counter{file: file, what: "strings as ids, taken as plain text"}
	decoded := counter{file: file, what: "ids back as strings"}
	for _, c := range golden.Cases {
		special.add(slices.Equal(r.Tokenizer.Encode(c.Text, true), c.IDs), c.Text)
		decoded.add(r.Tokenizer.Decode(c.IDs) == c.Text, c.Text)
		if c.Plain != nil {
			plain.add(slices.Equal(r.Tokenizer.Encode(c.Text, false), c.Plain), c.Text)
		}
	}
	checks := []Check{special.check(), decoded.check()}
	if plain.cases > 0 {
		checks = append(checks, plain.check())
	}
	return checks, nil
}

// conversations compares rendered conversations and their ids.
func (r *Run) conversations(file string) ([]Check, error) {
	var golden struct {
		Cases []struct {
			Messages []chat.Message `json:"messages"`
			Reply    bool           `json:"add_generation_prompt"`
			Text     string         `json:"text"`
			IDs      []int32        `json:"ids"`
		} `json:"cases"`
	}
	if err := r.read(file, &golden); err != nil {
		return nil, err
	}
	if len(golden.Cases) == 0 {
		return nil, errEmpty
	}
	text := counter{file: file, what: "conversations as text"}
	ids := counter{file: file, what: "conversations as ids"}
	for _, c := range golden.Cases {
		segments, err := r.Family.Render(c.Messages, c.Reply)
		if err != nil {
			return nil, err
		}
		text.add(chat.Text(segments) == c.Text, c.Text)
		ids.add(slices.Equal(chat.Encode(r.Tokenizer, segments), c.IDs), c.Text)
	}
	return []Check{text.check(), ids.check()}, nil
}

// counter counts the cases that differ, of which none may.
type counter struct {
	file, what string
	cases      int
	differ     int
	first      string // case that differs
}

func (c *counter) add(same bool, text string) {
	c.cases++
	if same {
		return
	}
	if c.differ == 0 {
		c.first = text
	}
	c.differ++
}

func (c *counter) check() Check {
	check := Check{File: c.file, What: c.what, Value: float64(c.differ), Measure: "cases differ", Bound: 0}
	check.Detail = fmt.Sprintf("%d of %d agree", c.cases-c.differ, c.cases)
	if c.differ > 0 {
		check.Detail += fmt.Sprintf("; the first other is %.60q", c.first)
	}
	return check
}
