package study

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"

	"masque/engine/sha256"
	"masque/masks"
)

// TestRandomSizes: random masks have the size of each pole, which differ in a combination.
// The draws of a library are those that were published.
func TestRandomSizes(t *testing.T) {
	l := tinyLab(t)
	s := tinySettings(t, masks.RecipeUnits)
	src, err := l.Source(ctx, numbered(12), s, 2, 7, nil)
	if err != nil {
		t.Fatal(err)
	}
	units := func(m masks.Mask) []masks.Unit { return m.(*masks.UnitMask).Units() }
	drawn, err := src.Random(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(fmt.Append(nil, units(drawn.Plus), " ", units(drawn.Minus)))
	if got := hex.EncodeToString(sum[:]); got != "6561539655ae7ce6179a34b7629c696daadf39ffacc26f7c6ba89516e78442ba" {
		t.Errorf("the draw is another: %s", got)
	}
	if a, b := numbered(12).seed(7, 1), numbered(13).seed(7, 1); a == b {
		t.Error("two sets of statements have the same random masks as their control")
	}
	own, err := src.Own(s)
	if err != nil {
		t.Fatal(err)
	}
	if own.Plus, err = own.Plus.(*masks.UnitMask).Top(5); err != nil {
		t.Fatal(err)
	}
	part, err := l.random(own, s, numbered(12).seed(7, 1))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(units(part.Plus), units(drawn.Plus)[:5]) || !slices.Equal(units(part.Minus), units(drawn.Minus)) {
		t.Errorf("for poles of 5 and 12 units, %d and %d are drawn", len(units(part.Plus)), len(units(part.Minus)))
	}
}

// TestServes: what was read at some tokens makes no masks that are scored at others.
func TestServes(t *testing.T) {
	l := tinyLab(t)
	for _, own := range []float64{0, 1} {
		s := tinySettings(t, masks.RecipeUnits)
		s.Own = own
		src, err := l.Source(ctx, numbered(6), s, 0, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		if s.Own = 1 - own; src.Serves(s) {
			t.Errorf("statements that were read with own %v make masks with own %v", own, s.Own)
		}
		if s.Own = own; !src.Serves(s) {
			t.Errorf("statements that were read with own %v make none", own)
		}
	}
}

// TestGuardsStay: a guard that was read stays when other layers need one of their own, and
// each is found again.
func TestGuardsStay(t *testing.T) {
	l := tinyLab(t)
	late, early := masks.Scope{First: 1, Last: 2, Channels: true}, masks.Scope{Channels: true}
	var file bytes.Buffer
	if err := l.WriteGuard(ctx, &file, late, "m"); err != nil {
		t.Fatal(err)
	}
	l.ForgetGuard()
	if l.guarded(late) != nil {
		t.Fatal("a guard that was forgotten is known")
	}
	if err := l.ReadGuard(file.Bytes(), "m"); err != nil {
		t.Fatal(err)
	}
	for _, s := range []struct {
		masks.Scope
		computed bool
	}{{late, false}, {early, true}, {late, false}, {early, false}} {
		computed := false
		if _, err := l.guardOf(ctx, s.Scope, func(int, int) { computed = true }); err != nil {
			t.Fatal(err)
		}
		if computed != s.computed {
			t.Errorf("the guard of layers %d to %d is computed: %v, want %v", s.First, s.Last, computed, s.computed)
		}
	}
}
