package masks

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"masque/masks/jsondoc"
)

// MaxDocument is the largest persona file, in bytes. A unit mask takes 4 KB; the
// statistics of a weight mask over all of a model of 10⁹ weights take about 2 MB.
const MaxDocument = 16 << 20

// Read parses and validates a persona file.
func Read(r io.Reader) (*Persona, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxDocument+1))
	if err != nil {
		return nil, fmt.Errorf("persona: %w", err)
	}
	return Parse(data)
}

// Parse is [Read] for bytes in memory. The persona keeps no reference to data. Its evidence
// has what [Evidence.FillIn] makes of the names in older documents.
func Parse(data []byte) (*Persona, error) {
	if bytes.HasPrefix(data, []byte("GGUF")) { // first, for models are large
		return nil, fmt.Errorf("persona: %w: this is a model (GGUF); choose a file that ends in .persona.json", ErrFormat)
	}
	if len(data) > MaxDocument {
		return nil, fmt.Errorf("persona: %w: a persona file has at most %d bytes", ErrLimit, MaxDocument)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // some editors put it before a text
	// The header is read alone, so that a document of another version is told so,
	// whatever else has changed in it.
	var head struct {
		Format  *string  `json:"format"`
		Version *float64 `json:"version"`
	}
	if err := jsondoc.Unmarshal(data, &head); err != nil {
		return nil, parseError(err)
	}
	switch {
	case head.Format == nil || *head.Format != Format:
		return nil, fmt.Errorf("persona: %w: its field format must be %q", ErrFormat, Format)
	case head.Version == nil:
		return nil, fault("version", "is missing; this program reads versions %d and %d", Version, VersionTogether)
	case *head.Version != Version && *head.Version != VersionTogether:
		return nil, fmt.Errorf("persona: %w: it says version %v, this program reads versions %d and %d; get a newer Masque or export the persona again",
			ErrVersion, *head.Version, Version, VersionTogether)
	}
	p := new(Persona)
	if err := jsondoc.UnmarshalWhole(data, p); err != nil {
		return nil, parseError(err)
	}
	p.Evidence.FillIn()
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return p, nil
}

// parseError puts an error of the JSON reader into words for people.
func parseError(err error) error {
	var member *jsondoc.MemberError
	if !errors.As(err, &member) {
		return fmt.Errorf("persona: %w: %w", ErrFormat, err)
	}
	if field := member.Field(); field != "" {
		return &FieldError{Field: field, Problem: member.Problem}
	}
	return fmt.Errorf("persona: %w: the document must be a JSON object", ErrFormat)
}

// Write validates the persona and writes it as an indented document, which [Read]
// reads as an equal persona.
func (p *Persona) Write(w io.Writer) error {
	if err := p.Validate(); err != nil {
		return err
	}
	data, err := jsondoc.Marshal(p)
	if err == nil {
		data, err = jsondoc.Indent(data, MaxDocument)
	}
	if err != nil && !errors.Is(err, jsondoc.ErrLong) {
		return fmt.Errorf("persona: %w", err)
	}
	if err != nil || len(data) >= MaxDocument {
		return fmt.Errorf("persona: %w: a persona file has at most %d bytes", ErrLimit, MaxDocument)
	}
	if _, err := w.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("persona: %w", err)
	}
	return nil
}
