// Package generate turns prompts into replies: it prefills, samples and decodes
// for one conversation or for several at once on the same weights.
//
// A [Voice] is a conversation through one overlay. Voices that reply together
// share every pass, so two of them cost little more than one. What a voice has
// read stays in its KV cache, and a prompt that begins the same way is only
// read from where it differs.
//
//	g, err := generate.New(engine, tok, family)
//	if err != nil {
//		return err
//	}
//	plain, err := g.NewVoice(nil)
//	if err != nil {
//		return err
//	}
//	prompt, err := g.Prompt(messages)
//	if err != nil {
//		return err
//	}
//	return g.Reply(ctx, []generate.Request{{Voice: plain, Prompt: prompt, MaxTokens: 200}}, func(ev generate.Event) {
//		if t, ok := ev.(generate.Token); ok {
//			fmt.Print(t.Text)
//		}
//	})
//
// Events arrive on the goroutine that called Reply, between two passes: a
// callback may cancel the context, and takes effect within one token.
package generate
