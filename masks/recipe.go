package masks

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Recipe names. Units is the recipe of unit masks, the others are of weight masks;
// random is a control.
const (
	RecipeUnits             = "units"
	RecipeWanda             = "wanda"
	RecipeContrastiveWanda  = "contrastive-wanda"
	RecipeContrastiveSparse = "contrastive-sparse"
	RecipeTilt              = "tilt"
	RecipeRandom            = "random"
)

// MaxSeed is the largest integer that every JSON reader keeps exactly.
const MaxSeed = 1<<53 - 1

// Limits that keep scores within the range of float32. At λ = 40 a channel at one
// end of the contrast outweighs one at the other end 10³⁴ times; τ divides
// differences measured in standard deviations. At the largest κ only the guard's order is
// left of the scores of units. For the ridge see discriminant.go.
const (
	maxLambda = 40
	minTau    = 1e-3
	maxTau    = 1e6
	maxKappa  = 1e12
)

// parameterRanges bounds the parameters that this version knows, but for own, which is 0 or 1.
// Others are kept.
var parameterRanges = map[string]struct{ low, high float64 }{
	"n":      {1, maxUnits},
	"kappa":  {0, maxKappa},
	"ridge":  {leastRidge, mostRidge},
	"rho":    {0, 1},
	"gamma":  {0, 1},
	"lambda": {0, maxLambda},
	"tau":    {minTau, maxTau},
}

// ParameterRange returns the bounds of a parameter that this version knows.
func ParameterRange(name string) (low, high float64) {
	bound, known := parameterRanges[name]
	if !known {
		panic("masks: there is no parameter " + name)
	}
	return bound.low, bound.high
}

// Names lists the parameters in alphabetical order.
func (r *Recipe) Names() []string { return slices.Sorted(maps.Keys(r.Parameters)) }

func (r *Recipe) validate() error {
	if err := checkTexts([]textMember{{"recipe.name", r.Name, true, maxName}}); err != nil {
		return err
	}
	if r.Seed > MaxSeed {
		return fault("recipe.seed", "is %d; it must be below 2^53", r.Seed)
	}
	if r.Phi != "" && r.Phi != "relu" && r.Phi != "softplus" {
		return fault("recipe.phi", "is %q; it must be \"relu\" or \"softplus\"", r.Phi)
	}
	for _, name := range r.Names() {
		if utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, unicode.IsControl) {
			return fault("recipe.parameters", "has a parameter called %.100q; a name has at most %d characters, none of them a control character", name, maxName)
		}
		if bound, known := parameterRanges[name]; known && !between(r.Parameters[name], bound.low, bound.high) {
			return fault("recipe.parameters."+name, "is %v; it must be between %v and %v", r.Parameters[name], bound.low, bound.high)
		}
	}
	if own := r.Parameters["own"]; own != 0 && own != 1 {
		return fault("recipe.parameters.own", "is %v; it must be 0 or 1", own)
	}
	return nil
}

// validateWeights checks that the recipe of a weight mask is one that can be rebuilt
// and has all that takes. (The document of a unit mask carries its result, so its
// recipe may be any.)
func (r *Recipe) validateWeights() error {
	var needed []string
	switch r.Name {
	case RecipeWanda, RecipeRandom:
		needed = []string{"rho"}
	case RecipeContrastiveWanda:
		needed = []string{"rho"}
		switch r.Phi {
		case "softplus":
			needed = append(needed, "tau")
		case "":
			return fault("recipe.phi", "is missing; contrastive-wanda needs \"relu\" or \"softplus\"")
		}
	case RecipeContrastiveSparse:
	case RecipeTilt:
		needed = []string{"rho", "lambda", "tau"}
	default:
		return fault("recipe.name", "is %q; a weight mask is rebuilt with %s, %s, %s, %s or %s", r.Name,
			RecipeWanda, RecipeContrastiveWanda, RecipeContrastiveSparse, RecipeTilt, RecipeRandom)
	}
	for _, name := range needed {
		if _, ok := r.Parameters[name]; !ok {
			return fault("recipe.parameters."+name, "is missing; %s needs it", r.Name)
		}
	}
	return nil
}
