package masks

import (
	"bytes"
	"encoding/json/jsontext"
	"encoding/json/v2"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode"
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

// Parse is [Read] for bytes in memory. The persona keeps no reference to data.
func Parse(data []byte) (*Persona, error) {
	if bytes.HasPrefix(data, []byte("GGUF")) { // first, for models are large
		return nil, fmt.Errorf("persona: %w: this is a model (GGUF); choose a file that ends in .persona.json", ErrFormat)
	}
	if len(data) > MaxDocument {
		return nil, fmt.Errorf("persona: %w: a persona file has at most %d bytes", ErrLimit, MaxDocument)
	}
	// The header is read alone, so that a document of another version is told so,
	// whatever else has changed in it.
	var head struct {
		Format  *string  `json:"format"`
		Version *float64 `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
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
	if err := json.Unmarshal(data, p); err != nil {
		return nil, parseError(err)
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return p, nil
}

// parseError puts an error of the JSON reader into words for people.
func parseError(err error) error {
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		field := fieldPath(semantic.JSONPointer)
		if semantic.JSONKind == '"' && isBytes(semantic.GoType) {
			return fault(field, "is not base64: %v", semantic.Err)
		}
		if field == "" {
			return fmt.Errorf("persona: %w: the document must be a JSON object", ErrFormat)
		}
		return fault(field, "holds a JSON %s; it must be %s", kindName(semantic.JSONKind), wanted(semantic.GoType))
	}
	var syntactic *jsontext.SyntacticError
	if errors.As(err, &syntactic) {
		return fmt.Errorf("persona: %w: no valid JSON at byte %d: %v", ErrFormat, syntactic.ByteOffset, syntactic.Err)
	}
	return fmt.Errorf("persona: %w: %w", ErrFormat, err)
}

// fieldPath turns "/units/plus/set" into "units.plus.set". A name that cannot be shown
// as it is, which a map's key may be, is quoted.
func fieldPath(p jsontext.Pointer) string {
	var b strings.Builder
	for token := range p.Tokens() {
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		if strings.ContainsFunc(token, unicode.IsControl) {
			token = strconv.Quote(token)
		}
		b.WriteString(token)
	}
	return b.String()
}

func kindName(k jsontext.Kind) string {
	switch k {
	case '"':
		return "string"
	case '0':
		return "number"
	case 't', 'f':
		return "boolean"
	case 'n':
		return "null"
	case '{':
		return "object"
	case '[':
		return "array"
	}
	return "value of another length"
}

// wanted says in words what a member of the document is decoded into.
func wanted(t reflect.Type) string {
	if t == nil {
		return "of another kind"
	}
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Int:
		return "a whole number"
	case reflect.Uint64:
		return "a whole number, not negative"
	case reflect.Float64:
		return "a number"
	case reflect.Array:
		return fmt.Sprintf("an array of %d numbers", t.Len())
	case reflect.Slice:
		if isBytes(t) {
			return "a string of base64"
		}
		return "an array"
	}
	return "an object"
}

func isBytes(t reflect.Type) bool {
	return t != nil && t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
}

// Write validates the persona and writes it as an indented document, which [Read]
// reads as an equal persona.
func (p *Persona) Write(w io.Writer) error {
	if err := p.Validate(); err != nil {
		return err
	}
	data, err := p.marshal(jsontext.Multiline(true), jsontext.WithIndent("  "))
	if err != nil {
		return err
	}
	if len(data) >= MaxDocument {
		return fmt.Errorf("persona: %w: a persona file has at most %d bytes", ErrLimit, MaxDocument)
	}
	if _, err := w.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("persona: %w", err)
	}
	return nil
}

func (p *Persona) marshal(opts ...json.Options) ([]byte, error) {
	data, err := json.Marshal(p, append(opts, json.Deterministic(true))...)
	if err != nil {
		return nil, fmt.Errorf("persona: %w", err)
	}
	return data, nil
}
