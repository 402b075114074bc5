package masks

import (
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"masque/engine/sha256"
)

// Op is a way to make one persona of two.
type Op string

// The three operations on sets close, of the units that the two personas close, all, those
// in common, or those of the first alone. Together wears both masks at once.
const (
	OpUnion        Op = "union"
	OpIntersection Op = "intersection"
	OpDifference   Op = "difference"
	OpTogether     Op = "together"
)

// Ops lists the operations.
var Ops = []Op{OpUnion, OpIntersection, OpDifference, OpTogether}

// An Operand is a persona as [Combine] takes it.
type Operand struct {
	Persona *Persona
	// Swapped takes the persona's minus pole for the plus pole of the result, and the
	// other way round.
	Swapped bool
	// Strength is how far the mask closes where masks are worn together, above 0 and at
	// most 1. The operations on sets ignore it.
	Strength float64
}

// Combine makes a persona of two of the same model. Its parents are named in it; it has
// no evidence, for nothing was measured.
//
// The operations on sets need unit masks: the bits of a weight mask are not stored, and
// the gates of masks that are worn together have several strengths. The result is a unit
// mask, ranked where the masks it takes from are: its first n units are what the operation
// makes of the first units of both. Its own strength is the weaker one of the two.
func Combine(op Op, a, b Operand) (*Persona, error) {
	for _, o := range []Operand{a, b} {
		if err := o.Persona.Validate(); err != nil {
			return nil, err
		}
	}
	if m, n := a.Persona.Model, b.Persona.Model; m.Digest != n.Digest || m.Arch != n.Arch {
		return nil, fmt.Errorf("masks: %w: %s belongs to %s (tensor data %.12s…) and %s to %s (%.12s…); only personas of one model can be combined",
			ErrModel, a.Persona.Name, m.Name, m.Digest, b.Persona.Name, n.Name, n.Digest)
	}
	p := &Persona{
		Format: Format, Model: Model{Name: a.Persona.Model.Name, Arch: a.Persona.Model.Arch, Digest: a.Persona.Model.Digest},
		Recipe:  Recipe{Name: string(op), Parameters: map[string]float64{}},
		Parents: []Parent{a.parent(op), b.parent(op)},
	}
	var err error
	switch op {
	case OpUnion, OpIntersection, OpDifference:
		p.Kind = KindUnits
		if p.Units, err = combineUnits(op, a, b); err == nil {
			// Many units at full strength break a model: the weaker of the two is the safer one.
			if gamma := max(a.Persona.Recipe.Parameters["gamma"], b.Persona.Recipe.Parameters["gamma"]); gamma > 0 {
				p.Recipe.Parameters["gamma"] = gamma
			}
			p.Recipe.inherit(&a.Persona.Recipe, &b.Persona.Recipe)
		}
	case OpTogether:
		p.Kind = KindTogether
		p.Together, err = wear(a, b)
	default:
		err = fmt.Errorf("masks: there is no operation %q; there are union, intersection, difference and together", op)
	}
	if err != nil {
		return nil, err
	}
	p.Version = p.version()
	p.describe(op, a, b)
	return p, p.Validate()
}

// inherit takes over how the units of two recipes were scored, where that is the same: controls
// are scored alike.
func (r *Recipe) inherit(a, b *Recipe) {
	for _, o := range []*Recipe{a, b} {
		if _, known := o.Parameters["kappa"]; !known {
			return
		}
	}
	scoring := []string{"kappa", "ridge", "own"} // no ridge, and none of the others, is one way as well
	for _, name := range scoring {
		v, have := a.Parameters[name]
		if w, has := b.Parameters[name]; v != w || have != has {
			return
		}
	}
	for _, name := range scoring {
		if v, have := a.Parameters[name]; have {
			r.Parameters[name] = v
		}
	}
}

func (o Operand) parent(op Op) Parent {
	p := Parent{Name: o.Persona.Name, Key: o.Persona.Key(), Swapped: o.Swapped, Statements: o.Persona.Statements.SHA256, Known: o.Persona.known()}
	if op == OpTogether {
		p.Strength = o.Strength
	}
	return p
}

// from returns the operand's own pole that stands for a pole of the result.
func (o Operand) from(pole Pole) Pole {
	if o.Swapped {
		return pole.Opposite()
	}
	return pole
}

