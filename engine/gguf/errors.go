package gguf

import (
	"errors"
	"fmt"
)

// What can be wrong with a file or a question about it. Every error of this
// package wraps one of these, or the error of the underlying reader.
var (
	// ErrFormat: the bytes do not follow the specification.
	ErrFormat = errors.New("malformed GGUF")
	// ErrUnsupported: a well-formed file which this package cannot read: another
	// version, byte order or tensor type.
	ErrUnsupported = errors.New("unsupported GGUF")
	// ErrLimit: a count or length beyond one of the limits of this package.
	ErrLimit = errors.New("GGUF beyond a limit")
	// ErrTruncated: the file ends before what it promises.
	ErrTruncated = errors.New("truncated GGUF")
	// ErrNoKey: the metadata has no such key.
	ErrNoKey = errors.New("no such metadata key")
	// ErrValue: the metadata has the key, with a value of another type or out
	// of range.
	ErrValue = errors.New("unfit metadata value")
)

// Error says what is wrong with a file, and where.
type Error struct {
	File   string // the name given to Open or Read
	Key    string // the metadata key at fault, or ""
	Tensor string // the tensor at fault, or ""
	Offset int64  // bytes from the start of the file
	Reason string // what is wrong, a clause for people
	Err    error  // one of the sentinels above, or the reader's error
}

// Error gives the sentence: gguf: FILE: tensor "NAME" at offset N: REASON.
func (e *Error) Error() string {
	where := fmt.Sprintf("offset %d", e.Offset)
	switch {
	case e.Tensor != "":
		where = fmt.Sprintf("tensor %s at %s", quote(e.Tensor), where)
	case e.Key != "":
		where = fmt.Sprintf("key %s at %s", quote(e.Key), where)
	}
	return fmt.Sprintf("gguf: %s: %s: %s", e.File, where, e.Reason)
}

// Unwrap gives the sentinel or the reader's error.
func (e *Error) Unwrap() error { return e.Err }

// quote quotes a name from a file that is not trusted: it may be long and hold
// anything.
func quote(name string) string {
	const longest = 80
	if len(name) > longest {
		return fmt.Sprintf("%q…", name[:longest])
	}
	return fmt.Sprintf("%q", name)
}
