package main

import (
	"masque/masks"
	"masque/masks/library"
	"masque/masks/study"
)

// seen returns those of the library's statements that a persona was made from, or one that it
// was combined from. Of others a document tells nothing but the hash of all of them.
func seen(p *masks.Persona) (of study.Statements, err error) {
	sets, err := library.Statements()
	if err != nil {
		return of, err
	}
	for _, s := range sets {
		set := study.Statements{Plus: s.Plus, Minus: s.Minus}.Clean()
		calibration, held := study.ByLine(set, study.LibraryShares, 0)
		for _, made := range []study.Statements{calibration, calibration.And(held.Development), set} {
			if p.MadeFrom(made.Plus, made.Minus) {
				of = of.And(made)
			}
		}
	}
	return of, nil
}
