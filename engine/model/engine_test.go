package model

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"masque/engine/gguf"
	"masque/engine/kernel"
	"masque/engine/model/modeltest"
	"masque/engine/quant"
)

// text is a sequence of tokens longer than a page of the cache and than a
// batch.
func text(n, vocab int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32((i*i*7 + i*3 + 5) % vocab)
	}
	return ids
}

// stepwise runs tokens one at a time and returns the logits after each.
func stepwise(t testing.TB, e *Engine, s *Session, ids []int32) [][]float32 {
	t.Helper()
	var all [][]float32
	for _, id := range ids {
		forward(t, e, Row{s, id, true})
		all = append(all, slices.Clone(e.Logits(0)))
	}
	return all
}

func same(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i, v := range want {
		if math.Float32bits(got[i]) != math.Float32bits(v) {
			t.Fatalf("%s: logit %d is %v, want %v", what, i, got[i], v)
		}
	}
}

// TestBatches: any batching of tokens and sessions, on any number of workers,
// gives the bits that one token at a time on one worker gives.
func TestBatches(t *testing.T) {
	for _, own := range []bool{false, true} {
		c := modeltest.Default()
		c.OwnHead = own
		if own {
			c.Matrix = gguf.Q4_0
		}
		w := tinyWeights(t, c, Fast)
		if own && w.Matrix(MatrixID{0, Q}).Format != quant.K4 {
			t.Fatal("the test means to run K4")
		}
		ids := text(kernel.PageLen*2+9, modeltest.Vocab)
		e1 := NewEngine(w, 1)
		want := stepwise(t, e1, newSession(t, e1, nil), ids)
		other := stepwise(t, e1, newSession(t, e1, nil), ids[3:])

		for _, workers := range []int{1, 2, 3, 5} {
			e := NewEngine(w, workers)
			a, b := newSession(t, e, nil), newSession(t, e, nil)
			at, bt := 0, 3
			for step := 1; at < len(ids); step = step%MaxRows + 3 {
				var rows []Row
				for range min(step, MaxRows-2, len(ids)-at) {
					rows = append(rows, Row{a, ids[at], true})
					at++
				}
				inA := len(rows)
				for range min(2, len(ids)-bt) {
					rows = append(rows, Row{b, ids[bt], true})
					bt++
				}
				forward(t, e, rows...)
				for i := range rows {
					if i < inA {
						same(t, fmt.Sprintf("%d workers, token %d", workers, at-inA+i), e.Logits(i), want[at-inA+i])
					} else {
						k := bt - 3 - (len(rows) - i)
						same(t, fmt.Sprintf("%d workers, other session, token %d", workers, k), e.Logits(i), other[k])
					}
				}
			}
			if a.Len() != len(ids) {
				t.Errorf("the session holds %d of %d tokens", a.Len(), len(ids))
			}
			e.Close()
		}
		e1.Close()
	}
}

// TestTruncate: what follows a truncation does not see what was cut.
func TestTruncate(t *testing.T) {
	c := modeltest.Default()
	e := NewEngine(tinyWeights(t, c, Fast), 1)
	defer e.Close()
	ids := text(100, modeltest.Vocab)
	want := stepwise(t, e, newSession(t, e, nil), ids)
	s := newSession(t, e, nil)
	stepwise(t, e, s, ids[:70])
	stepwise(t, e, s, []int32{1, 2, 3})
	s.Truncate(60)
	got := stepwise(t, e, s, ids[60:])
	same(t, "after Truncate", got[39], want[99])
}

// TestForgetsNoNumbers: positions that are forgotten may hold no numbers, and what comes
// in their place still does.
func TestForgetsNoNumbers(t *testing.T) {
	c := modeltest.Default()
	for _, precision := range []Precision{Fast, F32} {
		e := NewEngine(tinyWeights(t, c, precision), 1)
		ids := text(40, modeltest.Vocab)
		want := stepwise(t, e, newSession(t, e, nil), ids)
		broken := closedOverlay(c)
		for i := range broken.Gates[1].O {
			broken.Gates[1].O[i] = math.MaxFloat32
		}
		broken.Gates[0].O = broken.Gates[1].O
		s := newSession(t, e, broken)
		if v := stepwise(t, e, s, ids)[39][0]; !math.IsNaN(float64(v)) {
			t.Errorf("%v: through a broken mask the first logit is %v", precision, v)
		}
		if err := s.SetOverlay(nil); err != nil {
			t.Fatal(err)
		}
		for i, got := range stepwise(t, e, s, ids) {
			same(t, fmt.Sprintf("%v, after the mask, token %d", precision, i), got, want[i])
		}
		e.Close()
	}
}

