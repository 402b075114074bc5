package chat

import (
	"errors"
	"fmt"

	"masque/engine/gguf"
)

// FromGGUF gives the family of a model file's own template, as Detect does. An error names
// the file.
func FromGGUF(f *gguf.File) (family Family, err error) {
	template, err := f.Metadata.String("tokenizer.chat_template")
	if err == nil || errors.Is(err, gguf.ErrNoKey) {
		family, err = Detect(template)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", f.Name, err)
	}
	return family, err
}
