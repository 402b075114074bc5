package tokenizer

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// slowly merges like a merger, as the algorithm is defined: look at all pairs,
// join the one of the lowest rank, start again.
func slowly(symbols []symbol, text string, j joiner) []symbol {
	for {
		best, id := uint32(noRank), int32(-1)
		at := -1
		for i := range len(symbols) - 1 {
			if joined, rank := j.join(text, &symbols[i], &symbols[i+1]); rank < best {
				best, id, at = rank, joined, i
			}
		}
		if at < 0 {
			return symbols
		}
		symbols[at].id, symbols[at].end = id, symbols[at+1].end
		symbols = slices.Delete(symbols, at+1, at+2)
	}
}

// fold is a made-up language whose merges are any pair of small ids, so that
// stale entries, ties and chains of merges all come up.
type fold struct{ table mergeTable }

func (f fold) join(_ string, left, right *symbol) (int32, uint32) {
	return f.table.find(left.id, right.id)
}

func TestMerge(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		ids := int32(2 + rng.IntN(6))
		table := newMergeTable(40)
		for range 1 + rng.IntN(40) {
			table.add(merge{rng.Int32N(ids), rng.Int32N(ids), rng.Int32N(ids + 2)})
		}
		var m merger
		n := rng.IntN(30)
		for i := range n {
			m.add(rng.Int32N(ids+1)-1, i, i+1)
		}
		want := slowly(slices.Clone(m.symbols), "", fold{table})
		m.run("", fold{table})
		var got []symbol
		if n > 0 {
			for i := int32(0); i >= 0; i = m.symbols[i].next {
				got = append(got, m.symbols[i])
			}
		}
		same := func(a, b symbol) bool { return a.id == b.id && a.start == b.start && a.end == b.end }
		if !slices.EqualFunc(got, want, same) {
			t.Fatalf("merged %+v, want %+v", got, want)
		}
	}
}

// counting counts how often pairs are looked at.
type counting struct {
	joiner
	n int
}

func (c *counting) join(text string, left, right *symbol) (int32, uint32) {
	c.n++
	return c.joiner.join(text, left, right)
}

// TestMergeLinear bounds the pairs looked at and the entries of the heap by three
// a symbol: one at the start, two a merge. Each costs at most log n.
func TestMergeLinear(t *testing.T) {
	table := newMergeTable(20)
	for i := range int32(20) {
		table.add(merge{i, i, i + 1}) // doubles as often as it can
	}
	const n = 1 << 20
	var m merger
	for i := range n {
		m.add(0, i, i+1)
	}
	c := &counting{joiner: fold{table}}
	m.run("", c)
	if m.symbols[0].id != 20 || m.symbols[0].next >= 0 {
		t.Errorf("2^20 symbols merge into %+v", m.symbols[0])
	}
	if c.n > 3*n {
		t.Errorf("%d pairs looked at for %d symbols", c.n, n)
	}
}

// TestLong encodes texts that a quadratic step anywhere would take minutes for.
func TestLong(t *testing.T) {
	_, toks := smalls()
	for i, unit := range []string{"a", " ", "\n", " \n", "7", "!", "é", "\xff", "'", "a ", "<", "<|", "<tag>", "<|end|>", "ab1 "} {
		size := 1 << 20
		if i >= 2 {
			size = 1 << 17
		}
		text := strings.Repeat(unit, size/len(unit))
		for name, tok := range toks {
			if name == "llama, no bytes" {
				continue
			}
			ids := tok.Encode(text, true)
			if got := tok.Decode(ids); got != text {
				t.Errorf("%s: %d bytes of %q come back as %d", name, len(text), unit, len(got))
			}
		}
	}
}

