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
	// Earlier are the statements of those that the parent was itself combined from.
	Earlier []string `json:"earlier,omitzero"`

	Unknown jsondoc.Raw `json:",embed"`
}

// Limits of parents.
const (
	maxParents = 8
	maxEarlier = 64
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
	if len(p.Earlier) > maxEarlier {
		return fault(field+".earlier", "has %d entries; at most %d are read", len(p.Earlier), maxEarlier)
	}
	for i, digest := range p.Earlier {
		if err := checkDigest(fmt.Sprintf("%s.earlier.%d", field, i), digest); err != nil {
			return err
		}
	}
	return checkDigest(field+".statements", p.Statements)
}

// earlier lists what [Parent.Earlier] says of a persona that becomes a parent.
func (p *Persona) earlier() (digests []string) {
	for _, parent := range p.Parents {
		for _, digest := range append([]string{parent.Statements}, parent.Earlier...) {
			if !slices.Contains(digests, digest) {
				digests = append(digests, digest)
			}
		}
	}
	return digests
}

// MadeFrom reports whether the persona, or one that it was combined from, was
// calibrated on these very statements in this order: measured on them it shows nothing.
// Documents of earlier versions do not name those that a parent was combined from.
func (p *Persona) MadeFrom(plus, minus []string) bool {
	digest := HashStatements(plus, minus)
	return p.Statements.SHA256 == digest || slices.Contains(p.earlier(), digest)
}
