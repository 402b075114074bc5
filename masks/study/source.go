package study

import (
	"context"
	"fmt"
	"math/rand/v2"

	"masque/masks"
)

// minStatements is the least that a pole is calibrated from; below it the mean of a
// pole is its sentences'.
const minStatements = 4

// A Source is what one pass over calibration statements leaves: masks of several
// settings, and of controls with shuffled labels, are made from it without
// another.
type Source struct {
	lab   *Lab
	set   Statements
	seed  uint64
	draws int

	scope       masks.Scope // of attribution
	attribution *masks.Attribution

	// Signatures of the statements under their own labels, then under each draw
	// of shuffled ones.
	signatures []*masks.Signature
}

// Source reads calibration statements for the settings' recipe. draws is how many
// controls can be made of it.
func (l *Lab) Source(ctx context.Context, set Statements, s Settings, draws int, seed uint64, progress Progress) (*Source, error) {
	if len(set.Plus) < minStatements || len(set.Minus) < minStatements {
		return nil, fmt.Errorf("study: %d plus and %d minus statements to calibrate on; a mask needs at least %d a pole", len(set.Plus), len(set.Minus), minStatements)
	}
	src := &Source{lab: l, set: set, seed: seed, draws: draws}
	tell := func(done, total int) { progress.tell("calibrating", done, total) }
	if s.Recipe != masks.RecipeUnits {
		return src, src.readSignatures(ctx, tell)
	}
	r, err := s.units()
	if err != nil {
		return nil, err
	}
	src.scope = r.Scope
	src.attribution, err = l.reading.Attribute(ctx, nil, r.Scope, set.Plus, set.Minus, l.guard, tell)
	return src, err
}

// Serves reports whether masks of these settings can be made of the source.
func (src *Source) Serves(s Settings) bool {
	if s.Recipe != masks.RecipeUnits {
		return src.signatures != nil
	}
	r, err := s.units()
	return err == nil && src.attribution != nil && r.Scope == src.scope
}

func (src *Source) readSignatures(ctx context.Context, progress func(done, total int)) error {
	e := src.lab.engine
	for range src.draws + 1 {
		src.signatures = append(src.signatures, masks.NewSignature(&e.Weights().Config))
	}
	var texts [][]int32
	for _, s := range src.set.all() {
		ids, err := src.lab.reading.Tokens(s)
		if err != nil {
			return err
		}
		texts = append(texts, ids)
	}
	labels := make([][]bool, src.draws)
	for k := range labels {
		labels[k] = src.labels(k)
	}
	return masks.ReadActivations(ctx, e, src.lab.reading.Prefix(), texts, func(i int, rms []float32) {
		for k, signature := range src.signatures {
			plus := i < len(src.set.Plus)
			if k > 0 {
				plus = labels[k-1][i]
			}
			pole := masks.Minus
			if plus {
				pole = masks.Plus
			}
			signature.Add(pole, rms)
		}
	}, progress)
}

// labels are those of one draw.
func (src *Source) labels(draw int) []bool {
	return masks.ShuffleLabels(len(src.set.Plus), len(src.set.Minus), src.drawSeed(draw))
}

// drawSeed is below 2^53, as the seeds of documents are.
func (src *Source) drawSeed(draw int) uint64 {
	return (src.seed*1_000_003 + uint64(draw)) & (1<<53 - 1)
}

// Own returns the masks of the statements' own labels.
func (src *Source) Own(s Settings) (Masks, error) {
	p, err := src.Persona(s)
	if err != nil {
		return Masks{}, err
	}
	return src.of(p)
}

// Persona returns the masks as a document without names, model and evidence.
func (src *Source) Persona(s Settings) (*masks.Persona, error) {
	return src.persona(s, nil, 0)
}

// Shuffled returns the masks of one draw of labels shuffled in balance.
func (src *Source) Shuffled(s Settings, draw int) (Masks, error) {
	src.check(draw)
	p, err := src.persona(s, src.labels(draw), draw+1)
	if err != nil {
		return Masks{}, err
	}
	return src.of(p)
}

// Random returns masks of the same size, and of the same scope, that are drawn
// without looking at anything.
func (src *Source) Random(s Settings, draw int) (Masks, error) {
	src.check(draw)
	if s.Recipe == masks.RecipeUnits {
		r, err := s.units()
		if err != nil {
			return Masks{}, err
		}
		units, err := r.RandomUnits(src.attribution, rand.New(rand.NewPCG(src.drawSeed(draw), 0x72616e64)))
		if err != nil {
			return Masks{}, err
		}
		return unitMasks(units)
	}
	s.Recipe = masks.RecipeRandom
	p, err := src.persona(s, nil, 0)
	if err != nil {
		return Masks{}, err
	}
	p.Recipe.Seed = src.drawSeed(draw)
	return src.of(p)
}

func (src *Source) check(draw int) {
	if draw < 0 || draw >= src.draws {
		panic(fmt.Sprintf("study: draw %d of a source with %d", draw, src.draws))
	}
}

// persona makes masks from an attribution under labels (nil: the statements' own),
// or from the signature that has seen them.
func (src *Source) persona(s Settings, labels []bool, signature int) (*masks.Persona, error) {
	if !src.Serves(s) {
		return nil, fmt.Errorf("study: the statements were not read for %v", &s)
	}
	p := &masks.Persona{
		Format: masks.Format, Version: masks.Version, Recipe: s.recipe(src.seed),
		Statements: masks.Statements{
			Plus: len(src.set.Plus), Minus: len(src.set.Minus),
			SHA256: masks.HashStatements(src.set.Plus, src.set.Minus),
		},
	}
	if s.Recipe == masks.RecipeUnits {
		r, err := s.units()
		if err != nil {
			return nil, err
		}
		p.Kind = masks.KindUnits
		p.Units, err = r.Units(src.attribution, labels)
		return p, err
	}
	matrices, err := masks.ParseMatrices(s.Scope)
	if err != nil {
		return nil, err
	}
	p.Kind = masks.KindWeights
	p.Weights, err = src.signatures[signature].Weights(matrices, s.Layers[0], s.Layers[1])
	return p, err
}

// of returns the masks of a document that has no names yet.
func (src *Source) of(p *masks.Persona) (Masks, error) {
	if p.Kind == masks.KindUnits {
		return unitMasks(p.Units)
	}
	return Masks{
		&masks.WeightMask{Pole: masks.Plus, Recipe: p.Recipe, Weights: p.Weights},
		&masks.WeightMask{Pole: masks.Minus, Recipe: p.Recipe, Weights: p.Weights},
	}, nil
}

func unitMasks(u *masks.Units) (Masks, error) {
	plus, err := u.Mask(masks.Plus)
	if err != nil {
		return Masks{}, err
	}
	minus, err := u.Mask(masks.Minus)
	return Masks{plus, minus}, err
}