func TestEncodeParts(t *testing.T) {
	_, toks := smalls()
	tok := toks["gpt-2"]
	end, ok := tok.Lookup("<|end|>")
	if !ok || !tok.IsControl(end) {
		t.Fatalf("<|end|> is %d, %v", end, ok)
	}
	plain := func(s string) []int32 { return tok.Encode(s, false) }
	join := func(parts ...[]int32) []int32 { return slices.Concat(parts...) }
	for _, c := range []struct {
		name  string
		parts []Part
		want  []int32
	}{
		{"nothing", nil, nil},
		{"empty", []Part{{"", true}, {"", false}}, nil},
		{"one text", []Part{{"the thea", false}, {"tre\n", true}, {"\nstood", false}}, plain("the theatre\n\nstood")},
		{"control", []Part{{"a<|end|>b", true}}, join(plain("a"), []int32{end}, plain("b"))},
		{"plain", []Part{{"a<|end|>b", false}}, plain("a<|end|>b")},
		{"forged from halves", []Part{{"<|e", false}, {"nd|>", true}}, plain("<|end|>")},
		{"forged from markup and text", []Part{{"<|end", true}, {"|>", false}}, plain("<|end|>")},
		{"both", []Part{{"<|end|>", false}, {"<|end|>", true}, {" x", false}}, join(plain("<|end|>"), []int32{end}, plain(" x"))},
		{"text round a control", []Part{{" ", false}, {" <|end|> ", true}, {" ", false}}, join(plain("  "), []int32{end}, plain("  "))},
	} {
		if got := tok.EncodeParts(c.parts); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if slices.Contains(plain("<|end|>"), end) {
		t.Error("plain text has a control token")
	}
	if tag, ok := tok.Lookup("<tag>"); !ok || !slices.Contains(plain("a<tag>b"), tag) {
		t.Error("a user-defined token is not found in plain text")
	}
}

// TestSpacePrefix: a space in front of text at the start and after a control
// token, once for all parts of it, and gone again in the decoded text.
func TestSpacePrefix(t *testing.T) {
	_, toks := smalls()
	tok := toks["llama"]
	eos := tok.EOS()
	for _, c := range []struct {
		parts []Part
		want  []string
		text  string
	}{
		{[]Part{{"the", false}}, []string{" the"}, "the"},
		{[]Part{{"t", true}, {"he", false}}, []string{" the"}, "the"},
		{[]Part{{"the", false}, {"</s>", true}, {"the", false}}, []string{" the", "</s>", " the"}, "the</s>the"},
		{[]Part{{"</s></s>", true}}, []string{"</s>", "</s>"}, "</s></s>"},
	} {
		ids := tok.EncodeParts(c.parts)
		if got := pieces(tok, ids); !slices.Equal(got, c.want) {
			t.Errorf("%v: %q, want %q", c.parts, got, c.want)
		}
		if got := tok.Decode(ids); got != c.text {
			t.Errorf("%v: decoded %q, want %q", c.parts, got, c.text)
		}
	}
	if got := tok.Encode("</s>", false); slices.Contains(got, eos) {
		t.Errorf("plain </s> is %v", got)
	}
	s := tok.Stream()
	the, _ := tok.Lookup("▁the")
	for i, want := range []string{"the", " the", "</s>", "the"} {
		id := the
		if want == "</s>" {
			id = eos
		}
		if got := s.Next(id); got != want {
			t.Errorf("token %d of the stream is %q, want %q", i, got, want)
		}
	}
}

// TestRules states rules that the trained vocabularies have no case for.
func TestRules(t *testing.T) {
	negativeZero := float32(math.Copysign(0, -1))
	for _, c := range []struct {
		name   string
		config Config
		text   string
		want   []int32
	}{
		{
			"a word that is a token is taken whole",
			Config{Model: "gpt2", Pre: "llama-bpe", Tokens: []string{"a", "b", "ab"}},
			"ab",
			[]int32{2},
		},
		{
			"but for other pre-tokenizers by its merges",
			Config{Model: "gpt2", Pre: "qwen2", Tokens: []string{"a", "b", "ab"}},
			"ab",
			[]int32{0, 1},
		},
		{
			"of merges that are named twice the first counts",
			Config{Model: "gpt2", Pre: "qwen2", Tokens: []string{"a", "b", "c", "ab", "bc"}, Merges: []string{"b c", "a b", "b c"}},
			"abc",
			[]int32{0, 4},
		},
		{
			"user-defined tokens do not merge",
			Config{Model: "llama", Tokens: []string{"▁▁", "a", "▁▁a"}, Types: []int32{4, 1, 1}, Scores: make([]float32, 3)},
			"  a",
			[]int32{0, 1},
		},
		{
			"of equal scores the left pair merges first, −0 being 0",
			Config{Model: "llama", Tokens: []string{"a", "b", "c", "ab", "bc"}, Scores: []float32{0, 0, 0, negativeZero, 0}},
			"abc",
			[]int32{3, 2},
		},
		{
			"the higher score merges first",
			Config{Model: "llama", Tokens: []string{"a", "b", "c", "ab", "bc"}, Scores: []float32{0, 0, 0, -1.5, 2}},
			"abc",
			[]int32{0, 4},
		},
		{
			"a run of what no piece covers is one unknown token",
			Config{Model: "llama", Tokens: []string{"a"}, Scores: make([]float32, 1)},
			"ααaα",
			[]int32{0, 0, 0}, // the unknown token is a, too
		},
	} {
		c.config.BOS, c.config.EOS = -1, -1
		tok, err := New(c.config)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := tok.Encode(c.text, false); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q is %v, want %v", c.name, c.text, got, c.want)
		}
	}
}

