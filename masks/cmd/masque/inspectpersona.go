package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"masque/masks"
)

type personaReport struct {
	Kind    string         `json:"kind"` // "persona"
	File    string         `json:"file"`
	Key     string         `json:"key"`
	Link    string         `json:"link"`  // fragment; "" = too large for one
	Units   *unitCounts    `json:"units"` // null for weight masks
	Persona *masks.Persona `json:"persona"`
}

// unitCounts say where a unit mask's units are.
type unitCounts struct {
	Plus  []layerCount `json:"plus"`
	Minus []layerCount `json:"minus"`
}

type layerCount struct {
	Layer    int `json:"layer"`
	Channels int `json:"channels"` // attention value channels closed
	Neurons  int `json:"neurons"`  // FFN neurons closed
}

func inspectPersona(name string, p *masks.Persona) (*personaReport, error) {
	r := &personaReport{Kind: "persona", File: name, Key: p.Key(), Persona: p}
	if masks.IsLink(name) {
		r.File = "link"
	}
	var err error
	if r.Link, err = p.Link(); err != nil && !errors.Is(err, masks.ErrLimit) {
		return nil, err
	}
	if p.Kind != masks.KindUnits {
		return r, nil
	}
	r.Units = new(unitCounts)
	if r.Units.Plus, err = countUnits(p.Units, masks.Plus); err != nil {
		return nil, err
	}
	r.Units.Minus, err = countUnits(p.Units, masks.Minus)
	return r, err
}

func (r *personaReport) printJSON(w io.Writer) error { return printJSON(w, r) }

func countUnits(u *masks.Units, pole masks.Pole) ([]layerCount, error) {
	mask, err := u.Mask(pole)
	if err != nil {
		return nil, err
	}
	counts := make([]layerCount, u.Layers[1]-u.Layers[0]+1)
	for i := range counts {
		counts[i].Layer = u.Layers[0] + i
	}
	for _, unit := range mask.Units() {
		c := &counts[unit.Layer-u.Layers[0]]
		if unit.Family == masks.Neuron {
			c.Neurons++
		} else {
			c.Channels++
		}
	}
	return counts, nil
}

func (r *personaReport) print(w io.Writer) error {
	var b strings.Builder
	p := r.Persona
	fmt.Fprintf(&b, "%s: %s\n", r.File, p.Name)
	if p.Description != "" {
		fmt.Fprintln(&b, p.Description)
	}
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(table, "  %s\t%s\n", name, strings.TrimSpace(fmt.Sprintf(format, args...)))
	}
	fmt.Fprintln(&b)
	row("plus pole", "%s. %s", p.Poles.Plus.Name, p.Poles.Plus.Description)
	row("minus pole", "%s. %s", p.Poles.Minus.Name, p.Poles.Minus.Description)
	row("model", "%s (%s, tensor data %s)", p.Model.Name, p.Model.Arch, p.Model.Digest)
	row("by", "%s, licence %s", orUnknown(p.Author), orUnknown(p.Licence))
	row("key", "%s", r.Key)
	if r.Link != "" {
		row("link", "%d characters", len(r.Link))
	} else {
		row("link", "none: it is too large for one")
	}
	row("statements", "%d plus, %d minus, SHA-256 %s", p.Statements.Plus, p.Statements.Minus, p.Statements.SHA256)
	if n := p.Statements.Said; n > 0 {
		row("and replies", "%d a pole, by the plain model under the prompts", n)
	}
	row("recipe", "%s", recipeText(&p.Recipe))
	row("mask", "%s", maskText(p))
	for _, parent := range p.Parents {
		row("parent", "%s", parentText(&parent))
	}
	table.Flush()
	if r.Units != nil {
		fmt.Fprintln(&b, "\nunits closed, plus and minus pole:")
		fmt.Fprint(table, "  layer\tattention value channels\t\tFFN neurons\t\n")
		for i, plus := range r.Units.Plus {
			minus := r.Units.Minus[i]
			fmt.Fprintf(table, "  %d\t%d\t%d\t%d\t%d\n", plus.Layer, plus.Channels, minus.Channels, plus.Neurons, minus.Neurons)
		}
		table.Flush()
	}
	if p.Evidence != nil {
		printEvidence(&b, table, p.Evidence)
	}
	return printLines(w, b.String())
}

