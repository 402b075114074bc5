package chat

import (
	"fmt"
	"slices"
	"strings"
)

// families in the order in which they are listed.
var families = []Family{
	{name: "chatml", form: &chatml},
	{name: "smollm2", form: &chatml, system: "You are a helpful AI assistant named SmolLM, trained by Hugging Face"},
	{name: "qwen2", form: &chatml, system: "You are a helpful assistant."},
	{name: "qwen2.5", form: &chatml, system: "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."},
	{name: "llama3", form: &llama3},
	{name: "llama3.2", form: &llama32},
	{name: "gemma", form: &gemma},
	{name: "gemma2", form: &gemma2},
	{name: "zephyr", form: &zephyr},
	{name: "mistral", form: &mistral},
	{name: "mistral-v0.1", form: &mistralV01},
}

// Names lists the families.
func Names() []string {
	names := make([]string, len(families))
	for i, f := range families {
		names[i] = f.name
	}
	return names
}

// ByName gives a family by its name. An error lists the names.
func ByName(name string) (Family, error) {
	i := slices.IndexFunc(families, func(f Family) bool { return f.name == name })
	if i < 0 {
		return Family{}, fmt.Errorf("chat: no family is called %q; families are %s", name, strings.Join(Names(), ", "))
	}
	return families[i], nil
}

// turnError says that a message is out of order.
func turnError(message int, format string, args ...any) error {
	return fmt.Errorf("message %d: %s", message, fmt.Sprintf(format, args...))
}

// turns checks that the user has every other message from the first on, as some
// templates demand with raise_exception. First is the number of the first of these
// messages in the conversation, from 1.
func turns(messages []Message, first int) error {
	for i, m := range messages {
		switch users := i%2 == 0; {
		case (m.Role == User) == users:
		case m.Role == System:
			return turnError(first+i, "the template has no place for a system message there")
		case users:
			return turnError(first+i, "user and assistant take turns, the user first; this is the assistant's and should be the user's")
		default:
			return turnError(first+i, "user and assistant take turns, the user first; this is the user's and should be the assistant's")
		}
	}
	return nil
}
