package model

import (
	"errors"
	"fmt"
	"testing"

	"masque/engine/model/modeltest"
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
