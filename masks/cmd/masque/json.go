package main

import (
	"io"
	"math"

	"masque/masks/jsondoc"
)

// printJSON prints what a flag -json promises: one object, on as many lines as it has
// members.
func printJSON(w io.Writer, v any) error {
	data, err := jsondoc.MarshalMessage(v)
	if err == nil {
		data, err = jsondoc.Indent(data, math.MaxInt)
	}
	if err != nil {
		return err
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// jsonLine is a value on a line of its own.
func jsonLine(v any) ([]byte, error) {
	data, err := jsondoc.MarshalMessage(v)
	return append(data, '\n'), err
}
