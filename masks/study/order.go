package study

import (
	"context"
	"fmt"

	"masque/masks"
)

// An Order says what a persona is to be made of.
type Order struct {
	Pair     *Pair
	Set      Statements // as [Statements.Clean] leaves them
	Settings Settings
	Holdout  float64 // share of the statements that is kept for the test; 0 tests nothing
	Seed     uint64
	Draws    int // of shuffled labels that weight masks can be made of later
}

// minTested is the least that a pole is tested on.
const minTested = 2

// Split returns the statements to calibrate on and those that are kept for the test.
func (o *Order) Split() (calibration, test Statements, err error) {
	shares := Shares{Test: o.Holdout}
	if err := shares.Check(); err != nil {
		return Statements{}, Statements{}, err
	}
	calibration, held := ByLine(o.Set, shares, 0)
	test = held.Test
	if o.Holdout > 0 && (len(test.Plus) < minTested || len(test.Minus) < minTested) {
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
	calibration, _, err := o.Split()
	if err != nil {
		return nil, nil, err
	}
	src, err := l.Source(ctx, calibration, o.Settings, o.Draws, o.Seed, progress)
	if err != nil {
		return nil, nil, err
	}
	p, err := src.Persona(o.Settings)
	if err != nil {
		return nil, nil, err
	}
	p.Model = m
	o.Pair.Describe(p)
	own, err := src.of(p)
	return p, &Subject{
		Masks: own, Settings: o.Settings, Calibration: calibration, Source: src, Prompts: o.Pair.Prompts(), Seed: o.Seed,
	}, err
}

// Evidence is that of an order before anything has been measured.
func (o *Order) Evidence() *masks.Evidence {
	return &masks.Evidence{
		Source:        fmt.Sprintf("Measured by Masque on the share of %v of the statements that its split by hash keeps out of calibration.", o.Holdout),
		SettingsTried: 1, Note: o.Pair.Caveat(),
	}
}
