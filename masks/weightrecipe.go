package masks

import (
	"context"
	"fmt"
	"slices"
)

// WeightRecipe says how a weight mask is made: the scores and their parameters,
// and which matrices of which layers they choose from.
type WeightRecipe struct {
	Recipe      Recipe
	Matrices    []string // see [ParseMatrices]
	First, Last int      // layers, both included
}

// Check says what is wrong with the recipe's name and parameters, if anything.
func (r WeightRecipe) Check() error {
	if err := r.Recipe.validate(); err != nil {
		return err
	}
	return r.Recipe.validateWeights()
}

// Mask returns one pole's mask over a signature. A control is the same over a
// signature of shuffled labels, or with another recipe.
func (r WeightRecipe) Mask(s *Signature, pole Pole) (*WeightMask, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	w, err := s.Weights(r.Matrices, r.First, r.Last)
	if err != nil {
		return nil, err
	}
	return &WeightMask{Pole: pole, Recipe: r.Recipe, Weights: w}, nil
}

// Random returns the recipe that keeps as many weights without looking at
// anything. A contrastive-sparse mask, which has no ρ, leaves out about half.
func (r WeightRecipe) Random(seed uint64) WeightRecipe {
	rho, ok := r.Recipe.Parameters["rho"]
	if !ok {
		rho = .5
	}
	r.Recipe = Recipe{Name: RecipeRandom, Parameters: map[string]float64{"rho": rho}, Seed: seed}
	return r
}

// Signatures reads statements of two poles in the plain model. The first
// signature has them under their own poles; one more follows for each list of
// other labels, such as [ShuffleLabels] draws: labels[i] says that statement i,
// plus statements first, counts as plus. All come of one pass. progress, which
// may be nil, is told the statements done and to do.
func (r *Reading) Signatures(ctx context.Context, plus, minus []string, labels [][]bool, progress func(done, total int)) ([]*Signature, error) {
	own := make([]bool, len(plus)+len(minus))
	for i := range plus {
		own[i] = true
	}
	labels = slices.Concat([][]bool{own}, labels)
	signatures := make([]*Signature, len(labels))
	for i := range signatures {
		if len(labels[i]) != len(own) {
			panic(fmt.Sprintf("masks: %d labels for %d statements", len(labels[i]), len(own)))
		}
		signatures[i] = NewSignature(&r.engine.Weights().Config)
	}
	statements, err := r.encode(slices.Concat(plus, minus), "")
	if err != nil {
		return nil, err
	}
	err = ReadActivations(ctx, r.engine, r.prefix, statements, func(i int, rms []float32) {
		for k, s := range signatures {
			if labels[k][i] {
				s.Add(Plus, rms)
			} else {
				s.Add(Minus, rms)
			}
		}
	}, progress)
	if err != nil {
		return nil, err
	}
	return signatures, nil
}
