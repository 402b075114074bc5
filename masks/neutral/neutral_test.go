package neutral

import (
	"strings"
	"testing"

	"masque/engine/chat"
)

func TestTexts(t *testing.T) {
	family, err := chat.ByName("chatml")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for name, texts := range map[string][]Text{"guard": Guard(), "development": Development(), "test": Test()} {
		rendered, err := Render(family, texts)
		if err != nil {
			t.Fatal(err)
		}
		words := 0
		for i, text := range rendered {
			if seen[text] {
				t.Errorf("%s: text %d stands twice", name, i+1)
			}
			seen[text] = true
			plain := texts[i].Text + texts[i].Answer
			words += len(strings.Fields(plain))
			for _, w := range strings.Fields(strings.ToLower(plain)) {
				switch strings.Trim(w, ".,;:") {
				case "i", "me", "my", "myself":
					t.Errorf("%s: text %d speaks of somebody: %q", name, i+1, w)
				}
			}
			if (texts[i].Text == "") == (texts[i].Question == "" || texts[i].Answer == "") {
				t.Errorf("%s: text %d is neither prose nor a question with its answer", name, i+1)
			}
		}
		if words < 400 {
			t.Errorf("%s: %d words are too few to measure a perplexity on", name, words)
		}
	}
}
