package main

import (
	"context"
	"flag"
	"io"
	"os"
	"strings"
	"unicode"

	"masque/masks"
)

var inspectCommand = command{
	name:    "inspect",
	args:    "[-json] FILE",
	summary: "Show what a model (GGUF) or a persona holds; a persona may also be a link or a library name",
	example: "masque inspect SmolLM2-135M-Instruct.Q4_1.gguf\nmasque inspect -json extraversion",
	setup: func(flags *flag.FlagSet) func(context.Context, *env, []string) error {
		asJSON := flags.Bool("json", false, "print one JSON object")
		return func(ctx context.Context, e *env, args []string) error {
			if len(args) != 1 {
				return usagef("one file is wanted, %d are named", len(args))
			}
			report, err := inspect(ctx, e, args[0])
			if err != nil {
				return err
			}
			if *asJSON {
				return report.printJSON(e.stdout)
			}
			return report.print(e.stdout)
		}
	},
}

// report is what inspect found: a modelReport or a personaReport.
type report interface {
	print(w io.Writer) error
	printJSON(w io.Writer) error
}

func inspect(ctx context.Context, e *env, name string) (report, error) {
	if !masks.IsLink(name) && isGGUF(name) {
		return inspectModel(ctx, e, name)
	}
	p, err := findPersona(name)
	if err != nil {
		return nil, err
	}
	return inspectPersona(name, p)
}

// isGGUF looks at the first bytes. A file that cannot be opened is none: findPersona
// says why. A pipe is none either: what was read of it is gone, and a persona may
// come through one.
func isGGUF(path string) bool {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return false
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	var magic [4]byte
	_, err = io.ReadFull(file, magic[:])
	return err == nil && string(magic[:]) == "GGUF"
}

// printLines prints text without the blanks that tables leave at the ends of lines, and
// without what would drive a terminal: names in files may hold anything.
func printLines(w io.Writer, text string) error {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(shown(strings.TrimRight(line, " \n")))
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// shown replaces control characters, for which a terminal has uses of its own.
func shown(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
