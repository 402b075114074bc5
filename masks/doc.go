// Package masks holds personas: what a persona file says, and what it does to
// a model.
//
// A persona is one JSON document, the .persona.json file: a name, two poles, the
// model it belongs to, a mask for each pole, the recipe and the statements the
// masks were found with, and the evidence of how well they work. It is never a
// copy of the model. A [Mask] turns one pole into a [model.Overlay], through
// which a session of package model reads the shared weights:
//
//	p, err := masks.Read(file) // parsed and validated
//	if err != nil {
//		return err
//	}
//	if err := p.Check(loaded); err != nil { // made for another model
//		return err
//	}
//	mask, err := p.Mask(masks.Plus)
//	if err != nil {
//		return err
//	}
//	overlay, err := mask.Overlay(weights, 0) // γ = 0: the mask at full strength
//	if err != nil {
//		return err
//	}
//	session, err := engine.NewSession(overlay)
//
// In the evidence, a test's name and note are for people; what was measured stands in
// identifiers (see [Topic]), which documents of earlier versions are given when they are
// read (see [Evidence.FillIn]).
//
// There are two families of masks. A [UnitMask] closes single units: attention
// value channels and FFN neurons. It is a few hundred bytes and fits a link (see
// [Persona.Link]). A [WeightMask] keeps one bit a weight; its document carries the
// statistics from which the bits are rebuilt.
//
// [Combine] makes one persona of two: of the units of both as sets, or a [TogetherMask]
// that wears both masks, each at its own strength.
//
// For a mask, G = M + γ(1 − M) is the factor of a weight or a unit: γ = 0 prunes what
// the mask M leaves out, γ = 1 is the dense model. What people see is the strength,
// 1 − γ.
package masks
