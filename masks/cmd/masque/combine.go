package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"

	"masque/masks"
)

var combineCommand = command{
	name:    "combine",
	args:    "-op union|intersection|difference|together -o PERSONA [flags] A B",
	summary: "Make a persona of two of the same model: of their units, or of both masks worn at once",
	example: "masque combine -op together -weights .7,.4 -poles plus,minus -o lively-casual.persona.json extraversion formality\n" +
		"masque combine -op difference -o calm.persona.json mine.persona.json extraversion",
	setup: func(flags *flag.FlagSet) func(context.Context, *env, []string) error {
		var c combiner
		flags.StringVar(&c.op, "op", "", "`what` to make: union, intersection or difference of the units that the two close, or together, which wears both masks")
		listFlag(flags, "weights", "the two `strengths` for -op together, each above 0 and at most 1 (default: those of the personas' evidence)", &c.weights, number)
		listFlag(flags, "poles", "`which` pole of A and of B goes into the new plus pole, by name or as plus or minus (default plus,plus); the opposite ones make the minus pole", &c.poleNames, text)
		flags.StringVar(&c.name, "name", "", "the new persona's `name` (default: made of the two names)")
		flags.StringVar(&c.out, "o", "", "the persona `file` to write")
		return func(_ context.Context, e *env, args []string) error {
			operands, err := mixed(flags, args)
			if err != nil {
				return usagef("%v", err)
			}
			if err := c.check(operands); err != nil {
				return err
			}
			return c.combine(e, operands[0], operands[1])
		}
	},
}

// mixed parses flags that stand behind arguments.
func mixed(flags *flag.FlagSet, args []string) (arguments []string, err error) {
	for len(args) > 0 {
		arguments = append(arguments, args[0])
		if err := flags.Parse(args[1:]); err != nil {
			return nil, err
		}
		args = flags.Args()
	}
	return arguments, nil
}

type combiner struct {
	op, name, out string
	weights       []float64 // none: the personas' own
	poleNames     []string  // none: the plus poles
}

func (c *combiner) check(operands []string) error {
	switch {
	case c.op == "":
		return usagef("no operation is named: give -op union, intersection, difference or together")
	case !slices.Contains(masks.Ops, masks.Op(c.op)):
		return usagef("-op %s is no operation; there are union, intersection, difference and together", c.op)
	case len(operands) != 2:
		return usagef("%d personas are named; combine takes two", len(operands))
	case c.out == "":
		return usagef("no file is named for the persona: give -o FILE")
	case c.weights != nil && masks.Op(c.op) != masks.OpTogether:
		return usagef("-weights goes with -op together; %s takes units as sets", c.op)
	case c.weights != nil && len(c.weights) != 2:
		return usagef("-weights has %d numbers; give one for each persona", len(c.weights))
	case c.poleNames != nil && len(c.poleNames) != 2:
		return usagef("-poles has %d names; give one for each persona", len(c.poleNames))
	}
	for _, w := range c.weights {
		if !(w > 0 && w <= 1) {
			return usagef("-weights %v: a strength is above 0 and at most 1", w)
		}
	}
	return nil
}

func (c *combiner) combine(e *env, a, b string) error {
	if err := writable(c.out, a, b); err != nil {
		return err
	}
	var operands [2]masks.Operand
	for i, arg := range []string{a, b} {
		p, err := findPersona(arg)
		if err != nil {
			return err
		}
		operands[i] = masks.Operand{Persona: p, Strength: p.OwnStrength()}
		if c.weights != nil {
			operands[i].Strength = c.weights[i]
		}
		if c.poleNames != nil {
			pole, err := p.Pole(c.poleNames[i])
			if err != nil {
				return err
			}
			operands[i].Swapped = pole == masks.Minus
		}
	}
	p, err := masks.Combine(masks.Op(c.op), operands[0], operands[1])
	if err != nil {
		return err
	}
	if c.name != "" {
		p.Name = c.name
	}
	var document bytes.Buffer
	if err := p.Write(&document); err != nil {
		return err
	}
	if err := writeFile(c.out, document.Bytes()); err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s; plus pole %s, minus pole %s\n", c.out, p.Name, p.Poles.Plus.Name, p.Poles.Minus.Name)
	fmt.Fprintf(&text, "mask: %s\n", maskText(p))
	fmt.Fprintln(&text, "Nothing is known yet of how well it does: masque eval measures it.")
	return printLines(e.stdout, text.String())
}
