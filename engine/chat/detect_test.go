package chat

import (
	"encoding/json"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestKnown: the list of known templates is that of the published ones.
func TestKnown(t *testing.T) {
	seen := map[string]bool{}
	for name, family := range templates {
		text, _ := normal(readTemplate(t, name))
		key := fingerprint(text)
		seen[key] = true
		if known[key] != family && !(name == "qwen2" && known[key] == "smollm2") {
			t.Errorf("%s: %q: %q is missing", name, key, family)
		}
	}
	for key, family := range known {
		if !seen[key] {
			t.Errorf("no template has %s, said to be %s", key, family)
		}
	}
}

// TestLayout: the same template in other spellings.
func TestLayout(t *testing.T) {
	const chatml = `{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}`
	for name, template := range map[string]string{
		"as published":  chatml,
		"newline":       chatml + "\n",
		"spaces":        strings.NewReplacer("{{", "{{ ", "}}", "  }}", "{%", "{%  ").Replace(chatml),
		"quotes":        strings.ReplaceAll(chatml, "'", `"`),
		"real newlines": strings.ReplaceAll(chatml, `\n`, "\n"),
		"attributes":    strings.NewReplacer("['role']", ".role", "['content']", ".content").Replace(chatml),
		"lines":         strings.NewReplacer("{%", "{%-", "%}", "-%}\n    ", "{{", "{{-", "}}", "-}}\n").Replace(chatml),
		"blocks":        strings.ReplaceAll(chatml, "%}", "%}\n"),
		"comment":       "{# ChatML #}\n" + chatml,
		"default":       "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}" + chatml,
	} {
		f, err := Detect(template)
		if err != nil || f.Name() != "chatml" {
			t.Errorf("%s: %q, %v", name, f.Name(), err)
			continue
		}
		compare(t, f, template)
	}
}

// TestDefaultSystem: a chatml template with a system text of its own.
func TestDefaultSystem(t *testing.T) {
	for _, name := range []string{"smollm2", "qwen2", "qwen2.5"} {
		original := readTemplate(t, name)
		f, err := Detect(original)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"You are a parrot.", "Two\nlines", `It said "hello" \\ twice`} {
			template := strings.ReplaceAll(original, f.System(), strings.NewReplacer("\n", `\n`, `"`, `\"`).Replace(text))
			other, err := Detect(template)
			if err != nil {
				t.Errorf("%s with %q: %v", name, text, err)
				continue
			}
			if want := strings.ReplaceAll(text, `\\`, `\`); other.Name() != "chatml" || other.System() != want {
				t.Errorf("%s with %q: %s, %q", name, text, other.Name(), other.System())
			}
			compare(t, other, template)
		}
		if again, err := Detect(strings.ReplaceAll(original, f.System(), "You are a helpful assistant.")); err != nil || again.Name() != "qwen2" {
			t.Errorf("%s with Qwen2's text is %s, %v", name, again.Name(), err)
		}
	}
}

// TestUnknown: a template that puts out something else, however little, is not
// taken for one that is known.
func TestUnknown(t *testing.T) {
	replace := func(name, from, to string) string {
		text := readTemplate(t, name)
		if !strings.Contains(text, from) {
			t.Fatalf("%s has no %q", name, from)
		}
		return strings.Replace(text, from, to, 1)
	}
	for _, c := range []struct{ name, template, hint string }{
		{"none", "", "the model has none"},
		{"blank", " \n", "the model has none"},
		{"text", "hello", "not a known one; choose"},
		{"no newline after a turn", replace("chatml", `'<|im_end|>' + '\n'`, `'<|im_end|>'`), "it has the marks of chatml"},
		{"newline put out", replace("chatml", "}}{% endfor", "}}\n{% endfor"), "chatml"},
		{"two newlines after a block", replace("chatml", "%}{{'", "%}\n\n{{'"), "chatml"},
		{"trimmed", replace("chatml", "message['content']", "message['content'] | trim"), "chatml"},
		{"method", replace("chatml", "message['content']", "message['content'].strip()"), "chatml"},
		{"another condition", replace("smollm2", "loop.first and ", ""), "chatml"},
		{"two system texts", replace("qwen2.5", "Cloud. You", "Cloud! You"), "chatml"},
		{"no end", "{% for message in messages", "not a known one; choose"},
		{"a string with no end", replace("chatml", "'\\n'}}", "'\\n}}"), "chatml"},
		{"thinking", replace("qwen2.5", `'<|im_start|>assistant\n'`, `'<|im_start|>assistant\n<think>\n'`), "chatml"},
		{"phi-3", `{% for message in messages %}{% if message['role'] == 'user' %}{{'<|user|>\n' + message['content'] + '<|end|>\n'}}{% endif %}{% endfor %}`, "zephyr"},
		{"reply always", replace("llama3", "{% if add_generation_prompt %}", "{% if true %}"), "llama3"},
		{"no trim", replace("gemma2", " | trim", ""), "gemma"},
		{"system", replace("mistral-v0.2", "[INST] ", " [INST] "), "mistral"},
	} {
		f, err := Detect(c.template)
		if !errors.Is(err, ErrTemplate) || f != (Family{}) {
			t.Errorf("%s: family %q, error %v", c.name, f.Name(), err)
			continue
		}
		if !strings.Contains(err.Error(), c.hint) || !strings.HasSuffix(err.Error(), "choose a family: "+strings.Join(Names(), ", ")) {
			t.Errorf("%s: error is %q, want %q in it", c.name, err, c.hint)
		}
	}
	if f, ok := Likely("{{ question }}"); ok {
		t.Errorf("likely %q", f.Name())
	}
}

// TestWhiteSpace compares what normal leaves of white space with what Jinja puts
// out, on templates that testdata/make.py put together at random.
func TestWhiteSpace(t *testing.T) {
	data, err := os.ReadFile("testdata/whitespace.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases [][2]string
	if err := json.Unmarshal(data, &cases); err != nil || len(cases) < 600 {
		t.Fatalf("%d cases: %v", len(cases), err)
	}
	for _, c := range cases {
		template, want := c[0], c[1]
		text, _ := normal(template)
		var got strings.Builder
		for line := range strings.Lines(text) {
			kind, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
			if kind == "text" || kind == "{" {
				s, err := strconv.Unquote(rest)
				if err != nil {
					t.Fatalf("%q: line %q", template, line)
				}
				got.WriteString(s)
			}
		}
		if got.String() != want {
			t.Errorf("%q puts out %q, Jinja %q", template, got.String(), want)
		}
	}
}

// FuzzDetect: no template makes Detect panic, and what it says it knows renders.
func FuzzDetect(f *testing.F) {
	for name := range templates {
		f.Add(readTemplate(f, name))
	}
	f.Add("{{ '\\")
	f.Add("{%- -%}{{.}}{#-#}")
	f.Fuzz(func(t *testing.T, template string) {
		family, err := Detect(template)
		if err != nil {
			return
		}
		if _, err := family.Render([]Message{{User, "a"}}, true); err != nil {
			t.Fatal(err)
		}
	})
}