// TestFork: a fork goes on as the session would, and leaves it alone.
func TestFork(t *testing.T) {
	e := NewEngine(tinyWeights(t, modeltest.Default(), Fast), 3)
	defer e.Close()
	ids := text(kernel.PageLen+30, modeltest.Vocab)
	want := stepwise(t, e, newSession(t, e, closedOverlay(modeltest.Default())), ids)
	for _, at := range []int{0, 5, kernel.PageLen, kernel.PageLen + 3} {
		s := newSession(t, e, closedOverlay(modeltest.Default()))
		stepwise(t, e, s, ids[:at])
		f := s.Fork()
		stepwise(t, e, f, []int32{7, 7, 7})
		f.Truncate(at)
		for _, s := range []*Session{f, s} {
			if s.Len() != at {
				t.Fatalf("%d of %d tokens", s.Len(), at)
			}
			same(t, fmt.Sprintf("forked at %d", at), stepwise(t, e, s, ids[at:])[len(ids)-at-1], want[len(ids)-1])
		}
	}
}

// TestFastFollowsF32: quantisation changes logits a little, not the model.
func TestFastFollowsF32(t *testing.T) {
	c := modeltest.Default()
	ids := text(40, modeltest.Vocab)
	var logits [2][][]float32
	for _, p := range []Precision{Fast, F32} {
		e := NewEngine(tinyWeights(t, c, p), 1)
		logits[p] = stepwise(t, e, newSession(t, e, nil), ids)
		e.Close()
	}
	var miss, norm float64
	for i, want := range logits[F32] {
		for j, v := range want {
			d := float64(logits[Fast][i][j] - v)
			miss, norm = miss+d*d, norm+float64(v)*float64(v)
		}
	}
	if rel := math.Sqrt(miss / norm); rel > 0.06 || rel == 0 {
		t.Errorf("relative difference %.4f, want ≤ 0.06 and not none", rel)
	}
}

// TestGates: a gate is a factor on an activation, which is the same as the
// factor on the column of the matrix that reads it.
func TestGates(t *testing.T) {
	c := modeltest.Default()
	w := tinyWeights(t, c, F32)
	e := NewEngine(w, 2)
	defer e.Close()
	ids := text(20, modeltest.Vocab)
	plain := stepwise(t, e, newSession(t, e, nil), ids)

	o := &Overlay{Gates: make([]LayerGates, c.Layers)}
	masked := &Overlay{Matrices: map[MatrixID]*quant.Matrix{}}
	gate := func(id MatrixID, gates *[]float32, n int) {
		*gates = make([]float32, n)
		m := w.Matrix(id).Clone()
		for i := range *gates {
			(*gates)[i] = 1
			if i%5 == 2 {
				(*gates)[i] = float32(i%2) / 2
			}
			for r := range m.Rows {
				m.Floats[r*m.Cols+i] *= (*gates)[i]
			}
		}
		masked.Matrices[id] = m
	}
	gate(MatrixID{1, O}, &o.Gates[1].O, c.Dim)
	gate(MatrixID{2, Down}, &o.Gates[2].Down, c.FFN)

	gated := stepwise(t, e, newSession(t, e, o), ids)
	baked := stepwise(t, e, newSession(t, e, masked), ids)
	var apart float64
	for i := range gated {
		for j := range gated[i] {
			if d := math.Abs(float64(gated[i][j] - baked[i][j])); d > 1e-4 {
				t.Fatalf("token %d, logit %d: %v by gates, %v by masked matrices", i, j, gated[i][j], baked[i][j])
			}
			apart = max(apart, math.Abs(float64(gated[i][j]-plain[i][j])))
		}
	}
	if apart < 0.1 {
		t.Errorf("the gates moved no logit by more than %v", apart)
	}

	// Several overlays in one pass, and the plain model beside them.
	sessions := []*Session{newSession(t, e, o), newSession(t, e, masked), newSession(t, e, nil), newSession(t, e, nil)}
	for i, id := range ids {
		var rows []Row
		for _, s := range sessions {
			rows = append(rows, Row{s, id, true})
		}
		forward(t, e, rows...)
		same(t, "gated", e.Logits(0), gated[i])
		same(t, "baked", e.Logits(1), baked[i])
		same(t, "plain", e.Logits(2), plain[i])
		same(t, "plain again", e.Logits(3), plain[i])
	}

	// Changing the overlay forgets the conversation.
	s := sessions[0]
	if err := s.SetOverlay(nil); err != nil || s.Len() != 0 {
		t.Fatalf("SetOverlay: %v, %d tokens left", err, s.Len())
	}
	same(t, "after SetOverlay", stepwise(t, e, s, ids)[19], plain[19])
}

