package study

import (
	"slices"
	"testing"

	"masque/masks"
)

// TestCellsCost: the cost of a cell is that of neutral texts which the other part's is not of.
func TestCellsCost(t *testing.T) {
	l := tinyLab(t)
	cell := Cell{Settings: tinySettings(t, masks.RecipeUnits), Kind: KindMask}
	for _, test := range []bool{false, true} {
		run := &Runner{Lab: l, Model: "m", Set: numbered(40), Shares: Shares{Development: .3, Test: .3}, Test: test}
		r, err := run.Run(ctx, cell, nil)
		if err != nil {
			t.Fatal(err)
		}
		m, err := run.Masks(ctx, cell, nil)
		if err != nil {
			t.Fatal(err)
		}
		o, err := l.overlays(m, Same(cell.Gamma))
		if err != nil {
			t.Fatal(err)
		}
		own, other, neutral := l.development, l.neutral, "development"
		if test {
			own, other, neutral = l.neutral, l.development, ""
		}
		want, err := l.cost(ctx, o, own, nil)
		if err != nil {
			t.Fatal(err)
		}
		not, err := l.cost(ctx, o, other, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.PPLRatio != *RoundRatios(want.PPLRatio) || r.KL != *RoundRatios(want.KL) || r.PPLRatio == *RoundRatios(not.PPLRatio) || r.Neutral != neutral {
			t.Errorf("on %s the cost is %+v and %+v of %q, want %+v; on the other texts it is %+v", r.On, r.PPLRatio, r.KL, r.Neutral, want, not)
		}
	}
}

// TestCellsOwn: cells that are scored at the same tokens are neighbours, for they share what is
// read.
func TestCellsOwn(t *testing.T) {
	g := Grid{Recipes: []string{masks.RecipeUnits, masks.RecipeWanda}, Own: []float64{1, 0}, N: []int{5, 10}}
	cells, err := g.Cells(&tinyLab(t).engine.Weights().Config)
	if err != nil {
		t.Fatal(err)
	}
	var own []float64
	for _, c := range cells {
		own = append(own, c.Own)
	}
	if want := []float64{0, 0, 1, 1, 0}; !slices.Equal(own, want) { // plain Wanda has no such setting
		t.Errorf("own of the cells is %v, want %v", own, want)
	}
}
