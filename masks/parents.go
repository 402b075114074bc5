package masks

import (
	"fmt"

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

	Unknown jsondoc.Raw `json:",embed"`
}

// maxParents bounds the list of parents.
const maxParents = 8

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
	return checkDigest(field+".statements", p.Statements)
}

// MadeFrom reports whether the persona, or one that it was combined from, was
// calibrated on these very statements: measured on them it shows nothing.
func (p *Persona) MadeFrom(plus, minus []string) bool {
	digest := HashStatements(plus, minus)
	for _, parent := range p.Parents {
		if parent.Statements == digest {
			return true
		}
	}
	return p.Statements.SHA256 == digest
}
