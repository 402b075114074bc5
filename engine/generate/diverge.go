package generate

import (
	"context"

	"masque/engine/model"
	"masque/engine/sample"
)

// Diverge reads a reply through two voices and tells how far their
// distributions part at each of its tokens: kl is the divergence in nats of
// own's from other's before token i of the reply. It stops early, without an
// error, when the context is cancelled.
//
// Both voices end up having read prompt and reply.
func (g *Generator) Diverge(ctx context.Context, own, other *Voice, prompt, reply []int32, on func(i int, kl float64)) error {
	if len(prompt) == 0 || len(reply) == 0 {
		return nil
	}
	for _, v := range []*Voice{own, other} {
		err := g.read(v, prompt, func(int, int) error { return ctx.Err() })
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
	for at := 0; at < len(text); at += half {
		part := text[at:min(at+half, len(text))]
		rows := g.rows[:0]
		for _, v := range []*Voice{own, other} {
			for _, id := range part {
				rows = append(rows, model.Row{Session: v.session, Token: id, Logits: true})
			}
		}
		g.rows = rows
		if err := g.engine.Forward(rows); err != nil {
			return err
		}
		own.tokens = append(own.tokens, part...)
		other.tokens = append(other.tokens, part...)
		for i := range part {
			kl := sample.KL(g.engine.Logits(i), g.engine.Logits(len(part)+i))
			if !model.IsNumber(kl) {
				return model.ErrNoNumbers
			}
			on(at+i, kl)
		}
		if ctx.Err() != nil {
			return nil
		}
	}
	return nil
}
