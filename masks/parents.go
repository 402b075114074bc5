package masks

import (
	"fmt"
	"slices"

	"masque/masks/jsondoc"
)

// Parent names a persona that another one was combined from.
type Parent struct {
	Name string `json:"name"`
	Key  string `json:"key"` // [Persona.Key]
	// Swapped says that the parent's minus pole went into this persona's plus pole, and the
	// other way round.
	Swapped bool `json:"swapped,omitzero"`
	// Strength is what the parent was given, where the personas are worn together; 0
	// where its units were taken as a set.
	Strength float64 `json:"strength,omitzero"`
	// Statements are those of the parent's calibration; see [HashStatements].
	Statements string `json:"statements"`
	// Known are further hashes that tell the parent's statements: sorted, and those of the
	// personas that it was itself combined from.
	Known []string `json:"known,omitzero"`

	Unknown jsondoc.Raw `json:",embed"`
}

// Limits of parents.
const (
	maxParents = 8
	maxKnown   = 64
)

func (p *Persona) validateParents() error {
	if len(p.Parents) > maxParents {
		return fault("parents", "has %d entries; at most %d are read", len(p.Parents), maxParents)
	}
	for i := range p.Parents {
		if err := p.Parents[i].validate(fmt.Sprintf("parents.%d", i)); err != nil {
			return err
		}
	}
	return nil
}

func (p *Parent) validate(field string) error {
	if err := checkTexts([]textMember{{field + ".name", p.Name, true, maxName}}); err != nil {
		return err
	}
	if err := checkDigest(field+".key", p.Key); err != nil {
		return err
	}
	if !between(p.Strength, 0, 1) {
		return fault(field+".strength", "is %v; it must be between 0 and 1", p.Strength)
	}
	if len(p.Known) > maxKnown {
		return fault(field+".known", "has %d entries; at most %d are read", len(p.Known), maxKnown)
	}
	for i, digest := range p.Known {
		if err := checkDigest(fmt.Sprintf("%s.known.%d", field, i), digest); err != nil {
			return err
		}
	}
	return checkDigest(field+".statements", p.Statements)
}

// known lists what [Parent.Known] says of a persona that becomes a parent.
func (p *Persona) known() (digests []string) {
	add := func(digest string) {
		if digest != "" && !slices.Contains(digests, digest) {
			digests = append(digests, digest)
		}
	}
	add(p.Statements.Sorted)
	for _, parent := range p.Parents {
		add(parent.Statements)
		for _, digest := range parent.Known {
			add(digest)
		}
	}
	return digests
}

// MadeFrom reports whether the persona, or one that it was combined from, was calibrated on
// these very statements, with the poles as they are or exchanged: measured on them it shows
// nothing. Of personas of earlier versions and of the library it knows statements in the order
// in which they were made from them, or sorted if they were so; and of a combination that an
// earlier version made, those of its parents alone.
func (p *Persona) MadeFrom(plus, minus []string) bool {
	known := append(p.known(), p.Statements.SHA256)
	for _, digest := range []string{
		HashStatements(plus, minus), HashSorted(plus, minus),
		HashStatements(minus, plus), HashSorted(minus, plus),
	} {
		if slices.Contains(known, digest) {
			return true
		}
	}
	return false
}
