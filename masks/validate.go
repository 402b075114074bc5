package masks

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of the texts, in characters.
const (
	maxName = 80
	maxText = 4000
)

// Validate checks every member that this version knows and returns the first fault: a
// [FieldError] that names the member and what it needs.
func (p *Persona) Validate() error {
	if p.Format != Format {
		return fault("format", "is %q; it must be %q", p.Format, Format)
	}
	if p.Version != Version && p.Version != VersionTogether {
		return fmt.Errorf("persona: %w: it says version %d, this program writes versions %d and %d", ErrVersion, p.Version, Version, VersionTogether)
	}
	for _, check := range []func() error{
		p.validateTexts,
		p.Model.validate,
		p.Recipe.validate,
		p.validateMask,
		p.validateParents,
		p.Statements.validate,
		p.Evidence.validate,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (p *Persona) validateTexts() error {
	if err := checkTexts([]textMember{
		{"name", p.Name, true, maxName},
		{"description", p.Description, false, maxText},
		{"author", p.Author, false, maxName},
		{"licence", p.Licence, false, maxName},
		{"poles.plus.name", p.Poles.Plus.Name, true, maxName},
		{"poles.plus.description", p.Poles.Plus.Description, false, maxText},
		{"poles.plus.label", p.Poles.Plus.Label, false, maxName},
		{"poles.minus.name", p.Poles.Minus.Name, true, maxName},
		{"poles.minus.description", p.Poles.Minus.Description, false, maxText},
		{"poles.minus.label", p.Poles.Minus.Label, false, maxName},
	}); err != nil {
		return err
	}
	if strings.EqualFold(p.Poles.Plus.Name, p.Poles.Minus.Name) {
		return fault("poles.minus.name", "is the name of the plus pole as well; give the poles different names")
	}
	return nil
}

func (m *Model) validate() error {
	if err := checkTexts([]textMember{
		{"model.name", m.Name, true, maxName},
		{"model.arch", m.Arch, true, maxName},
	}); err != nil {
		return err
	}
	return checkDigest("model.digest", m.Digest)
}

func (s *Statements) validate() error {
	if s.Plus < 0 || s.Minus < 0 {
		return fault("statements", "counts %d plus and %d minus statements; counts cannot be negative", s.Plus, s.Minus)
	}
	if s.Sorted != "" {
		if err := checkDigest("statements.sorted", s.Sorted); err != nil {
			return err
		}
	}
	return checkDigest("statements.sha256", s.SHA256)
}

func (p *Persona) validateMask() error {
	masks := []struct {
		kind    string
		present bool
		check   func() error
	}{
		{KindUnits, p.Units != nil, func() error { return p.Units.validate() }},
		{KindWeights, p.Weights != nil, func() error {
			if err := p.Recipe.validateWeights(); err != nil {
				return err
			}
			return p.Weights.validate()
		}},
		{KindTogether, p.Together != nil, func() error { return p.Together.validate() }},
	}
	for _, own := range masks {
		if own.kind != p.Kind {
			continue
		}
		for _, m := range masks {
			if m.present != (m.kind == p.Kind) {
				return fault("kind", "is %q, so %s must be present and no other mask", p.Kind, p.Kind)
			}
		}
		if want := p.version(); p.Version != want {
			return fault("version", "is %d; a persona of kind %s has version %d", p.Version, p.Kind, want)
		}
		return own.check()
	}
	return fault("kind", "is %q; it must be %q, %q or %q", p.Kind, KindUnits, KindWeights, KindTogether)
}

// version is the lowest version of the document that knows its kind.
func (p *Persona) version() int {
	if p.Kind == KindTogether {
		return VersionTogether
	}
	return Version
}

// A textMember is a text of the document with its limit.
type textMember struct {
	field, text string
	required    bool
	limit       int // characters
}

func checkTexts(members []textMember) error {
	for _, m := range members {
		switch {
		case m.required && strings.TrimSpace(m.text) == "":
			return fault(m.field, "is missing or empty")
		case utf8.RuneCountInString(m.text) > m.limit:
			return fault(m.field, "has more than %d characters; shorten it", m.limit)
		case !utf8.ValidString(m.text):
			return fault(m.field, "is not valid UTF-8")
		}
		for _, r := range m.text {
			if unicode.IsControl(r) && r != '\n' && r != '\t' {
				return fault(m.field, "holds the control character %U; remove it", r)
			}
		}
	}
	return nil
}

func checkDigest(field, digest string) error {
	if len(digest) != 64 || strings.Trim(digest, "0123456789abcdef") != "" {
		return fault(field, "is %.80q; it must be a SHA-256 as 64 lower-case hexadecimal digits", digest)
	}
	return nil
}

// between refuses NaN as well.
func between(v, low, high float64) bool { return v >= low && v <= high }
