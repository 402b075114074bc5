package tokenizer

import "strings"

// Part is a stretch of a prompt.
type Part struct {
	Text    string
	Special bool // control tokens named in Text are parsed
}

// encoder is what one call of Encode works with.
type encoder struct {
	t   *Tokenizer
	out []int32
	merger
}

// Encode gives the ids of a text. Control tokens named in it, such as
// "<|im_end|>", are parsed if parseSpecial is set and are plain text else.
// User-defined tokens are text that is always one token; they are parsed in
// either case. It never adds BOS.
func (t *Tokenizer) Encode(text string, parseSpecial bool) []int32 {
	return t.EncodeParts([]Part{{text, parseSpecial}})
}

// EncodeParts gives the ids of a text that is put together from parts. Apart
// from control tokens, which are parsed in each special part by itself, the
// parts are one text: a newline that ends one of them and a space that starts
// the next may be one token, as they would be had the text come in one piece.
func (t *Tokenizer) EncodeParts(parts []Part) []int32 {
	size := 0
	for _, p := range parts {
		size += len(p.Text)
	}
	e := encoder{t: t, out: make([]int32, 0, size/3+8)}
	var run []string // plain text since the last control token
	flush := func() {
		switch len(run) {
		case 0:
		case 1:
			e.plain(run[0])
		default:
			e.plain(strings.Join(run, ""))
		}
		run = run[:0]
	}
	for _, p := range parts {
		text := p.Text
		for p.Special {
			id, at, length := t.controls.next(text)
			if id < 0 {
				break
			}
			if at > 0 {
				run = append(run, text[:at])
			}
			flush()
			e.out = append(e.out, id)
			text = text[at+length:]
		}
		if text != "" {
			run = append(run, text)
		}
	}
	flush()
	return e.out
}

// plain encodes text that stands between two control tokens.
func (e *encoder) plain(text string) {
	if e.t.spacePrefix {
		text = " " + text
	}
	e.t.model.encode(e, text)
}