// maskText says what a persona's masks touch.
func maskText(p *masks.Persona) string {
	if p.Kind != masks.KindTogether {
		return ownMaskText(p.Units, p.Weights)
	}
	var parts []string
	for i := range p.Together.Parts {
		part := &p.Together.Parts[i]
		text := fmt.Sprintf("%s at strength %v", ownMaskText(part.Units, part.Weights), part.Strength)
		if part.Swapped {
			text += ", poles swapped"
		}
		parts = append(parts, text)
	}
	return "together: " + strings.Join(parts, "; ")
}

func ownMaskText(u *masks.Units, w *masks.Weights) string {
	if u != nil {
		return fmt.Sprintf("%d and %d units, by %s", u.Plus.N, u.Minus.N, u.Order)
	}
	return fmt.Sprintf("weights of %s in layers %d to %d", strings.Join(w.Matrices, ", "), w.Layers[0], w.Layers[1])
}

func parentText(p *masks.Parent) string {
	text := p.Name
	if p.Swapped {
		text += ", poles swapped"
	}
	if p.Strength > 0 {
		text += fmt.Sprintf(", strength %v", p.Strength)
	}
	return fmt.Sprintf("%s, key %s", text, p.Key)
}

func printEvidence(b *strings.Builder, table *tabwriter.Writer, e *masks.Evidence) {
	fmt.Fprintf(b, "\nevidence: %s\n", e.Source)
	for _, list := range []struct {
		name  string
		tests []masks.Test
	}{{"test", e.Tests}, {"control", e.Controls}} {
		if len(list.tests) == 0 {
			continue
		}
		fmt.Fprintf(table, "  %s\tAUC\td\tperplexity ratio +/−\tstatements +/−\tnote\n", list.name)
		for i := range list.tests {
			t := &list.tests[i]
			ratio, n := "–", "–"
			if t.PPLRatio != nil {
				ratio = fmt.Sprintf("%.3f / %.3f", t.PPLRatio.Plus, t.PPLRatio.Minus)
			}
			if t.N != nil {
				n = fmt.Sprintf("%d / %d", t.N.Plus, t.N.Minus)
			}
			fmt.Fprintf(table, "  %s\t%s\t%s\t%s\t%s\t%s\n", t.Name, estimateText(t.AUC), estimateText(t.D), ratio, n, t.Note)
		}
		table.Flush()
	}
	if e.Note != "" {
		fmt.Fprintln(b, e.Note)
	}
}

func estimateText(e *masks.Estimate) string {
	switch {
	case e == nil:
		return "–"
	case e.Low != nil:
		return fmt.Sprintf("%.3f [%.3f, %.3f]", e.Value, *e.Low, *e.High)
	case len(e.Draws) > 0:
		return fmt.Sprintf("%.3f (mean of %d, %.2f–%.2f)", e.Value, len(e.Draws), slices.Min(e.Draws), slices.Max(e.Draws))
	}
	return fmt.Sprintf("%.3f", e.Value)
}

func recipeText(r *masks.Recipe) string {
	parts := []string{r.Name}
	if r.Phi != "" {
		parts = append(parts, "phi "+r.Phi)
	}
	for _, name := range r.Names() {
		parts = append(parts, fmt.Sprintf("%s %v", name, r.Parameters[name]))
	}
	return strings.Join(append(parts, fmt.Sprintf("seed %d", r.Seed)), ", ")
}

func orUnknown(s string) string {
	if s == "" {
		return "unknown"
	}
	return s
}
