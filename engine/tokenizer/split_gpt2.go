package tokenizer

// splitGPT2 splits as GPT-2 does (encoder.py of the release):
//
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
func splitGPT2(text string) int { return splitWords(text, false) }

// splitSmolLM splits as SmolLM does: each digit is a word, and what stands between
// digits is split as in GPT-2, each stretch as if it were the whole text. In
// llama.cpp (src/llama-vocab.cpp, LLAMA_VOCAB_PRE_TYPE_SMOLLM) one expression
// after the other:
//
//	\p{N}
//	's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)
func splitSmolLM(text string) int { return splitWords(text, true) }

// splitWords is both of them. With digits apart, a number ends the text before it.
func splitWords(text string, digitsApart bool) int {
	first, size := at(text, 0)
	if digitsApart && first == catNumber {
		return size
	}
	if n := contraction(text, false); n > 0 {
		return n
	}
	// A space belongs to the word after it.
	from, word := 0, first
	if text[0] == ' ' {
		from = 1
		word, _ = at(text, 1)
	}
	if word == catLetter || word == catOther || word == catNumber && !digitsApart {
		return while(text, from, word)
	}
	run := while(text, 0, catSpace)
	next, _ := at(text, run)
	return blank(text, run, next != catEnd && (next != catNumber || !digitsApart))
}
