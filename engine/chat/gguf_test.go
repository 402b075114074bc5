package chat

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"masque/engine/gguf"
)

// TestFromGGUF: the family is that of the file's template; an error names the file.
func TestFromGGUF(t *testing.T) {
	for name, c := range map[string]struct {
		template any // nil: there is none
		family   string
		says     string
		unknown  bool // an error that wraps ErrTemplate
	}{
		"known":   {template: readTemplate(t, "zephyr"), family: "zephyr"},
		"unknown": {template: "{{ messages }}", says: "choose a family", unknown: true},
		"none":    {says: "the model has none", unknown: true},
		"no text": {template: uint32(1), says: "uint32"},
	} {
		var w gguf.Writer
		w.AddMeta("general.architecture", "llama")
		if c.template != nil {
			w.AddMeta("tokenizer.chat_template", c.template)
		}
		w.AddTensor("t", gguf.F32, []uint64{8}, make([]byte, 32))
		var file bytes.Buffer
		if _, err := w.WriteTo(&file); err != nil {
			t.Fatal(err)
		}
		f, err := gguf.Read(&file, -1, "some.gguf")
		if err != nil {
			t.Fatal(err)
		}
		family, err := FromGGUF(f)
		switch {
		case c.says == "" && (err != nil || family.Name() != c.family):
			t.Errorf("%s: family %q, %v", name, family.Name(), err)
		case c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "some.gguf")):
			t.Errorf("%s: %v, want an error that names some.gguf and says %q", name, err, c.says)
		case c.unknown != errors.Is(err, ErrTemplate):
			t.Errorf("%s: %v wraps ErrTemplate: %v", name, err, !c.unknown)
		}
	}
}
