package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"

	"masque/engine/gguf"
	"masque/engine/quant"
)

var requantiseCommand = command{
	name:    "requantise",
	args:    "-o FILE [-model FILE]",
	summary: "Write a model again with every matrix as Q8_0, for comparing engines",
	example: "masque requantise -model SmolLM2-135M-Instruct.Q4_1.gguf -o SmolLM2-135M-Instruct.Q8_0.gguf",
	setup: func(flags *flag.FlagSet) func(context.Context, *env, []string) error {
		path := flags.String("model", "", "the GGUF `file` (default $MASQUE_MODEL)")
		out := flags.String("o", "", "the `file` to write")
		return func(ctx context.Context, e *env, args []string) error {
			switch {
			case len(args) > 0:
				return usagef("%q is no flag; the file goes with -model", args[0])
			case *out == "":
				return usagef("no file is named: give -o FILE")
			}
			model, err := e.modelPath(*path)
			if err != nil {
				return err
			}
			return requantise(ctx, e, model, *out)
		}
	},
}

// fileTypeQ8_0 is general.file_type of a file that is mostly Q8_0, in
// llama.cpp's list.
const fileTypeQ8_0 = uint32(7)

// requantise writes path's model to out. Vectors, and matrices whose rows are
// no whole blocks, stay what they are.
func requantise(ctx context.Context, e *env, path, out string) error {
	if err := writable(out, path); err != nil {
		return err
	}
	m, err := openModel(path)
	if err != nil {
		return err
	}
	defer m.Close()
	p := e.progress()
	defer p.clear()
	w := new(gguf.Writer)
	for key, value := range m.Metadata.All() {
		if key == "general.file_type" {
			value = fileTypeQ8_0
		}
		w.AddMeta(key, value)
	}
	changed, done := 0, int64(0)
	for i := range m.Tensors {
		if err := ctx.Err(); err != nil {
			return err
		}
		t := &m.Tensors[i]
		data := make([]byte, t.Size)
		if _, err := io.ReadFull(m.Section(t), data); err != nil {
			return fmt.Errorf("%s: tensor %q: %w", path, t.Name, err)
		}
		kind := t.Type
		if t.Rows() > 1 && t.Cols()%gguf.Q8_0.BlockLen() == 0 && kind != gguf.Q8_0 && quant.Supported(kind) {
			weights := make([]float32, t.Rows()*t.Cols())
			quant.Dequantize(weights, kind, data)
			data, kind = quant.EncodeQ8_0(nil, weights), gguf.Q8_0
			changed++
		}
		w.AddTensor(t.Name, kind, t.Dims, data)
		done += t.Size
		p.share("requantising", done, m.DataSize())
	}
	var file bytes.Buffer
	if _, err := w.WriteTo(&file); err != nil {
		return err
	}
	if err := writeFile(out, file.Bytes()); err != nil {
		return err
	}
	p.clear()
	_, err = fmt.Fprintf(e.stdout, "%s: %d bytes, %d of %d tensors requantised to Q8_0\n", out, file.Len(), changed, len(m.Tensors))
	return err
}
