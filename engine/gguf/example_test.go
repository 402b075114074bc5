package gguf_test

import (
	"bytes"
	"fmt"
	"io"
	"log"

	"masque/engine/gguf"
)

// A file is written, then read as it would arrive from a network.
func Example() {
	var w gguf.Writer
	w.AddMeta("general.architecture", "llama")
	w.AddMeta("llama.block_count", uint32(30))
	w.AddTensor("output_norm.weight", gguf.F32, []uint64{2}, make([]byte, 8))
	w.AddTensor("token_embd.weight", gguf.Q8_0, []uint64{32, 3}, make([]byte, 3*34))
	var body bytes.Buffer
	if _, err := w.WriteTo(&body); err != nil {
		log.Fatal(err)
	}

	f, err := gguf.Read(&body, -1, "example.gguf")
	if err != nil {
		log.Fatal(err)
	}
	layers, err := f.Metadata.Uint("llama.block_count")
	fmt.Println(layers, err)
	_, err = f.Metadata.String("llama.block_count")
	fmt.Println(err)
	err = f.Stream(&body, func(t *gguf.Tensor, r io.Reader) error {
		data, err := io.ReadAll(r)
		fmt.Printf("%s: %v, %d rows of %d, %d bytes\n", t.Name, t.Type, t.Rows(), t.Cols(), len(data))
		return err
	})
	fmt.Println(err)
	// Output:
	// 30 <nil>
	// gguf: key "llama.block_count": want string, the file has uint32: unfit metadata value
	// output_norm.weight: F32, 1 rows of 2, 8 bytes
	// token_embd.weight: Q8_0, 3 rows of 32, 102 bytes
	// <nil>
}
