package chat

import (
	"errors"
	"fmt"

	"masque/engine/gguf"
)

// FromGGUF gives the family of a model file's own template, as Detect does.
func FromGGUF(f *gguf.File) (Family, error) {
	template, err := f.Metadata.String("tokenizer.chat_template")
	if err != nil && !errors.Is(err, gguf.ErrNoKey) {
		return Family{}, fmt.Errorf("chat: %s: %w", f.Name, err)
	}
	family, err := Detect(template)
	if err != nil {
		return Family{}, fmt.Errorf("%s: %w", f.Name, err)
	}
	return family, nil
}
