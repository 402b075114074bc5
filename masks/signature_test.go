package masks

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"masque/engine/gguf"
	"masque/engine/model"
)

// tokensOf makes statements of bytes, which are the tiny model's tokens.
func tokensOf(texts ...string) [][]int32 {
	ids := make([][]int32, len(texts))
	for i, text := range texts {
		for _, b := range []byte(text) {
			ids[i] = append(ids[i], int32(b))
		}
	}
	return ids
}

// naiveActivations reads one statement, prefix and all, in a session of its own.
func naiveActivations(t *testing.T, e *model.Engine, prefix, statement []int32) []float32 {
	t.Helper()
	channels := InputChannelsOf(&e.Weights().Config)
	s, err := e.NewSession(nil)
	if err != nil {
		t.Fatal(err)
	}
	sums := make([]float64, channels.Len())
	for i, id := range slices.Concat(prefix, statement) {
		e.SetTap(func(layer int, site model.Site, _ []model.Row, x []float32, width int) {
			first, last := channels.Span(layer, site)
			if last-first != width {
				t.Fatalf("site %d has %d channels, want %d", site, width, last-first)
			}
			if i >= len(prefix) {
				for c, v := range x[:width] {
					sums[first+c] += float64(v) * float64(v)
				}
			}
		})
		if err := e.Forward([]model.Row{{Session: s, Token: id}}); err != nil {
			t.Fatal(err)
		}
	}
	e.SetTap(nil)
	rms := make([]float32, len(sums))
	for i, sum := range sums {
		rms[i] = float32(math.Sqrt(sum / float64(len(statement))))
	}
	return rms
}

