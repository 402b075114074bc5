package study

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"masque/engine/model"
	"masque/masks"
)

// Settings are a recipe with its parameters, in the words of flags and grids. What a
// recipe does not use is ignored.
type Settings struct {
	Recipe string `json:"recipe"`
	Phi    string `json:"phi,omitzero"` // contrastive-wanda: "relu" or "softplus"
	Layers [2]int `json:"layers"`       // first and last in scope
	// Scope is "channels", "neurons" or "both" for unit masks, and what
	// [masks.ParseMatrices] reads for weight masks.
	Scope string `json:"scope"`

	N      int     `json:"n,omitzero"`      // units a pole
	Own    float64 `json:"own,omitzero"`    // 1: units are scored where the statements' own tokens are predicted; 0: at those before too
	Kappa  float64 `json:"kappa,omitzero"`  // weight of the guard
	Ridge  float64 `json:"ridge,omitzero"`  // λ of the discriminant that scores units; 0 = their mean effect
	Rho    float64 `json:"rho,omitzero"`    // share of the weights pruned
	Lambda float64 `json:"lambda,omitzero"` // tilt
	Tau    float64 `json:"tau,omitzero"`
	Gamma  float64 `json:"gamma"` // factor of what is left out
}

// PersonaRecipes are those that personas are made by.
var PersonaRecipes = []string{
	masks.RecipeUnits, masks.RecipeTilt, masks.RecipeWanda,
	masks.RecipeContrastiveWanda, masks.RecipeContrastiveSparse,
}

// Recipes are the names that [DefaultSettings] knows: random masks are a control.
var Recipes = append(slices.Clip(PersonaRecipes), masks.RecipeRandom)

// unitGamma keeps half of what a unit mask closes. Statements are told apart as well as
// with all of it closed, since a factor that all differences share changes no order, at
// a fraction of the cost in perplexity.
const unitGamma = .5

// DefaultSettings are what measured best of a recipe on the default model, scaled
// to a model's depth.
func DefaultSettings(recipe string, c *model.Config) (Settings, error) {
	all := [2]int{0, c.Layers - 1}
	switch recipe {
	case masks.RecipeUnits:
		r := masks.DefaultUnits(c.Layers)
		s := Settings{
			Recipe: recipe, Layers: [2]int{r.Scope.First, r.Scope.Last}, Scope: "both",
			N: min(r.N, (r.Scope.Last-r.Scope.First+1)*(c.QDim()+c.FFN)), Gamma: unitGamma,
		}
		s.scoreAs(r)
		return s, nil
	case masks.RecipeTilt:
		return Settings{Recipe: recipe, Layers: [2]int{c.Layers * 2 / 3, c.Layers - 1}, Scope: "attention", Rho: .4, Lambda: 2, Tau: .3, Gamma: .5}, nil
	case masks.RecipeWanda, masks.RecipeRandom:
		return Settings{Recipe: recipe, Layers: all, Scope: "all", Rho: .3}, nil
	case masks.RecipeContrastiveWanda:
		return Settings{Recipe: recipe, Phi: "softplus", Layers: all, Scope: "all", Rho: .3, Tau: 2}, nil
	case masks.RecipeContrastiveSparse:
		return Settings{Recipe: recipe, Layers: all, Scope: "all"}, nil
	}
	return Settings{}, fmt.Errorf("there is no recipe %q; there are %s", recipe, strings.Join(Recipes, ", "))
}

// scoreAs takes over how a recipe scores units.
func (s *Settings) scoreAs(r masks.UnitRecipe) {
	s.Own, s.Kappa, s.Ridge = 0, r.Kappa, r.Ridge
	if r.Own {
		s.Own = 1
	}
}

// Set changes one setting: n, own, kappa, ridge, rho, lambda, tau, gamma, phi, scope or layers
// (first-last).
func (s *Settings) Set(key, value string) error {
	number := func(to *float64) error {
		v, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
			return fmt.Errorf("%s is %q; it must be a number, 0 or more", key, value)
		}
		*to = v
		return nil
	}
	switch key {
	case "n":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return fmt.Errorf("n is %q; it must be a whole number of units", value)
		}
		s.N = n
	case "own":
		if value != "0" && value != "1" {
			return fmt.Errorf("own is %q; it must be 1 (units are scored where the statements' own tokens are predicted) or 0 (at those before as well)", value)
		}
		return number(&s.Own)
	case "kappa":
		return number(&s.Kappa)
	case "ridge":
		return number(&s.Ridge)
	case "rho":
		return number(&s.Rho)
	case "lambda":
		return number(&s.Lambda)
	case "tau":
		return number(&s.Tau)
	case "gamma":
		return number(&s.Gamma)
	case "phi":
		s.Phi = value
	case "scope":
		s.Scope = value
	case "layers":
		first, last, ranged := strings.Cut(value, "-")
		if !ranged {
			last = first
		}
		a, errA := strconv.Atoi(first)
		b, errB := strconv.Atoi(last)
		if errA != nil || errB != nil || a < 0 || b < a {
			return fmt.Errorf("layers is %q; it must be one layer or first-last, from 0", value)
		}
		s.Layers = [2]int{a, b}
	default:
		return fmt.Errorf("there is no setting %q; there are n, own, kappa, ridge, rho, lambda, tau, gamma, phi, scope and layers", key)
	}
	return nil
}

