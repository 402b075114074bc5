package main

import "bytes"

// frame puts a head before the body of a section, or of a name subsection.
func frame(id byte, body ...byte) []byte {
	return append([]byte{id, byte(len(body))}, body...)
}

func str(s string) []byte { return append([]byte{byte(len(s))}, s...) }

// program makes a module with one imported function and the given bodies,
// named as they would be by Go.
func program(names []string, bodies ...[]byte) []byte {
	b := []byte("\x00asm\x01\x00\x00\x00")
	imports := bytes.Join([][]byte{{3}, str("go"), str("f"), {0, 0}, str("go"), str("t"), {1, 0x70, 0, 1}, str("go"), str("m"), {2, 1, 1, 9}}, nil)
	b = append(b, frame(sectionImport, imports...)...)
	code := []byte{byte(len(bodies))}
	for _, body := range bodies {
		code = append(append(code, byte(len(body))), body...)
	}
	b = append(b, frame(sectionCode, code...)...)
	if names == nil {
		return b
	}
	functions := []byte{byte(len(names))}
	for i, n := range names {
		functions = append(append(functions, byte(i)), str(n)...)
	}
	custom := append(str("name"), frame(0, str("module")...)...)
	custom = append(custom, frame(1, functions...)...)
	return append(b, frame(sectionCustom, custom...)...)
}