// TestReadActivations: statements that share passes read the same bits as alone.
func TestReadActivations(t *testing.T) {
	var texts []string
	for i := range 23 {
		texts = append(texts, strings.Repeat("I like it loud. ", 4)[i%7:][:1+i*i%45])
	}
	for _, p := range []model.Precision{model.Fast, model.F32} {
		w := loadTiny(t, gguf.Q4_0, p)
		for _, prefix := range []string{"", "who are you?", strings.Repeat("tell me more. ", 5)} {
			e := model.NewEngine(w, 2)
			ids, start := tokensOf(texts...), tokensOf(prefix)[0]
			var done []int
			var seen [][]float32
			err := ReadActivations(context.Background(), e, start, ids, func(i int, rms []float32) {
				if i != len(seen) {
					t.Errorf("statement %d is shown after %d others", i, len(seen))
				}
				seen = append(seen, slices.Clone(rms))
			}, func(d, total int) {
				if total != len(ids) {
					t.Errorf("%d statements to do, want %d", total, len(ids))
				}
				done = append(done, d)
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(seen) != len(ids) || len(done) != len(ids) || !slices.IsSorted(done) || done[len(done)-1] != len(ids) {
				t.Fatalf("%d of %d statements are shown, progress %v", len(seen), len(ids), done)
			}
			for i, statement := range ids {
				if want := naiveActivations(t, e, start, statement); !slices.Equal(seen[i], want) {
					t.Errorf("%v after %q: statement %d of %d tokens does not read as it does alone", p, prefix, i, len(statement))
				}
			}
			e.Close()
		}
	}
}

func TestReadActivationsEnds(t *testing.T) {
	e := model.NewEngine(loadTiny(t, gguf.Q4_0, model.Fast), 1)
	defer e.Close()
	see := func(int, []float32) {}
	prefix := tokensOf("who?")[0]
	ctx, cancel := context.WithCancel(context.Background())
	statements := tokensOf(slices.Repeat([]string{"I am the one who knocks."}, 20)...)
	last := 0
	err := ReadActivations(ctx, e, prefix, statements, see, func(done, _ int) {
		last = done
		if done == 3 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || last > 5 {
		t.Errorf("cancelled after 3 statements: %v after %d", err, last)
	}
	if err := ReadActivations(context.Background(), e, prefix, nil, see, nil); err != nil {
		t.Errorf("no statements: %v", err)
	}
	for _, c := range []struct {
		says       string
		prefix     []int32
		statements [][]int32
	}{
		{"statement 2 is empty", prefix, tokensOf("a", "")},
		{"statements 2 to 2", prefix, tokensOf("a", strings.Repeat("long", 60))},
		{"what stands before", tokensOf(strings.Repeat("long", 60))[0], tokensOf("a")},
		{"statements 1 to 3", prefix, [][]int32{{1}, {260}, {3}}},
	} {
		if err := ReadActivations(context.Background(), e, c.prefix, c.statements, see, nil); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("error %v does not say %q", err, c.says)
		}
	}
	// The engine still serves, and nobody watches it.
	s, err := e.NewSession(nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Forward([]model.Row{{Session: s, Token: 1, Logits: true}}); err != nil {
		t.Error(err)
	}
}

// readings makes n readings of a model's channels.
func readings(s *Signature, n int) [][]float32 {
	rng := rand.New(rand.NewPCG(1, 2))
	out := make([][]float32, n)
	for i := range out {
		out[i] = make([]float32, s.Channels().Len())
		for c := range out[i] {
			out[i][c] = float32(1 + .01*rng.NormFloat64())
		}
	}
	return out
}

// TestSignature compares running moments and merged ones with those of lists.
func TestSignature(t *testing.T) {
	w := loadTiny(t, gguf.Q4_0, model.Fast)
	whole := NewSignature(&w.Config)
	parts := [3]*Signature{NewSignature(&w.Config), NewSignature(&w.Config), NewSignature(&w.Config)}
	list := map[Pole][][]float32{}
	for i, rms := range readings(whole, 25) {
		pole := Plus
		if i%3 == 0 {
			pole = Minus
		}
		whole.Add(pole, rms)
		parts[i/20].Add(pole, rms) // the third has none
		list[pole] = append(list[pole], rms)
	}
	merged := NewSignature(&w.Config)
	for _, p := range parts {
		if err := merged.Merge(p); err != nil {
			t.Fatal(err)
		}
	}
	for pole, rows := range list {
		for what, s := range map[string]*Signature{"running": whole, "merged": merged} {
			if s.Count(pole) != len(rows) {
				t.Fatalf("%s: %d statements of %s, want %d", what, s.Count(pole), pole, len(rows))
			}
			means, variances := s.Mean(pole), s.Variance(pole)
			for c := range means {
				var mean, variance float64
				for _, r := range rows {
					mean += float64(r[c]) / float64(len(rows))
				}
				for _, r := range rows {
					variance += (float64(r[c]) - mean) * (float64(r[c]) - mean) / float64(len(rows))
				}
				if math.Abs(means[c]-mean) > 1e-14 || math.Abs(variances[c]-variance) > 1e-14 {
					t.Fatalf("%s %s: channel %d has μ %v, σ² %v; want %v, %v", what, pole, c, means[c], variances[c], mean, variance)
				}
			}
		}
	}
	small := w.Config
	small.Layers = 2
	if err := whole.Merge(NewSignature(&small)); !errors.Is(err, ErrModel) {
		t.Errorf("a signature of another model was merged: %v", err)
	}
}

// TestSignatureDocument: the document has the signature's values in half precision,
// those of the layers in scope.
func TestSignatureDocument(t *testing.T) {
	w := loadTiny(t, gguf.Q4_0, model.Fast)
	s := someSignature(w)
	doc, err := s.Weights([]string{"down", "q"}, 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Inputs) != 2 || doc.Inputs[0].Name != "attn" || doc.Inputs[1].Name != "ffn_down" || doc.Layers != [2]int{1, 2} {
		t.Fatalf("the document has %+v", doc)
	}
	for _, in := range doc.Inputs {
		for pole, m := range map[Pole]Moments{Plus: in.Plus, Minus: in.Minus} {
			mean, variance := s.Mean(pole), s.Variance(pole)
			for layer := 1; layer <= 2; layer++ {
				first, last := s.Channels().Span(layer, siteOf(in.Name))
				for c := first; c < last; c++ {
					at := (layer-1)*in.Width + c - first
					if got := float64(m.Mean.At(at)); math.Abs(got-mean[c]) > mean[c]/2048 {
						t.Fatalf("%s: μ of channel %d in layer %d is %v, want %v", in.Name, c-first, layer, got, mean[c])
					}
					if got, want := float64(m.Deviation.At(at)), math.Sqrt(variance[c]); math.Abs(got-want) > want/2048 {
						t.Fatalf("%s: σ of channel %d in layer %d is %v, want %v", in.Name, c-first, layer, got, want)
					}
				}
			}
		}
	}
	large := readings(s, 1)[0]
	large[0] = 70000
	for _, c := range []struct {
		says        string
		matrices    []string
		first, last int
		change      func(*Signature)
	}{
		{"names \"embd\"", []string{"embd"}, 0, 1, nil},
		{"empty", nil, 0, 1, nil},
		{"layers 1 to 0; the model has layers 0 to 2", []string{"q"}, 1, 0, nil},
		{"layers 0 to 3", []string{"q"}, 0, 3, nil},
		{"both poles", []string{"q"}, 0, 1, func(s *Signature) { *s = *NewSignature(&w.Config); s.Add(Plus, large) }},
		{"+Inf at place 0", []string{"q"}, 0, 1, func(s *Signature) {
			*s = *NewSignature(&w.Config)
			s.Add(Plus, large)
			s.Add(Minus, large)
		}},
	} {
		s := someSignature(w)
		if c.change != nil {
			c.change(s)
		}
		if _, err := s.Weights(c.matrices, c.first, c.last); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("error %v does not say %q", err, c.says)
		}
	}
}

func TestShuffleLabels(t *testing.T) {
	seen := map[string]bool{}
	for _, n := range [][2]int{{40, 40}, {7, 7}, {6, 9}, {1, 1}} {
		for seed := range uint64(20) {
			labels := ShuffleLabels(n[0], n[1], rand.New(rand.NewPCG(seed, 0)))
			var counts [2]int // of old plus and old minus statements that count as plus
			for i, l := range labels {
				switch {
				case l && i < n[0]:
					counts[0]++
				case l:
					counts[1]++
				}
			}
			for i, c := range counts {
				if c < n[i]/2 || c > (n[i]+1)/2 {
					t.Errorf("%v: %v of the old poles count as plus", n, counts)
				}
			}
			if !slices.Equal(labels, ShuffleLabels(n[0], n[1], rand.New(rand.NewPCG(seed, 0)))) {
				t.Error("a seed gives two shuffles")
			}
			seen[fmt.Sprint(labels)] = true
		}
	}
	if len(seen) < 50 {
		t.Errorf("80 shuffles are %d different ones", len(seen))
	}
}