// wear lists the operands' masks as parts. An operand that has parts itself gives them, at
// its strength times theirs, which comes to the same gates.
func wear(operands ...Operand) (*Together, error) {
	t := new(Together)
	for _, o := range operands {
		if !(o.Strength > 0 && o.Strength <= 1) {
			return nil, fmt.Errorf("masks: %s at strength %v; it must be above 0 and at most 1", o.Persona.Name, o.Strength)
		}
		p := o.Persona
		if p.Kind != KindTogether {
			t.Parts = append(t.Parts, Part{
				Strength: o.Strength, Swapped: o.Swapped,
				Kind: p.Kind, Recipe: p.Recipe, Units: p.Units, Weights: p.Weights,
			})
			continue
		}
		for _, part := range p.Together.Parts {
			part.Strength *= o.Strength
			part.Swapped = part.Swapped != o.Swapped
			t.Parts = append(t.Parts, part)
		}
	}
	if len(t.Parts) > maxParts {
		return nil, fmt.Errorf("masks: %d masks at once; at most %d can be worn together", len(t.Parts), maxParts)
	}
	return t, nil
}

// combineUnits makes a unit mask of two.
func combineUnits(op Op, a, b Operand) (*Units, error) {
	for _, o := range []Operand{a, b} {
		switch o.Persona.Kind {
		case KindWeights:
			return nil, fmt.Errorf("masks: %s of %s and %s: %s masks weights, and only units can be taken as sets; together wears both masks (at strength 1 each they leave out what either leaves out)",
				op, a.Persona.Name, b.Persona.Name, o.Persona.Name)
		case KindTogether:
			return nil, fmt.Errorf("masks: %s of %s and %s: %s closes its units at several strengths, and only units that are open or closed can be taken as sets; together wears all its masks",
				op, a.Persona.Name, b.Persona.Name, o.Persona.Name)
		}
	}
	u, err := jointScope(a.Persona, b.Persona)
	if err != nil {
		return nil, err
	}
	for _, pole := range []Pole{Plus, Minus} {
		first, err := a.Persona.Units.Mask(a.from(pole))
		if err != nil {
			return nil, err
		}
		second, err := b.Persona.Units.Mask(b.from(pole))
		if err != nil {
			return nil, err
		}
		if !first.ranked || !second.ranked && op != OpDifference {
			u.Order = OrderIndex
		}
		units := op.units(first.units, second.units)
		if len(units) == 0 {
			return nil, fmt.Errorf("masks: the %s of %s (%s) and %s (%s) has no units: the %s pole would be the plain model", op,
				a.Persona.Name, a.Persona.Text(a.from(pole)).Name, b.Persona.Name, b.Persona.Text(b.from(pole)).Name, pole)
		}
		if pole == Plus {
			u.Plus, err = u.Pack(units)
		} else {
			u.Minus, err = u.Pack(units)
		}
		if err != nil {
			return nil, err
		}
	}
	if u.Order == OrderIndex {
		return u, u.sort()
	}
	return u, nil
}

// jointScope is the smallest numbering that has the units of both.
func jointScope(a, b *Persona) (*Units, error) {
	x, y := a.Units, b.Units
	u := &Units{
		Layers:   [2]int{min(x.Layers[0], y.Layers[0]), max(x.Layers[1], y.Layers[1])},
		Channels: max(x.Channels, y.Channels), Neurons: max(x.Neurons, y.Neurons),
		Order: OrderScore,
	}
	for _, one := range []*Units{x, y} {
		if one.Channels != 0 && one.Channels != u.Channels || one.Neurons != 0 && one.Neurons != u.Neurons {
			return nil, fmt.Errorf("masks: %w: %s and %s count different widths of the same model's layers (%d and %d channels, %d and %d neurons)",
				ErrModel, a.Name, b.Name, x.Channels, y.Channels, x.Neurons, y.Neurons)
		}
	}
	return u, nil
}

// sort puts the units of both poles in the order of their numbers.
func (u *Units) sort() error {
	for _, set := range []*UnitSet{&u.Plus, &u.Minus} {
		units, err := u.unpack(*set, "units")
		if err != nil {
			return err
		}
		numbers := make([]int, len(units))
		for i, unit := range units {
			numbers[i], _ = u.number(unit) // in scope: it was unpacked
		}
		slices.Sort(numbers)
		for i, number := range numbers {
			units[i] = u.unit(number)
		}
		if *set, err = u.Pack(units); err != nil {
			return err
		}
	}
	return nil
}