// Check says whether a model has what the settings name.
func (s *Settings) Check(config *model.Config) error {
	if s.Layers[0] < 0 || s.Layers[1] < s.Layers[0] || s.Layers[1] >= config.Layers {
		return fmt.Errorf("layers %d-%d; the model has layers 0 to %d", s.Layers[0], s.Layers[1], config.Layers-1)
	}
	if !(s.Gamma >= 0 && s.Gamma <= 1) {
		return fmt.Errorf("gamma is %v; it must be between 0 and 1", s.Gamma)
	}
	if s.Recipe != masks.RecipeUnits {
		r, err := s.weights(0)
		if err != nil {
			return err
		}
		return r.Check()
	}
	if s.Own != 0 && s.Own != 1 {
		return fmt.Errorf("own is %v; it must be 1 or 0", s.Own)
	}
	for _, p := range []struct {
		key, or string
		value   float64
	}{{"kappa", "", s.Kappa}, {"ridge", "0, or ", s.Ridge}} {
		if low, high := masks.ParameterRange(p.key); p.value != 0 && !(p.value >= low && p.value <= high) {
			return fmt.Errorf("%s is %v; it must be %sbetween %v and %v", p.key, p.value, p.or, low, high)
		}
	}
	r, err := s.units()
	if err != nil {
		return err
	}
	per := 0
	if r.Scope.Channels {
		per += config.QDim()
	}
	if r.Scope.Neurons {
		per += config.FFN
	}
	if have := per * (s.Layers[1] - s.Layers[0] + 1); s.N < 1 || s.N > have {
		return fmt.Errorf("n is %d; %d units are in layers %d-%d (%s)", s.N, have, s.Layers[0], s.Layers[1], s.Scope)
	}
	return nil
}

// Fits says whether a model's masks of so many statements can be made in the memory that
// there may be. It needs no weights.
func (s *Settings) Fits(config *model.Config, statements int) error {
	if !s.differentiates() {
		return nil // they are read one by one
	}
	r, err := s.units()
	if err != nil {
		return err
	}
	return r.Scope.Check(config, statements)
}

// differentiates says whether statements are differentiated for these settings, or read
// only.
func (s *Settings) differentiates() bool { return s.Recipe == masks.RecipeUnits }

// units is the recipe of a unit mask.
func (s *Settings) units() (masks.UnitRecipe, error) {
	r := masks.UnitRecipe{Own: s.Own == 1, N: s.N, Kappa: s.Kappa, Ridge: s.Ridge, Scope: masks.Scope{First: s.Layers[0], Last: s.Layers[1]}}
	switch s.Scope {
	case "channels":
		r.Scope.Channels = true
	case "neurons":
		r.Scope.Neurons = true
	case "both":
		r.Scope.Channels, r.Scope.Neurons = true, true
	default:
		return r, fmt.Errorf("the scope is %q; units are channels, neurons or both", s.Scope)
	}
	return r, nil
}

// weights is the recipe of a weight mask.
func (s *Settings) weights(seed uint64) (masks.WeightRecipe, error) {
	matrices, err := masks.ParseMatrices(s.Scope)
	return masks.WeightRecipe{Recipe: s.recipe(seed), Matrices: matrices, First: s.Layers[0], Last: s.Layers[1]}, err
}

// recipe is the document's form.
func (s *Settings) recipe(seed uint64) masks.Recipe {
	r := masks.Recipe{Name: s.Recipe, Phi: s.Phi, Seed: seed, Parameters: map[string]float64{"gamma": s.Gamma}}
	keep := func(key string, v float64) { r.Parameters[key] = v }
	switch s.Recipe {
	case masks.RecipeUnits:
		keep("n", float64(s.N))
		if s.Own == 1 {
			keep("own", 1)
		}
		keep("kappa", s.Kappa)
		if s.Ridge > 0 {
			keep("ridge", s.Ridge)
		}
	case masks.RecipeTilt:
		keep("rho", s.Rho)
		keep("lambda", s.Lambda)
		keep("tau", s.Tau)
	case masks.RecipeContrastiveWanda:
		keep("rho", s.Rho)
		if s.Phi == "softplus" {
			keep("tau", s.Tau)
		}
	case masks.RecipeWanda, masks.RecipeRandom:
		keep("rho", s.Rho)
	}
	return r
}

// Keys are those of [Settings.Set] that the recipe uses.
func (s *Settings) Keys() []string {
	all := *s
	all.Ridge, all.Own = 1, 1 // 0 is a value too
	r := all.recipe(0)
	keys := append(r.Names(), "scope", "layers")
	if s.Recipe == masks.RecipeContrastiveWanda {
		keys = append(keys, "phi")
	}
	return keys
}

// String names the settings in one line.
func (s *Settings) String() string {
	r := s.recipe(0)
	parts := []string{s.Recipe}
	if s.Phi != "" {
		parts = append(parts, s.Phi)
	}
	parts = append(parts, s.Scope, fmt.Sprintf("layers %d–%d", s.Layers[0], s.Layers[1]))
	for _, name := range r.Names() {
		parts = append(parts, fmt.Sprintf("%s %v", name, r.Parameters[name]))
	}
	return strings.Join(parts, ", ")
}
