package study

import (
	"context"
	"fmt"

	"masque/masks"
)

// An Order says what a persona is to be made of: all of the statements. How far its masks
// separate unseen ones is asked of others, made in the same way without a share of the
// statements, and tested on that share.
type Order struct {
	Pair     *Pair
	Set      Statements // as [Statements.Clean] leaves them
	Settings Settings
	Holdout  float64 // share of the statements that is held out for the test; 0 tests nothing
	Seed     uint64
	Draws    int // of shuffled labels that weight masks can be made of later
	Tried    int // settings that statements of the set have been used to measure; 0 is these alone
}

// testable reports whether both poles have the two statements that an interval needs at least.
func (s Statements) testable() bool { return min(len(s.Plus), len(s.Minus)) >= 2 }

// Split returns the statements that the masks under test are made from, and those that
// they are tested on.
func (o *Order) Split() (calibration, test Statements, err error) {
	shares := Shares{Test: o.Holdout}
	if err := shares.Check(); err != nil {
		return Statements{}, Statements{}, err
	}
	calibration, held := ByLine(o.Set, shares, 0)
	test = held.Test
	if o.Holdout > 0 && !test.testable() {
		return Statements{}, Statements{}, fmt.Errorf(
			"of a share of %v, %d plus and %d minus statements are held out, too few to test on: give more statements, or hold none out",
			o.Holdout, len(test.Plus), len(test.Minus))
	}
	return calibration, test, nil
}

// Make finds the persona that is ordered. It has its words and its model, and no
// evidence yet: that is what [Lab.Measure] finds of the subject on the test part of
// [Order.Split].
func (l *Lab) Make(ctx context.Context, o *Order, m masks.Model, progress Progress) (*masks.Persona, *Subject, error) {
	part, rest, err := o.Split()
	if err != nil {
		return nil, nil, err
	}
	if err := l.Check(o.Set); err != nil {
		return nil, nil, err
	}
	ofPart, ofAll, err := l.sources(ctx, o, part, rest, progress)
	if err != nil {
		return nil, nil, err
	}
	p, err := ofAll.Persona(o.Settings)
	if err != nil {
		return nil, nil, err
	}
	p.Model = m
	o.Pair.Describe(p)
	own, err := ofAll.of(p)
	if err != nil {
		return nil, nil, err
	}
	s := &Subject{
		Masks: own, Settings: o.Settings, Calibration: part, Source: ofPart, Prompts: o.Pair.Prompts(), Seed: o.Seed,
	}
	if ofPart != ofAll {
		s.Whole = &own
		s.Masks, err = ofPart.Own(o.Settings)
	}
	return p, s, err
}

// sources reads an order's statements, each once, and keeps what was read of the part
// that is not held out, of which controls can be made, beside what was read of all.
func (l *Lab) sources(ctx context.Context, o *Order, part, rest Statements, progress Progress) (ofPart, ofAll *Source, err error) {
	if err := part.enough(); err != nil {
		return nil, nil, err
	}
	if o.Holdout == 0 {
		ofAll, err = l.Source(ctx, o.Set, o.Settings, o.Draws, o.Seed, progress)
		return ofAll, ofAll, err
	}
	if o.Settings.Recipe == masks.RecipeUnits {
		ofAll, err = l.Source(ctx, o.Set, o.Settings, o.Draws, o.Seed, progress)
		if err != nil {
			return nil, nil, err
		}
		return ofAll.part(part), ofAll, nil
	}
	first, total := len(part.all()), len(o.Set.all())
	ofPart = &Source{lab: l, set: part, seed: o.Seed, draws: o.Draws}
	if err := ofPart.readSignatures(ctx, func(done, _ int) { progress.tell("calibrating", done, total) }); err != nil {
		return nil, nil, err
	}
	ofAll = &Source{lab: l, set: rest, seed: o.Seed}
	if err := ofAll.readSignatures(ctx, func(done, _ int) { progress.tell("calibrating", first+done, total) }); err != nil {
		return nil, nil, err
	}
	ofAll.set = o.Set
	return ofPart, ofAll, ofAll.signatures[0].Merge(ofPart.signatures[0])
}

// Evidence is that of an order before anything has been measured.
func (o *Order) Evidence() *masks.Evidence {
	return &masks.Evidence{
		Source: fmt.Sprintf("Measured by Masque. Unseen statements: the share of %v that its split by hash holds out, tested with "+masks.OtherMasks+". "+
			"Cost, replies and tests on other statements: with the persona's own masks, made from all of them.", o.Holdout),
		Origin: masks.OriginHeldOut, Holdout: o.Holdout, SettingsTried: max(1, o.Tried), Note: o.Pair.Caveat(),
	}
}
