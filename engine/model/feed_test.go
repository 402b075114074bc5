package model

import (
	"errors"
	"fmt"
	"testing"

	"masque/engine/model/modeltest"
	"masque/engine/quant"
)

// TestFeed: sessions that are fed side by side see what each alone sees token by token,
// in order, from the token on that was asked for.
func TestFeed(t *testing.T) {
	c := modeltest.Default()
	c.Context = 2*MaxRows + 12
	e := NewEngine(tinyWeights(t, c, Fast), 1)
	defer e.Close()
	before := []int32{1, 2, 3}
	ids := text(c.Context-len(before), modeltest.Vocab)
	after := newSession(t, e, nil)
	stepwise(t, e, after, before)
	want := [][][]float32{stepwise(t, e, newSession(t, e, nil), ids), stepwise(t, e, after, ids)}
	for _, first := range []int{0, 1, MaxRows - 1, MaxRows + 5, len(ids) - 1, len(ids)} {
		fed := []*Session{newSession(t, e, nil), newSession(t, e, nil)}
		stepwise(t, e, fed[1], before)
		next := first
		err := e.Feed(fed, ids, first, func(i int, logits [][]float32) {
			if i != next {
				t.Fatalf("from %d on: token %d, want %d", first, i, next)
			}
			next++
			for k := range fed {
				same(t, fmt.Sprintf("from %d on: session %d, token %d", first, k, i), logits[k], want[k][i])
			}
		})
		if err != nil || next != len(ids) || fed[0].Len() != len(ids) || fed[1].Len() != len(before)+len(ids) {
			t.Errorf("from %d on: read up to %d, %d and %d positions, %v", first, next, fed[0].Len(), fed[1].Len(), err)
		}
	}
	s, next := newSession(t, e, nil), 5
	err := s.Feed(ids, next, func(i int, logits []float32) {
		same(t, fmt.Sprintf("alone, token %d", i), logits, want[0][next])
		next++
	})
	if err != nil || next != len(ids) {
		t.Errorf("alone: read up to %d of %d, %v", next, len(ids), err)
	}
	if err := s.Feed(nil, 0, nil); err != nil || s.Len() != len(ids) {
		t.Errorf("nothing more: %d positions, %v", s.Len(), err)
	}
}

// TestFours: three sessions' share of a pass is rounded to what is multiplied at once, a
// share of less than that is not.
func TestFours(t *testing.T) {
	for rows, want := range map[int]int{MaxRows: MaxRows, MaxRows / 3: 40, LogitRows / 3: 20, 5: 4, 4: 4, 3: 3, 1: 1} {
		if got := fours(rows); got != want {
			t.Errorf("%d rows: %d, want %d", rows, got, want)
		}
	}
}

// TestFeedTooMuch: what does not fit the context is an error, and passes before it stay.
func TestFeedTooMuch(t *testing.T) {
	c := modeltest.Default()
	e := NewEngine(tinyWeights(t, c, Fast), 1)
	defer e.Close()
	s := newSession(t, e, nil)
	ids := text(c.Context+1, modeltest.Vocab)
	if err := s.Feed(ids, len(ids), nil); !errors.Is(err, ErrContext) || s.Len() != c.Context/MaxRows*MaxRows {
		t.Errorf("%d positions, %v", s.Len(), err)
	}
}

// TestTwins: sessions that share the layers below their overlays see, bit for bit, what each
// sees by itself; in passes of several sizes, for texts one after another.
func TestTwins(t *testing.T) {
	c := modeltest.Default()
	c.Layers, c.Context = 4, 2*MaxRows
	w := tinyWeights(t, c, Fast)
	closed := func(layer int) *Overlay {
		o := &Overlay{Gates: make([]LayerGates, c.Layers)}
		o.Gates[layer].Down = make([]float32, c.FFN)
		return o
	}
	masked := &Overlay{Matrices: map[MatrixID]*quant.Matrix{{3, O}: w.own(MatrixID{2, O})}}
	texts := [][]int32{text(90, modeltest.Vocab), text(MaxRows, modeltest.Vocab)[60:], text(1, modeltest.Vocab)}
	one := NewEngine(w, 1)
	defer one.Close()
	for name, e := range teams(t, c, w) {
		for alike, overlays := range [][]*Overlay{
			{nil, closed(0), closed(2)}, {nil, closed(1), closed(2)}, {closed(3), closed(2)}, {masked, nil}, {nil, {}, nil},
		} {
			twins, err := e.NewTwins(overlays...)
			if err != nil {
				t.Fatal(err)
			}
			if got := twins[0].twins.layers; got != alike {
				t.Fatalf("case %d: %d layers are alike", alike, got)
			}
			for i, ids := range texts {
				var want [][][]float32
				for _, o := range overlays {
					want = append(want, stepwise(t, one, newSession(t, one, o), ids))
				}
				for _, s := range twins {
					s.Truncate(0)
				}
				seen := 0
				err := e.Feed(twins, ids, 0, func(at int, logits [][]float32) {
					seen++
					for k := range twins {
						same(t, fmt.Sprintf("%s: %d layers alike, text %d, token %d, twin %d", name, alike, i, at, k), logits[k], want[k][at])
					}
				})
				if err != nil || seen != len(ids) {
					t.Fatalf("%s: %d of %d tokens, %v", name, seen, len(ids), err)
				}
			}
		}
	}
	twins, err := one.NewTwins(nil, closed(1))
	if err != nil {
		t.Fatal(err)
	}
	for what, f := range map[string]func(){
		"one alone":           func() { _ = twins[0].Feed(texts[0], 0, nil) },
		"the other way round": func() { _ = one.Feed([]*Session{twins[1], twins[0]}, texts[0], 0, nil) },
		"beside another": func() {
			_ = one.Forward([]Row{{newSession(t, one, nil), 1, false}, {twins[0], 1, false}, {twins[1], 1, false}})
		},
		"other tokens": func() { _ = one.Forward([]Row{{twins[0], 1, false}, {twins[1], 2, false}}) },
		"another position": func() {
			_ = one.Feed(twins, texts[0], len(texts[0]), nil)
			twins[0].Truncate(0)
			_ = one.Feed(twins, texts[0], len(texts[0]), nil)
		},
		"a fork":          func() { twins[1].Fork() },
		"another overlay": func() { _ = twins[1].SetOverlay(nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", what)
				}
			}()
			f()
		}()
	}
	if _, err := one.NewTwins(nil, &Overlay{Gates: make([]LayerGates, 1)}); err == nil {
		t.Error("an overlay of another model: no error")
	}
}
