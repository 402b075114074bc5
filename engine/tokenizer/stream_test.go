package tokenizer

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"
)

// whatwg decodes as browsers do: the UTF-8 decoder of the Encoding Standard
// (§8.1.1), written down as it stands there.
func whatwg(text string) string {
	var b strings.Builder
	var point rune
	needed, seen := 0, 0
	lower, upper := byte(0x80), byte(0xBF)
	for i := 0; i < len(text); i++ {
		c := text[i]
		if needed == 0 {
			switch {
			case c <= 0x7F:
				b.WriteByte(c)
			case c >= 0xC2 && c <= 0xDF:
				needed, point = 1, rune(c&0x1F)
			case c >= 0xE0 && c <= 0xEF:
				if c == 0xE0 {
					lower = 0xA0
				}
				if c == 0xED {
					upper = 0x9F
				}
				needed, point = 2, rune(c&0xF)
			case c >= 0xF0 && c <= 0xF4:
				if c == 0xF0 {
					lower = 0x90
				}
				if c == 0xF4 {
					upper = 0x8F
				}
				needed, point = 3, rune(c&0x7)
			default:
				b.WriteRune(utf8.RuneError)
			}
			continue
		}
		if c < lower || c > upper {
			point, needed, seen = 0, 0, 0
			lower, upper = 0x80, 0xBF
			b.WriteRune(utf8.RuneError)
			i--
			continue
		}
		lower, upper = 0x80, 0xBF
		point = point<<6 | rune(c&0x3F)
		seen++
		if seen == needed {
			b.WriteRune(point)
			point, needed, seen = 0, 0, 0
		}
	}
	if needed != 0 {
		b.WriteRune(utf8.RuneError)
	}
	return b.String()
}

// byteTokenizer has the 256 bytes as its only tokens, id and byte the same.
func byteTokenizer(t testing.TB) *Tokenizer {
	tokens := make([]string, 256)
	for r, b := range byteOf {
		if b > 0 {
			tokens[b-1] = string(rune(r))
		}
	}
	tok, err := New(Config{Model: "gpt2", Pre: "gpt-2", Tokens: tokens, BOS: -1, EOS: -1, UNK: -1})
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// TestStream states what comes out byte by byte.
func TestStream(t *testing.T) {
	tok := byteTokenizer(t)
	for _, c := range []struct {
		bytes string
		want  []string // after each byte, and at the end
	}{
		{"", []string{""}},
		{"ab", []string{"a", "b", ""}},
		{"é", []string{"", "é", ""}},
		{"中", []string{"", "", "中", ""}},
		{"😀", []string{"", "", "", "😀", ""}},
		{"\x00", []string{"\x00", ""}},
		{"\ufffd", []string{"", "", "\ufffd", ""}},
		{"\xff", []string{"\ufffd", ""}},
		{"\x80a", []string{"\ufffd", "a", ""}},
		{"\xc3", []string{"", "\ufffd"}},
		{"\xf0\x9f\x98", []string{"", "", "", "\ufffd"}},
		{"\xf0\x9f\x98a", []string{"", "", "", "\ufffda", ""}},
		{"\xf0\x9fé", []string{"", "", "\ufffd", "é", ""}},
		{"\xed\xa0\x80", []string{"", "\ufffd\ufffd", "\ufffd", ""}},
		{"\xe0\x80", []string{"", "\ufffd\ufffd", ""}},
		{"\xf4\x90", []string{"", "\ufffd\ufffd", ""}},
	} {
		s := tok.Stream()
		var got []string
		for _, id := range []byte(c.bytes) {
			got = append(got, s.Next(int32(id)))
		}
		got = append(got, s.Flush())
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%q: %q, want %q", c.bytes, got, c.want)
		}
		if again := s.Flush(); again != "" {
			t.Errorf("%q: a second Flush gives %q", c.bytes, again)
		}
	}
}

// TestStreamRandom compares with the Encoding Standard on bytes that are often
// almost UTF-8.
func TestStreamRandom(t *testing.T) {
	tok := byteTokenizer(t)
	rng := rand.New(rand.NewPCG(5, 6))
	some := []byte("a\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf\xe0\xe1\xec\xed\xee\xef\xf0\xf1\xf3\xf4\xf5\xff")
	for range 50_000 {
		b := make([]byte, rng.IntN(9))
		ids := make([]int32, len(b))
		for i := range b {
			b[i] = some[rng.IntN(len(some))]
			ids[i] = int32(b[i])
		}
		if got, want := streamed(tok, ids), whatwg(string(b)); got != want {
			t.Fatalf("%x: %q, want %q", b, got, want)
		}
		if got := tok.Decode(ids); got != string(b) {
			t.Fatalf("%x decodes to %x", b, got)
		}
	}
}
