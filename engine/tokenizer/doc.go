// Package tokenizer turns text into the token ids of a model, and ids back into
// text.
//
// It is for anybody who runs a model from a GGUF file. Two kinds of vocabulary
// are read: byte-level BPE (model "gpt2": GPT-2, SmolLM, Llama 3, Qwen2) and
// SentencePiece BPE (model "llama": Llama 2, TinyLlama, Mistral, Gemma). The ids
// are those of llama.cpp and of the libraries the models were trained with.
//
//	t, err := tokenizer.FromGGUF(file)
//	if err != nil {
//		return err
//	}
//	ids := t.Encode("Hello, world!", false)
//	text := t.Decode(ids)
//
// Text that people wrote is plain: "<|im_end|>" typed in a chat is ten
// characters and not the end of a turn. Control tokens are parsed only where the
// caller says so.
//
// Text is bytes. Input which is not UTF-8 keeps its bytes as far as the
// vocabulary has tokens for them; a [Stream] alone mends what it gives out.
//
// A Tokenizer is read-only and may be used by several goroutines at once.
package tokenizer
