// Package model runs language models of the llama architecture: it reads their
// shape and weights from a GGUF file and computes logits from tokens.
//
// [Weights] are shared and read-only. An [Engine] owns the scratch memory and
// the team that multiplies; a [Session] is one conversation, with its KV cache
// and, if it has one, the [Overlay] through which it sees the weights. A pass
// takes a batch of tokens, of one session or of several, so that two
// conversations cost little more than one:
//
//	f, err := gguf.Open(file, size, "smollm2.gguf")
//	if err != nil {
//		return err
//	}
//	w, err := model.Load(f, model.Fast, nil)
//	if err != nil {
//		return err
//	}
//	e := model.NewEngine(w, 2)
//	defer e.Close()
//	s, err := e.NewSession(nil)
//	if err != nil {
//		return err
//	}
//	if err := e.Forward([]model.Row{{Session: s, Token: 1, Logits: true}}); err != nil {
//		return err
//	}
//	fmt.Println(e.Logits(0))
//
// There are two precisions of one forward pass. Fast keeps the weights as
// package quant lays them out, quantises activations to int8, and keys and values
// to 14 bits; F32 expands the weights to floats and is what Fast is measured against.
//
// The package knows nothing of text, masks or browsers.
package model
