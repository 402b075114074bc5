// Package sample chooses the next token from a model's logits, and says how likely
// tokens were.
//
//	if err := params.Validate(); err != nil {
//		return err
//	}
//	s := sample.New(params)
//	for {
//		id := s.Sample(logits)
//		s.Accept(id)
//		…
//	}
//
// The steps and their order are those of llama.cpp: repetition penalty, top-k,
// top-p, min-p, temperature. The same logits and the same seed give the same token
// on every platform: arithmetic is float64 without fused operations, the generator
// is PCG, and a token is drawn in the order of the ids, so that logits which differ
// in their last bits almost always give the same token too.
//
// A logit that is NaN or −∞ is a token that cannot be chosen; +∞ counts as the
// largest finite number. All functions of the package hold to that.
//
// Nothing sorts the vocabulary, and a step allocates nothing once buffers have
// their size.
package sample
