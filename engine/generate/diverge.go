package generate

import (
	"context"

	"masque/engine/model"
	"masque/engine/sample"
)

// Diverge reads a reply through two voices and tells how far their
// distributions part at each of its tokens: kl is the divergence in nats of
// own's from other's before token i of the reply. between is called between
// passes, so that who cancels the context has a turn; Diverge then stops early,
// without an error.
//
// Both voices end up having read prompt and reply.
func (g *Generator) Diverge(ctx context.Context, own, other *Voice, prompt, reply []int32, between func(), on func(i int, kl float64)) error {
	if len(prompt) == 0 || len(reply) == 0 {
		return nil
	}
	for _, v := range []*Voice{own, other} {
		err := v.read(prompt, func(int, int) error {
			between()
			return ctx.Err()
		})
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
	}
	// The distribution before token i is the one after its predecessor.
	text := append([]int32{prompt[len(prompt)-1]}, reply[:len(reply)-1]...)
	const half = 8 // rows of each voice in a pass: logits are large
	sessions := []*model.Session{own.session, other.session}
	var kls []float64
	for len(kls) < len(text) {
		between()
		if ctx.Err() != nil {
			return nil
		}
		first := len(kls)
		part := text[first:min(first+half, len(text))]
		err := g.engine.Feed(sessions, part, 0, func(_ int, logits [][]float32) {
			kls = append(kls, sample.KL(logits[0], logits[1]))
		})
		if err != nil {
			return err
		}
		own.tokens = append(own.tokens, part...)
		other.tokens = append(other.tokens, part...)
		for i := first; i < len(kls); i++ {
			if !model.IsNumber(kls[i]) {
				return model.ErrNoNumbers
			}
			on(i, kls[i])
		}
	}
	return nil
}