// TestMarkers: a token that bounds turns is a control token, whatever the file
// says it is.
func TestMarkers(t *testing.T) {
	for _, kind := range []int32{1, 3, 4} {
		tok, err := New(Config{
			Model: "gpt2", Pre: "gpt-2",
			Tokens: []string{"<", "|", "i", "m", "_", "e", "n", "d", ">", "<|im_end|>", "<x>"},
			Types:  []int32{1, 1, 1, 1, 1, 1, 1, 1, 1, kind, kind},
			BOS:    -1, EOS: -1, UNK: -1,
		})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := tok.Encode("<|im_end|>", false), []int32{0, 1, 2, 3, 4, 5, 6, 7, 1, 8}; !slices.Equal(got, want) {
			t.Errorf("type %d: plain <|im_end|> is %v, want %v", kind, got, want)
		}
		if got := tok.Encode("<|im_end|>", true); !slices.Equal(got, []int32{9}) || !tok.IsControl(9) {
			t.Errorf("type %d: <|im_end|> is %v, control %v", kind, got, tok.IsControl(9))
		}
		if got := tok.IsControl(10); got != (kind == 3) {
			t.Errorf("type %d: <x> is control: %v", kind, got)
		}
	}
}

// TestOutside: ids that are no tokens stand for nothing.
func TestOutside(t *testing.T) {
	_, toks := smalls()
	tok := toks["qwen2"]
	a := tok.Encode("a", false)[0]
	for _, id := range []int32{-1, int32(tok.Size()), math.MaxInt32, math.MinInt32} {
		if tok.Bytes(id) != nil || tok.IsControl(id) {
			t.Errorf("token %d has bytes %q, control %v", id, tok.Bytes(id), tok.IsControl(id))
		}
		if got := tok.Decode([]int32{a, id, a}); got != "aa" {
			t.Errorf("token %d decodes to %q", id, got)
		}
		if got := tok.Stream().Next(id); got != "" {
			t.Errorf("token %d streams as %q", id, got)
		}
	}
	if id, ok := tok.Lookup("no such piece"); ok {
		t.Errorf("found as %d", id)
	}
	if id, ok := toks["llama"].Lookup("<0x0A>"); !ok || string(toks["llama"].Bytes(id)) != "\n" {
		t.Errorf("<0x0A> is %d, %v", id, ok)
	}
}

// TestAllocations: encoding allocates its result and the lists of one word, not
// something a word.
func TestAllocations(t *testing.T) {
	_, toks := smalls()
	text := strings.Repeat("The theatre stood at the end of a narrow street, 7 doors on. ", 100)
	for _, name := range []string{"gpt-2", "smollm", "llama-bpe", "qwen2"} {
		tok := toks[name]
		if n := testing.AllocsPerRun(10, func() { tok.Encode(text, true) }); n > 12 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

// FuzzEncode: with every vocabulary, whatever the text, it comes back from its
// ids, whole or as a stream, and control tokens stand only where they are named.
func FuzzEncode(f *testing.F) {
	for _, s := range []string{"", "Hello, world!", "  the theatre\n", "<|end|><tag></s>", "a\x00b\xff\xc3", "▁▁ ", "😀\u200d"} {
		f.Add(s, s, true)
		f.Add(s, " "+s, false)
	}
	_, toks := smalls()
	f.Fuzz(func(t *testing.T, a, b string, special bool) {
		for name, tok := range toks {
			parts := []Part{{a, special}, {b, false}}
			ids := tok.EncodeParts(parts)
			for _, id := range ids {
				if id < 0 || int(id) >= tok.Size() {
					t.Fatalf("%s: id %d of %q", name, id, a+b)
				}
				if !special && tok.vocab.kind[id] == kindControl {
					t.Fatalf("%s: control token %d in plain text %q", name, id, a+b)
				}
			}
			text := tok.Decode(ids)
			if strings.HasPrefix(name, "llama, no bytes") || tok.spacePrefix && strings.Contains(a+b, "<unk>") {
				continue
			}
			if text != a+b {
				t.Fatalf("%s: %q comes back as %q", name, a+b, text)
			}
			if !special {
				if whole := tok.Encode(a+b, false); !slices.Equal(ids, whole) {
					t.Fatalf("%s: %q is %v in parts and %v whole", name, a+b, ids, whole)
				}
			}
			if got, want := streamed(tok, ids), whatwg(text); got != want {
				t.Fatalf("%s: stream of %q is %q, want %q", name, text, got, want)
			}
		}
	})
}