// units returns what an operation makes of two ranked lists, ranked so that what is among
// the first k of the lists comes first: a unit of the union at the better of its ranks, one
// of the intersection at the worse. Where two are even, the first list's goes first.
func (op Op) units(a, b []Unit) []Unit {
	rankIn := func(list []Unit) map[Unit]int {
		ranks := make(map[Unit]int, len(list))
		for i, u := range list {
			ranks[u] = i
		}
		return ranks
	}
	inA, inB := rankIn(a), rankIn(b)
	ranked := map[int]Unit{} // the first list's ranks are even, the second's odd
	for _, u := range slices.Concat(a, b) {
		i, first := inA[u]
		j, second := inB[u]
		switch {
		case op == OpUnion && first && second:
			ranked[min(2*i, 2*j+1)] = u
		case op == OpUnion && first, op == OpDifference && first && !second:
			ranked[2*i] = u
		case op == OpUnion:
			ranked[2*j+1] = u
		case op == OpIntersection && first && second:
			ranked[max(2*i, 2*j+1)] = u
		}
	}
	var units []Unit
	for _, rank := range slices.Sorted(maps.Keys(ranked)) {
		units = append(units, ranked[rank])
	}
	return units
}

// describe gives the persona names, texts and statements from its parents'.
func (p *Persona) describe(op Op, a, b Operand) {
	x, y := a.Persona, b.Persona
	p.Name = op.join(x.Name, y.Name, maxName)
	p.Description = cut(map[Op]string{
		OpUnion:        "Closes the units that either of two personas closes.",
		OpIntersection: "Closes the units that two personas have in common.",
		OpDifference:   "Closes the units of one persona that another does not close.",
		OpTogether:     "Wears the masks of two personas at once, each at its own strength.",
	}[op], maxText)
	if p.Author = x.Author; y.Author != x.Author {
		p.Author = joinPresent(x.Author, y.Author, "; ")
	}
	if p.Licence = x.Licence; y.Licence != x.Licence {
		p.Licence = joinPresent(x.Licence, y.Licence, " AND ") // an SPDX expression
	}
	for _, pole := range []Pole{Plus, Minus} {
		first, second := x.Text(a.from(pole)), y.Text(b.from(pole))
		text := PoleText{Name: op.join(first.Name, second.Name, maxName), Description: first.Description}
		if op != OpDifference {
			text.Description = cut(strings.TrimSpace(first.Description+" "+second.Description), maxText)
		}
		if pole == Plus {
			p.Poles.Plus = text
		} else {
			p.Poles.Minus = text
		}
	}
	if plus, minus := &p.Poles.Plus, &p.Poles.Minus; strings.EqualFold(plus.Name, minus.Name) { // cut before they differ
		for _, end := range []struct {
			text *PoleText
			pole Pole
		}{{plus, Plus}, {minus, Minus}} {
			ending := fmt.Sprintf(" (%s)", end.pole)
			first, second := x.Text(a.from(end.pole)), y.Text(b.from(end.pole))
			end.text.Name = op.join(first.Name, second.Name, maxName-len(ending)) + ending
		}
	}
	h := sha256.New()
	io.WriteString(h, x.Statements.SHA256+"\n"+y.Statements.SHA256+"\n")
	p.Statements = Statements{
		Plus: x.count(a.from(Plus)) + y.count(b.from(Plus)), Minus: x.count(a.from(Minus)) + y.count(b.from(Minus)),
		SHA256: hex.EncodeToString(h.Sum(nil)),
	}
}

func (p *Persona) count(pole Pole) int {
	if pole == Minus {
		return p.Statements.Minus
	}
	return p.Statements.Plus
}

// join names a combination after its parents, each cut to what fits.
func (op Op) join(a, b string, limit int) string {
	before, between := "", " + "
	switch op {
	case OpUnion:
		between = " or "
	case OpIntersection:
		before, between = "Shared by ", " and "
	case OpDifference:
		between = " without "
	}
	room := (limit - utf8.RuneCountInString(before+between)) / 2
	return before + cut(a, room) + between + cut(b, room)
}

func joinPresent(a, b, between string) string {
	if a == "" || b == "" {
		return a + b
	}
	return cut(a+between+b, maxName)
}

// cut shortens a text to so many characters.
func cut(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:limit-1])) + "…"
}
