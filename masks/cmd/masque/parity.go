package main

import (
	"context"
	"errors"
	"flag"
	"io/fs"
	"os"
	"runtime"

	"masque/engine/model"
	"masque/masks/parity"
)

var parityCommand = command{
	name:    "parity",
	args:    "-golden DIR [-model FILE]",
	summary: "Compare the engine with golden values of a reference implementation",
	example: "masque parity -model SmolLM2-135M-Instruct.Q4_1.gguf -golden engine/testdata/golden",
	setup: func(flags *flag.FlagSet) func(context.Context, *env, []string) error {
		path := flags.String("model", "", "the GGUF `file` (default $MASQUE_MODEL)")
		golden := flags.String("golden", "", "the `folder` with the golden files; those that are there are compared")
		return func(ctx context.Context, e *env, args []string) error {
			switch {
			case len(args) > 0:
				return usagef("%q is no flag; the folder goes with -golden", args[0])
			case *golden == "":
				return usagef("no golden values are named: give -golden DIR")
			}
			model, err := e.modelPath(*path)
			if err != nil {
				return err
			}
			return compare(ctx, e, model, *golden)
		}
	},
}

// compare runs both paths, the f32 path first: it is the fast one's reference.
func compare(ctx context.Context, e *env, path, golden string) error {
	root, err := os.OpenRoot(golden)
	if err != nil {
		return err
	}
	defer root.Close()
	m, err := openModel(path)
	if err != nil {
		return err
	}
	defer m.Close()
	tok, family, err := m.text("")
	if err != nil {
		return err
	}
	p := e.progress()
	defer p.clear()
	run := &parity.Run{Golden: root.FS(), Tokenizer: tok, Family: family}
	checks, err := run.Text()
	if err != nil {
		return err
	}
	for _, precision := range []model.Precision{model.F32, model.Fast} {
		weights, err := m.weights(ctx, p, precision)
		if err != nil {
			return err
		}
		run.Progress = func(step string) error {
			p.step(precision.String() + ": " + step)
			return ctx.Err()
		}
		engine := model.NewEngine(weights, workers())
		more, err := run.Path(engine)
		engine.Close()
		p.clear()
		if err != nil {
			return err
		}
		checks = append(checks, more...)
		weights, engine = nil, nil
		runtime.GC() // the f32 weights are four times as large as the others
	}
	if len(checks) == 0 {
		return &fs.PathError{Op: "parity", Path: golden, Err: errors.New("there are no golden files that are known")}
	}
	skipped, err := run.Skipped()
	if err != nil {
		return err
	}
	beyond, err := parity.Write(e.stdout, checks, skipped)
	if err == nil && beyond > 0 {
		err = errQuiet
	}
	return err
}
