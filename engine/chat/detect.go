package chat

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"masque/engine/sha256"
)

// ErrTemplate is wrapped by Detect's error about a template that is not known.
var ErrTemplate = errors.New("the chat template is not a known one")

// known are the templates that are recognised: the SHA-256 of what normal makes
// of their text, and the family each renders as. The texts are in
// testdata/templates; a test renders each of them and compares.
var known = map[string]string{
	"6de1c1089bf4e6c44a9a1d50f7fd6f2d49c0af44f5f87b04ebfbae28428d6d27": "chatml",
	"60ba39c3bcf21e9bdc6fac1bb524fc9edd8d896c93b22956e29b36f201b98896": "smollm2",
	"bc1df1670f3e2ac866f3238604bc4a1916be78fc51d2cd1f0bb11e5cb52b669c": "qwen2.5",
	"d40f8ad7e43ab01b62e09b234ffcd1151a428008aeb562831dc613f50bd06a19": "llama3",
	"0559fc25feaddb0ef4eaa85753f154947953a8a78effc176d47e9c1c3ded87ef": "llama3.2",
	"223bd986d31d51347a8a787e74aa361942dedd1cc046c41a088e7f99dc41ab95": "gemma",
	"aefa47c096bbc8b00edaf011e4e64e091b85c6a273e0877d839fab4785decf41": "gemma2",
	"78630d4fdcd9808149abdda83cd2900dc142f6d2ed330fa60b62d81f5dcaa427": "zephyr",
	"362a2aee0337e848d579e25660c2b007bb816ab75f6a64fa1fbd59ce39798af3": "mistral",
	"a297a032a98f159f71613ab02116f59c3d91cd90be64bf2761e0c18e2d7c1a42": "mistral-v0.1",
}

// Detect gives the family of a template by its text. How the template is laid out
// does not matter: spacing, quotes, m.role or m['role'], and in the chatml
// families which text the default system message has. What it puts out does. An
// error wraps ErrTemplate and lists the families that can be chosen by name.
func Detect(template string) (Family, error) {
	if strings.TrimSpace(template) == "" {
		return Family{}, fmt.Errorf("chat: %w: the model has none; choose a family: %s", ErrTemplate, strings.Join(Names(), ", "))
	}
	text, system := normal(template)
	if name, ok := known[fingerprint(text)]; ok {
		f, err := ByName(name)
		if err != nil {
			panic("chat: a known template is of a family that does not exist: " + name)
		}
		if system != f.system {
			f.name, f.system = "chatml", system
			for _, other := range families {
				if other.form == f.form && other.system == system {
					f.name = other.name
				}
			}
		}
		return f, nil
	}
	hint := ""
	if f, ok := Likely(template); ok {
		hint = fmt.Sprintf(" (it has the marks of %s)", f.name)
	}
	return Family{}, fmt.Errorf("chat: %w%s; choose a family: %s", ErrTemplate, hint, strings.Join(Names(), ", "))
}

// Likely guesses the family of a template that Detect does not know by the tokens
// it names. A guess may be wrong in detail: it is for offering a choice, not for
// making it.
func Likely(template string) (Family, bool) {
	for _, m := range []struct{ mark, family string }{
		{"<|im_start|>", "chatml"},
		{"<|start_header_id|>", "llama3"},
		{"<start_of_turn>", "gemma"},
		{"[INST]", "mistral"},
		{"<|user|>", "zephyr"},
	} {
		if strings.Contains(template, m.mark) {
			f, err := ByName(m.family)
			return f, err == nil
		}
	}
	return Family{}, false
}

// fingerprint is the key of known.
func fingerprint(normal string) string {
	sum := sha256.Sum256([]byte(normal))
	return hex.EncodeToString(sum[:])
}
