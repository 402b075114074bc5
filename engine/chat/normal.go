package chat

import (
	"slices"
	"strconv"
	"strings"
)

// normal gives a template in one spelling, whatever its layout, and the text of
// the default system message of a chatml template, which the normal form leaves
// open.
//
// It follows Jinja 3.1 with trim_blocks and lstrip_blocks, as chat templates are
// rendered (Template Designer Documentation, "Whitespace Control"): comments and
// the white space that is not put out are gone, and what is left is one line a
// tag or stretch of text. It need not understand a template. Two with the same
// normal form put out the same, and that is all it is for.
func normal(template string) (text, system string) {
	var lines [][]string
	rest := strings.TrimSuffix(template, "\n")
	lineStart := true // nothing but what is not put out stands before, in this line
	for {
		raw, t, found := nextTag(rest)
		switch {
		case !found:
		case t.before == '-':
			raw = strings.TrimRight(raw, jinjaSpace)
		case t.before != '+' && t.kind != '{':
			line := strings.LastIndexByte(raw, '\n') + 1
			if (line > 0 || lineStart) && strings.Trim(raw[line:], " \t") == "" {
				raw = raw[:line]
			}
		}
		if raw != "" {
			lines = append(lines, []string{"text", strconv.Quote(raw)})
		}
		if !found {
			break
		}
		if t.kind != '#' {
			lines = append(lines, append([]string{string(t.kind)}, t.tokens...))
		}
		after := rest[t.end:]
		rest = after
		switch {
		case t.after == '-':
			rest = strings.TrimLeft(after, jinjaSpace)
		case t.after != '+' && t.kind != '{':
			rest = strings.TrimPrefix(after, "\n")
		}
		lineStart = strings.HasSuffix(after[:len(after)-len(rest)], "\n")
	}
	lines = withoutDefault(lines)
	system = openSystem(lines)
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(strings.Join(line, " "))
		b.WriteByte('\n')
	}
	return b.String(), system
}

const jinjaSpace = " \t\n\v\f\r"

// withoutDefault takes away the block with which some templates start, and which
// says what is so anyway: that no reply is asked for unless it is.
func withoutDefault(lines [][]string) [][]string {
	block := []string{"% if not add_generation_prompt is defined", "% set add_generation_prompt = false", "% endif"}
	if len(lines) < len(block) {
		return lines
	}
	for i, want := range block {
		if strings.Join(lines[i], " ") != want {
			return lines
		}
	}
	return lines[len(block):]
}

// openSystem finds the text of a chatml template's default system message, and
// puts a mark in its place wherever it stands.
func openSystem(lines [][]string) string {
	const head, tail, mark = "<|im_start|>system\n", "<|im_end|>\n", "<default system text>"
	var texts []string
	each := func(visit func(token *string, text string)) {
		for _, line := range lines {
			if line[0] == "text" {
				continue
			}
			for i := range line {
				if text, err := strconv.Unquote(line[i]); err == nil {
					visit(&line[i], text)
				}
			}
		}
	}
	each(func(_ *string, text string) {
		if inner, ok := strings.CutPrefix(text, head); ok {
			if inner, ok := strings.CutSuffix(inner, tail); ok && inner != "" && !slices.Contains(texts, inner) {
				texts = append(texts, inner)
			}
		}
	})
	if len(texts) != 1 {
		return ""
	}
	each(func(token *string, text string) {
		switch text {
		case texts[0]:
			*token = mark
		case head + texts[0] + tail:
			*token = mark + " in its turn"
		}
	})
	return texts[0]
}

// tag is a tag of a template.
type tag struct {
	kind          byte // '{' puts out, '%' does, '#' is a comment
	before, after byte // '-' and '+' next to its delimiters, else 0
	tokens        []string
	end           int // of the tag, from where the text in front of it starts
}

// nextTag gives the text up to the next tag, and the tag. Where there is none, or
// one that does not end, it is all text.
func nextTag(s string) (text string, t tag, found bool) {
	at := 0
	for ; at < len(s); at++ {
		if s[at] == '{' && at+1 < len(s) && (s[at+1] == '{' || s[at+1] == '%' || s[at+1] == '#') {
			break
		}
	}
	if at == len(s) {
		return s, tag{}, false
	}
	t.kind = s[at+1]
	i := at + 2
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		t.before = s[i]
		i++
	}
	if t.kind == '#' {
		n := strings.Index(s[i:], "#}")
		if n < 0 {
			return s, tag{}, false
		}
		if n > 0 && (s[i+n-1] == '-' || s[i+n-1] == '+') {
			t.after = s[i+n-1]
		}
		t.end = i + n + 2
		return s[:at], t, true
	}
	closing := "}}"
	if t.kind == '%' {
		closing = "%}"
	}
	for i < len(s) {
		switch {
		case strings.HasPrefix(s[i:], closing):
			t.end = i + 2
			return s[:at], t, true
		case (s[i] == '-' || s[i] == '+') && strings.HasPrefix(s[i+1:], closing):
			t.after = s[i]
			t.end = i + 3
			return s[:at], t, true
		case strings.IndexByte(jinjaSpace, s[i]) >= 0:
			i++
		default:
			token, n := nextToken(s[i:])
			if n == 0 {
				return s, tag{}, false
			}
			t.tokens = append(t.tokens, token...)
			i += n
		}
	}
	return s, tag{}, false
}

// nextToken gives the token at the start of an expression, which may be several
// where one thing has two spellings, and its length; 0 for a string that does not
// end.
func nextToken(s string) (token []string, length int) {
	switch c := s[0]; {
	case c == '"' || c == '\'':
		text, n := unquote(s)
		return []string{strconv.Quote(text)}, n
	case c == '.':
		// m.role is m['role'], but m.strip() is a call.
		n := 1 + wordLen(s[1:])
		if n > 1 && !strings.HasPrefix(s[n:], "(") {
			return []string{"[", strconv.Quote(s[1:n]), "]"}, n
		}
		return []string{s[:n]}, n
	default:
		n := max(wordLen(s), 1)
		return []string{s[:n]}, n
	}
}

// wordLen is the length of the name or number at the start of s.
func wordLen(s string) int {
	n := 0
	for n < len(s) && (s[n] == '_' || s[n] >= '0' && s[n] <= '9' || s[n] >= 'a' && s[n] <= 'z' || s[n] >= 'A' && s[n] <= 'Z' || s[n] >= 0x80) {
		n++
	}
	return n
}

// unquote reads a string literal; the length is 0 if it does not end.
func unquote(s string) (text string, length int) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case s[0]:
			return b.String(), i + 1
		case '\\':
			if i++; i == len(s) {
				return "", 0
			}
			switch s[i] {
			case 'n':
				b.WriteByte('\n')
			case 't':
				b.WriteByte('\t')
			case 'r':
				b.WriteByte('\r')
			case '\\', '\'', '"':
				b.WriteByte(s[i])
			default:
				b.WriteString(s[i-1 : i+1])
			}
		default:
			b.WriteByte(s[i])
		}
	}
	return "", 0
}
