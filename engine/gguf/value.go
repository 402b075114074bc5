package gguf

import (
	"fmt"
	"strings"
)

// TypeName names the type of a metadata value as the specification does:
// "uint32", "array of string".
func TypeName(v any) string {
	if _, ok := v.([]any); ok {
		return "array of array"
	}
	name := fmt.Sprintf("%T", v)
	if element, ok := strings.CutPrefix(name, "[]"); ok {
		return "array of " + element
	}
	return name
}
