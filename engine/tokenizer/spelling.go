package tokenizer

import "unicode/utf8"

// Byte-level vocabularies are spelled in printable characters: a byte that is a
// printable character of Latin-1 stands for itself, and the others, in their
// order, are U+0100 and up. A space is "Ġ" (bytes_to_unicode in encoder.py of
// the GPT-2 release).

// spelled says whether a byte stands for itself.
func spelled(b byte) bool {
	return b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE
}

// byteOf gives byte+1 by the character that spells it, 0 where none does.
var byteOf = func() (table [0x144]uint16) {
	next := 0x100
	for b := range 256 {
		if spelled(byte(b)) {
			table[b] = uint16(b) + 1
		} else {
			table[next] = uint16(b) + 1
			next++
		}
	}
	return table
}()

// unspell appends the bytes that a spelling stands for, and says whether it
// stands for any: if not, dst comes back as it was.
func unspell(dst []byte, spelling string) ([]byte, bool) {
	out := dst
	for i := 0; i < len(spelling); {
		r, size := rune(spelling[i]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(spelling[i:])
		}
		if int(r) >= len(byteOf) || byteOf[r] == 0 || size == 1 && r >= utf8.RuneSelf {
			return dst, false
		}
		out = append(out, byte(byteOf[r]-1))
		i += size
	}
	return out, true
}
