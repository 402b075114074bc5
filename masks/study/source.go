package study

import (
	"context"
	"fmt"
	"hash/fnv"
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
	own         bool        // see [masks.UnitRecipe]
	attribution *masks.Attribution

	// Signatures of the statements under their own labels, then under each draw
	// of shuffled ones.
	signatures []*masks.Signature
}

// Source reads calibration statements for the settings' recipe. draws is how many
// controls can be made of it.
func (l *Lab) Source(ctx context.Context, set Statements, s Settings, draws int, seed uint64, progress Progress) (*Source, error) {
	if err := set.enough(); err != nil {
		return nil, err
	}
	if err := l.Check(set); err != nil {
		return nil, err
	}
	src := &Source{lab: l, set: set, seed: seed, draws: draws}
	tell := func(done, total int) { progress.tell("calibrating", done, total) }
	if s.Recipe != masks.RecipeUnits {
		if err := src.readSignatures(ctx, tell); err != nil {
			return nil, err
		}
		return src, nil
	}
	r, err := s.units()
	if err != nil {
		return nil, err
	}
	src.scope, src.own = r.Scope, r.Own
	src.draws = max(draws, MaxDraws) // labels are dealt out anew to what is kept anyway
	statements := len(set.Plus) + len(set.Minus)
	if err := s.Fits(&l.engine.Weights().Config, statements); err != nil {
		return nil, err
	}
	total := statements
	if l.guarded(r.Scope) == nil {
		total += len(l.guardTexts)
	}
	guard, err := l.guardOf(ctx, r.Scope, func(done, _ int) { tell(done, total) })
	if err != nil {
		return nil, err
	}
	src.attribution, err = l.reading.Attribute(ctx, nil, r.Scope, r.Own, set.Plus, set.Minus, guard, func(done, _ int) { tell(total-statements+done, total) })
	if err != nil {
		return nil, err
	}
	return src, nil
}

// part is what was read of some of the statements, for units.
func (src *Source) part(set Statements) *Source {
	p := *src
	p.set, p.attribution = set, src.attribution.Part(src.set.in(set))
	return &p
}

// Serves reports whether masks of these settings can be made of the source.
func (src *Source) Serves(s Settings) bool {
	if s.Recipe != masks.RecipeUnits {
		return src.signatures != nil
	}
	r, err := s.units()
	return err == nil && src.attribution != nil && r.Scope == src.scope && r.Own == src.own
}

func (src *Source) readSignatures(ctx context.Context, progress func(done, total int)) (err error) {
	labels := make([][]bool, src.draws)
	for k := range labels {
		labels[k] = src.labels(k)
	}
	src.signatures, err = src.lab.reading.Signatures(ctx, src.set.Plus, src.set.Minus, labels, progress)
	return err
}

// labels are those of one draw.
func (src *Source) labels(draw int) []bool {
	return masks.ShuffleLabels(len(src.set.Plus), len(src.set.Minus), rand.New(rand.NewPCG(drawSeed(src.seed, draw), 0x6c61626c))) // "labl"
}

// seed is that of a draw which is to be another for each set of statements: the same random masks for
// all personas of a library would be one control and not so many.
func (s Statements) seed(seed uint64, draw int) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %d %s", seed, draw, masks.HashStatements(s.Plus, s.Minus))
	return h.Sum64() & masks.MaxSeed
}

// drawSeed is below 2^53, as the seeds of documents are.
func drawSeed(seed uint64, draw int) uint64 {
	return (seed*1_000_003 + uint64(draw)) & masks.MaxSeed
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
	own, err := src.Own(s)
	if err != nil {
		return Masks{}, err
	}
	return src.lab.random(own, s, src.set.seed(src.seed, draw))
}

// random returns masks of the size and scope of others.
func (l *Lab) random(m Masks, s Settings, seed uint64) (Masks, error) {
	if s.Recipe == masks.RecipeUnits {
		r, err := s.units()
		if err != nil {
			return Masks{}, err
		}
		// The poles of a combined persona differ in size.
		n := masks.Counts{Plus: m.Plus.(*masks.UnitMask).Len(), Minus: m.Minus.(*masks.UnitMask).Len()}
		units, err := r.Scope.Random(&l.engine.Weights().Config, n, rand.New(rand.NewPCG(seed, 0x72616e64))) // "rand"
		if err != nil {
			return Masks{}, err
		}
		return unitMasks(units)
	}
	r, err := s.weights(0)
	if err != nil {
		return Masks{}, err
	}
	recipe := r.Random(seed).Recipe
	drawn := func(m masks.Mask) masks.Mask {
		w := *m.(*masks.WeightMask)
		w.Recipe = recipe
		return &w
	}
	return Masks{drawn(m.Plus), drawn(m.Minus)}, nil
}

// Draws returns the first masks of both controls.
func (src *Source) Draws(s Settings, n int) (shuffled, random []Masks, err error) {
	for k := range n {
		a, err := src.Shuffled(s, k)
		if err != nil {
			return nil, nil, err
		}
		b, err := src.Random(s, k)
		if err != nil {
			return nil, nil, err
		}
		shuffled, random = append(shuffled, a), append(random, b)
	}
	return shuffled, random, nil
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
		Statements: masks.StatementsOf(src.set.Plus, src.set.Minus),
	}
	p.Statements.Sorted = masks.HashSorted(src.set.Plus, src.set.Minus)
	if s.Recipe == masks.RecipeUnits {
		r, err := s.units()
		if err != nil {
			return nil, err
		}
		p.Kind = masks.KindUnits
		p.Units, err = r.Units(src.attribution, labels)
		return p, err
	}
	r, err := s.weights(src.seed)
	if err != nil {
		return nil, err
	}
	m, err := src.weightMasks(r, signature)
	if err != nil {
		return nil, err
	}
	p.Kind, p.Weights = masks.KindWeights, m.Plus.(*masks.WeightMask).Weights
	return p, nil
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

func (src *Source) weightMasks(r masks.WeightRecipe, signature int) (Masks, error) {
	plus, err := r.Mask(src.signatures[signature], masks.Plus)
	if err != nil {
		return Masks{}, err
	}
	minus, err := r.Mask(src.signatures[signature], masks.Minus)
	return Masks{plus, minus}, err
}

func unitMasks(u *masks.Units) (Masks, error) {
	plus, err := u.Mask(masks.Plus)
	if err != nil {
		return Masks{}, err
	}
	minus, err := u.Mask(masks.Minus)
	return Masks{plus, minus}, err
}
