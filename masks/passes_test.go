package masks

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"masque/engine/gguf"
	"masque/engine/model"
	"masque/engine/sample"
)

// TestLogProbs: texts that share passes, more of them than share one at a time and
// some longer than a pass, are as likely to the last bit as each is alone, token by
// token.
func TestLogProbs(t *testing.T) {
	w := loadTiny(t, gguf.Q4_0, model.Fast)
	e := model.NewEngine(w, 2)
	defer e.Close()
	o := &model.Overlay{Gates: make([]model.LayerGates, w.Layers)}
	o.Gates[1].O = make([]float32, w.QDim())
	for i := range o.Gates[1].O {
		o.Gates[1].O[i] = float32(i % 2)
	}
	var texts []string
	for i := range 45 {
		texts = append(texts, strings.Repeat("who goes there? ", 8)[i%5:][:2+i*i*7%100])
	}
	ids := tokensOf(texts...)
	for _, beginning := range []string{"", "tell me: "} {
		begin := tokensOf(beginning)[0]
		var told []int
		got, err := (&Reading{engine: e}).logProbs(context.Background(), o, begin, "texts", ids, func(done int) { told = append(told, done) })
		if err != nil {
			t.Fatal(err)
		}
		if len(told) != len(ids) || !slices.IsSorted(told) {
			t.Errorf("told of %v", told)
		}
		for i, text := range ids {
			s, err := e.NewSession(o)
			if err != nil {
				t.Fatal(err)
			}
			want := 0.0
			for k, id := range slices.Concat(begin, text[:len(text)-1]) {
				if err := e.Forward([]model.Row{{Session: s, Token: id, Logits: true}}); err != nil {
					t.Fatal(err)
				}
				if k >= len(begin) {
					logits := e.Logits(0)
					want += float64(logits[text[k-len(begin)+1]]) - sample.LogSumExp(logits)
				}
			}
			if got[i] != want {
				t.Errorf("text %d of %d tokens after %q: %v, alone %v", i, len(text), beginning, got[i], want)
			}
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	last := 0
	_, err := (&Reading{engine: e}).logProbs(ctx, nil, nil, "texts", ids, func(done int) {
		last = done
		cancel()
	})
	if !errors.Is(err, context.Canceled) || last >= len(ids)/2 {
		t.Errorf("cancelled after the first: %v after %d", err, last)
	}
}
