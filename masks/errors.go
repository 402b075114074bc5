package masks

import (
	"errors"
	"fmt"
)

// The kinds of errors of this package, for errors.Is.
var (
	// ErrFormat: the bytes are not a persona document.
	ErrFormat = errors.New("not a persona file")
	// ErrVersion: the document is of a version that this program does not read.
	ErrVersion = errors.New("unknown version of the persona file")
	// ErrLimit: the document or link is larger than a persona may be.
	ErrLimit = errors.New("too large")
	// ErrModel: the persona belongs to another model.
	ErrModel = errors.New("made for another model")
	// ErrUnranked: the units carry no ranking, so no part of them can be chosen.
	ErrUnranked = errors.New("units are not in the order of their scores")
)

// FieldError says which member of a persona document is wrong, and what is needed
// there.
type FieldError struct {
	Field   string // path from the top, such as "units.plus.set"
	Problem string // what is wrong and what to do
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("persona: field %s %s", e.Field, e.Problem)
}

// inside puts the path of a part of the document before the field of an error.
func inside(path string, err error) error {
	var f *FieldError
	if errors.As(err, &f) {
		return &FieldError{Field: path + "." + f.Field, Problem: f.Problem}
	}
	return err
}

func fault(field, format string, args ...any) error {
	return &FieldError{Field: field, Problem: fmt.Sprintf(format, args...)}
}
