// Package study measures what a persona does, and what else would do as much.
//
// The measure is a difference of likelihoods. For a statement x that nobody has
// calibrated on, D = ℓ(x through the plus mask) − ℓ(x through the minus mask), ℓ
// being the mean log-probability of a token. [AUC] asks how well D tells the
// statements of the two poles apart; [Separate] puts an interval, an effect size
// and a permutation test beside it.
//
// A figure alone says little, so [Lab.Evaluate] measures the alternatives on the
// same statements: masks from shuffled labels, masks of random units, a prompt,
// examples in a prompt, and what the mask costs on neutral text.
//
//	lab, err := study.New(engine, tok, family)
//	calibration, rest := study.ByStatement(set, study.Shares{Test: .5}, 0)
//	source, err := lab.Source(ctx, calibration, settings, 10, seed, progress)
//	masks, err := source.Own(settings)
//	result, err := lab.Evaluate(ctx, masks, rest.Test, study.Options{Seed: seed}, progress)
//
// What all of it shows is a property of text: a mask makes statements that people
// label extraverted more likely. It never shows that a model is an extravert.
//
// Everything takes a context, runs in a browser as it does natively, and gives the
// same figures for the same model, statements and seed.
package study