func TestOverlayCheck(t *testing.T) {
	c := modeltest.Default()
	e := NewEngine(tinyWeights(t, c, Fast), 1)
	defer e.Close()
	small, _ := quant.New(quant.K8, 4, 32)
	floats, _ := quant.New(quant.F32, c.Dim, c.Dim)
	for name, o := range map[string]*Overlay{
		"layers":  {Gates: make([]LayerGates, 2)},
		"units":   {Gates: []LayerGates{{}, {O: make([]float32, 3)}, {}}},
		"neurons": {Gates: []LayerGates{{}, {Down: make([]float32, 3)}, {}}},
		"matrix":  {Matrices: map[MatrixID]*quant.Matrix{{9, O}: small}},
		"shape":   {Matrices: map[MatrixID]*quant.Matrix{{0, O}: small}},
		"format":  {Matrices: map[MatrixID]*quant.Matrix{{0, O}: floats}},
	} {
		if _, err := e.NewSession(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestTap: the tap sees every site of every layer, and the values are those
// that the matrices get.
func TestTap(t *testing.T) {
	c := modeltest.Default()
	w := tinyWeights(t, c, F32)
	e := NewEngine(w, 2)
	defer e.Close()
	seen := map[string]int{}
	e.SetTap(func(layer int, site Site, rows []Row, x []float32, width int) {
		seen[fmt.Sprint(layer, site)]++
		want := map[Site]int{AttnInput: c.Dim, AttnValue: c.Dim, FFNInput: c.Dim, FFNHidden: c.FFN}[site]
		if width != want || len(x) != len(rows)*width || len(rows) != 2 {
			t.Errorf("layer %d, site %d: %d values of width %d for %d rows", layer, site, len(x), width, len(rows))
		}
		if layer == 0 && site == AttnInput {
			emb, want := make([]float32, c.Dim), make([]float32, c.Dim)
			w.TokenEmbd.Row(emb, int(rows[1].Token))
			kernel.RMSNorm(want, emb, w.Blocks[0].AttnNorm, w.Eps)
			same(t, "input of layer 0", x[width:], want)
		}
	})
	s := newSession(t, e, nil)
	forward(t, e, Row{s, 1, false}, Row{s, 2, true})
	if len(seen) != 4*c.Layers {
		t.Errorf("the tap saw %d sites, want %d", len(seen), 4*c.Layers)
	}
	e.SetTap(nil)
	forward(t, e, Row{s, 1, false}, Row{s, 2, true})
	for k, n := range seen {
		if n != 1 {
			t.Errorf("%s was seen %d times", k, n)
		}
	}
}

// TestDecodeAllocates nothing once the page of the cache is there.
func TestDecodeAllocates(t *testing.T) {
	c := modeltest.Default()
	c.Context = 4096
	for _, workers := range []int{1, 2} {
		e := NewEngine(tinyWeights(t, c, Fast), workers)
		a, b := newSession(t, e, nil), newSession(t, e, nil)
		rows := []Row{{a, 1, true}, {b, 2, true}}
		a.grow(300)
		b.grow(300)
		forward(t, e, rows...)
		if n := testing.AllocsPerRun(200, func() { forward(t, e, rows...) }); n != 0 {
			t.Errorf("%d workers: a decode step allocates %v times", workers, n)
		}
		e.Close()
	}
}

func TestForwardErrors(t *testing.T) {
	c := modeltest.Default()
	c.Context = 6
	e := NewEngine(tinyWeights(t, c, Fast), 1)
	defer e.Close()
	s, other := newSession(t, e, nil), newSession(t, e, nil)
	for _, id := range []int32{-1, int32(modeltest.Vocab), math.MaxInt32} {
		if err := e.Forward([]Row{{other, 1, true}, {s, id, true}}); err == nil {
			t.Errorf("token %d: no error", id)
		}
	}
	if s.Len() != 0 || other.Len() != 0 {
		t.Fatalf("a pass that failed left %d and %d tokens", s.Len(), other.Len())
	}
	stepwise(t, e, s, []int32{1, 2, 3, 4, 5})
	if err := e.Forward([]Row{{s, 1, false}, {s, 1, true}}); !errors.Is(err, ErrContext) {
		t.Errorf("two tokens for one place: %v", err)
	}
	forward(t, e, Row{s, 1, true})
	if err := e.Forward([]Row{{s, 1, true}}); !errors.Is(err, ErrContext) {
		t.Errorf("a token past the context: %v", err)
	}
	s = newSession(t, e, nil)
	for name, rows := range map[string][]Row{
		"no rows":        nil,
		"too many":       make([]Row, MaxRows+1),
		"no session":     {{nil, 1, true}},
		"rows apart":     {{other, 1, true}, {s, 1, true}, {other, 1, true}},
		"another engine": {{&Session{}, 1, true}},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			_ = e.Forward(rows)
		}()
	}
}

// logSoftmax returns the log-probabilities of logits.
func logSoftmax(logits []float32) []float32 {
	peak, sum := math.Inf(-1), 0.0
	for _, v := range logits {
		peak = max(peak, float64(v))
	}
	for _, v := range logits {
		sum += math.Exp(float64(v) - peak)
	}
	lse := peak + math.Log(sum)
	out := make([]float32, len(logits))
	for i, v := range logits {
		out[i] = float32(float64(v) - lse)
	}
	return out
}
