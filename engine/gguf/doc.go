// Package gguf reads GGUF files, the container in which language models are
// passed round: a list of metadata (hyperparameters, the tokenizer, the chat
// template), a table of tensors, and the tensors' bytes.
//
// It is for programs that load a model, and it trusts no file: every count,
// length and offset is checked before it is used, memory grows only as bytes
// arrive, and each error says which key or tensor is at fault and where in the
// file.
//
// A file that can be read anywhere is opened, and its tensors are read in any
// order:
//
//	f, err := gguf.Open(file, size, "smollm2.gguf")
//	if err != nil {
//		return err
//	}
//	layers, err := f.Metadata.Uint("llama.block_count")
//	t, ok := f.Tensor("token_embd.weight")
//	data, err := io.ReadAll(f.Section(t))
//
// A file that arrives in order, from a network say, is read in order:
//
//	f, err := gguf.Read(body, -1, "smollm2.gguf")
//	if err != nil {
//		return err
//	}
//	err = f.Stream(body, func(t *gguf.Tensor, r io.Reader) error {
//		_, err := io.ReadFull(r, weights[t.Name])
//		return err
//	})
//
// Versions 2 and 3 are read, in little-endian order. The specification is
// docs/gguf.md of the ggml project; where it and ggml's own reader differ, the
// code says which it follows.
package gguf
