package tokenizer

import "strings"

// splitLlama3 splits as Llama 3 does (llama.cpp, src/llama-vocab.cpp,
// LLAMA_VOCAB_PRE_TYPE_LLAMA3, adapted there from the model's tokenizer.json):
//
//	(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])
//	|[^\r\n\p{L}\p{N}]?\p{L}+
//	|\p{N}{1,3}
//	| ?[^\s\p{L}\p{N}]+[\r\n]*
//	|\s*[\r\n]+
//	|\s+(?!\S)
//	|\s+
func splitLlama3(text string) int { return splitLines(text, 3) }

// splitQwen2 splits as Qwen2 does (LLAMA_VOCAB_PRE_TYPE_QWEN2 there): as Llama 3,
// but with each digit by itself, \p{N} for \p{N}{1,3}.
func splitQwen2(text string) int { return splitLines(text, 1) }

// splitLines is both of them; digits is how many make a word.
func splitLines(text string, digits int) int {
	if n := contraction(text, true); n > 0 {
		return n
	}
	first, size := at(text, 0)
	second, _ := at(text, size)
	switch {
	case first == catLetter:
		return while(text, 0, catLetter)
	case first == catNumber:
		n := size
		for range digits - 1 {
			is, size := at(text, n)
			if is != catNumber {
				break
			}
			n += size
		}
		return n
	case second == catLetter && text[0] != '\r' && text[0] != '\n':
		return while(text, size, catLetter)
	case first == catOther || text[0] == ' ' && second == catOther:
		n := while(text, size, catOther)
		for n < len(text) && (text[n] == '\r' || text[n] == '\n') {
			n++
		}
		return n
	}
	run := while(text, 0, catSpace)
	if line := strings.LastIndexAny(text[:run], "\r\n"); line >= 0 {
		return line + 1
	}
	return blank(text, run, run < len(text))
}
