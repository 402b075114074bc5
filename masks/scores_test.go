package masks

import (
	"math"
	"strings"
	"testing"
)

// TestExactFunctions compares the functions that have the same bits everywhere
// with those of package math.
func TestExactFunctions(t *testing.T) {
	for x := -120.0; x <= 120; x += .0625 {
		v := float32(x)
		if got, want := float64(tanh(v)), math.Tanh(x); math.Abs(got-want) > 1.5e-7 {
			t.Errorf("tanh(%v) = %v, want %v", x, got, want)
		}
		want := math.Max(x, 0) + math.Log1p(math.Exp(-math.Abs(x)))
		if x < -87 {
			want = math.Exp(-87) // where kernel.Exp ends
		}
		if got := float64(softplus(v)); math.Abs(got-want) > 1e-6*want {
			t.Errorf("softplus(%v) = %v, want %v", x, got, want)
		}
	}
	for _, x := range []float32{0, float32(math.Inf(1)), float32(math.Inf(-1))} {
		if got, want := tanh(x), float32(math.Tanh(float64(x))); got != want {
			t.Errorf("tanh(%v) = %v", x, got)
		}
	}
	if got := softplus(float32(math.Inf(1))); !math.IsInf(float64(got), 1) {
		t.Errorf("softplus(∞) = %v", got)
	}
}

// TestScores works the recipes out by hand for two channels: one that the plus
// pole moves more, one that no statement moves.
func TestScores(t *testing.T) {
	in := Input{
		Name: "attn", Width: 2,
		Plus:  Moments{Mean: NewHalves([]float32{3, .5}), Deviation: NewHalves([]float32{.75, 0})},
		Minus: Moments{Mean: NewHalves([]float32{1, .5}), Deviation: NewHalves([]float32{1, 0})},
	}
	z := 2 / (1.25 + tinyDeviation) // √(.75² + 1²) = 1.25
	recipe := func(name, phi string, lambda, tau float64) Recipe {
		return Recipe{Name: name, Phi: phi, Parameters: map[string]float64{"rho": .3, "lambda": lambda, "tau": tau}}
	}
	for _, c := range []struct {
		recipe        Recipe
		pole          Pole
		first, second []float64
	}{
		{recipe(RecipeWanda, "", 0, 0), Plus, []float64{3, .5}, nil},
		{recipe(RecipeWanda, "", 0, 0), Minus, []float64{1, .5}, nil},
		{recipe(RecipeContrastiveWanda, "relu", 0, 0), Plus, []float64{z, 0}, []float64{3, .5}},
		{recipe(RecipeContrastiveWanda, "relu", 0, 0), Minus, []float64{0, 0}, []float64{1, .5}},
		{recipe(RecipeContrastiveWanda, "softplus", 0, 2), Plus, []float64{math.Log1p(math.Exp(z / 2)), math.Ln2}, nil},
		{recipe(RecipeContrastiveWanda, "softplus", 0, 2), Minus, []float64{math.Log1p(math.Exp(-z / 2)), math.Ln2}, nil},
		{recipe(RecipeTilt, "", 2, .3), Plus, []float64{2 * math.Exp(2*math.Tanh(z/.3)), .5}, nil},
		{recipe(RecipeTilt, "", 2, .3), Minus, []float64{2 * math.Exp(-2*math.Tanh(z/.3)), .5}, nil},
		{recipe(RecipeTilt, "", 0, .3), Plus, []float64{2, .5}, nil},
	} {
		got := c.recipe.score(in.statistics(c.pole, 0))
		if len(got.first) != 2 || len(got.second) != len(c.second) {
			t.Fatalf("%s: %v", c.recipe.Name, got)
		}
		for i, want := range c.first {
			if math.Abs(float64(got.first[i])-want) > 1e-6*max(want, 1e-3) {
				t.Errorf("%s %s of %s: channel %d scores %v, want %v", c.recipe.Name, c.recipe.Phi, c.pole, i, got.first[i], want)
			}
		}
		for i, want := range c.second {
			if float64(got.second[i]) != want {
				t.Errorf("%s: channel %d has the second score %v, want %v", c.recipe.Name, i, got.second[i], want)
			}
		}
	}
}

// TestScoresStayFinite: no document makes a score that is not a number.
func TestScoresStayFinite(t *testing.T) {
	const largest, smallest = 65504, 0x1p-24
	in := Input{
		Name: "attn", Width: 4,
		Plus:  Moments{Mean: NewHalves([]float32{largest, 0, smallest, 0}), Deviation: NewHalves([]float32{0, 0, largest, 0})},
		Minus: Moments{Mean: NewHalves([]float32{0, largest, 0, 0}), Deviation: NewHalves([]float32{0, largest, 0, 0})},
	}
	for _, tau := range []float64{minTau, .3, maxTau} {
		for _, r := range []Recipe{{Name: RecipeTilt}, {Name: RecipeContrastiveWanda, Phi: "relu"}, {Name: RecipeContrastiveWanda, Phi: "softplus"}} {
			r.Parameters = map[string]float64{"rho": .5, "tau": tau, "lambda": maxLambda}
			for _, pole := range []Pole{Plus, Minus} {
				for c, v := range r.score(in.statistics(pole, 0)).first {
					if !(v >= 0 && v < 1e30) {
						t.Errorf("%s %s, τ %v: channel %d of %s scores %v", r.Name, r.Phi, tau, c, pole, v)
					}
				}
			}
		}
	}
}

func TestParseMatrices(t *testing.T) {
	for text, want := range map[string]string{
		"all": "q k v o gate up down", "attention": "q k v o", "mlp": "gate up down", "MLP": "gate up down",
		"o,q": "q o", " down , attention": "q k v o down", "q,q": "q",
	} {
		got, err := ParseMatrices(text)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("ParseMatrices(%q) = %v, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "q,", "embd", "q k"} {
		if got, err := ParseMatrices(text); err == nil {
			t.Errorf("ParseMatrices(%q) = %v", text, got)
		}
	}
}
