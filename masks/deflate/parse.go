package deflate

import "math"

// Limits of RFC 1951.
const (
	minMatch  = 3
	maxMatch  = 258
	maxWindow = 32 << 10
)

// maxTries bounds how many places with the same three bytes are compared, for texts that
// repeat little else.
const maxTries = 256

// A match copies length bytes that stand distance bytes before.
type match struct{ length, distance int }

// findMatches returns, for each place of data, the matches that there are: of each length
// the nearest, the lengths in ascending order. A match can be cut to a lesser length.
func findMatches(data, dictionary []byte) [][]match {
	text := append(dictionary[:len(dictionary):len(dictionary)], data...)
	last := map[[minMatch]byte]int{} // place of three bytes, counted from 1
	before := make([]int, len(text)) // the place before that with the same bytes; 0 = none
	found := make([][]match, len(data))
	for at := range text {
		if at+minMatch > len(text) {
			break
		}
		three := [minMatch]byte(text[at:])
		place := last[three]
		last[three], before[at] = at+1, place
		if at < len(dictionary) {
			continue
		}
		longest := minMatch - 1
		for try := 0; place > 0 && at-(place-1) <= maxWindow && try < maxTries && longest < min(maxMatch, len(text)-at); try++ {
			from := place - 1
			if text[from+longest] == text[at+longest] { // else it is no longer than what there is
				if n := common(text[from:], text[at:]); n > longest {
					longest = n
					found[at-len(dictionary)] = append(found[at-len(dictionary)], match{n, at - from})
				}
			}
			place = before[from]
		}
	}
	return found
}

// common is how many bytes two texts share at their beginnings. The second is the shorter.
func common(a, b []byte) int {
	n := 0
	for n < len(b) && n < maxMatch && a[n] == b[n] {
		n++
	}
	return n
}

// A token is a literal, whose distance is 0 and length its byte, or a match.
type token = match

// prices are what symbols cost, in bits, those behind them included.
type prices struct {
	literal  [256]int
	length   [maxMatch + 1]int
	distance [numDistances]int
}

// parse writes data as the tokens that cost least.
func parse(data []byte, found [][]match, p *prices) []token {
	cost := make([]int, len(data)+1)   // of the text up to here
	come := make([]token, len(data)+1) // the last token of that
	for i := range cost[1:] {
		cost[i+1] = math.MaxInt
	}
	for i, c := range data {
		if total := cost[i] + p.literal[c]; total < cost[i+1] {
			cost[i+1], come[i+1] = total, token{int(c), 0}
		}
		n := minMatch
		for _, m := range found[i] {
			symbol, _ := split(m.distance-1, 1)
			for ; n <= m.length; n++ {
				if total := cost[i] + p.length[n] + p.distance[symbol]; total < cost[i+n] {
					cost[i+n], come[i+n] = total, token{n, m.distance}
				}
			}
		}
	}
	// come leads back from the end: first count, then fill.
	step := func(t token) int {
		if t.distance == 0 {
			return 1
		}
		return t.length
	}
	n := 0
	for i := len(data); i > 0; i -= step(come[i]) {
		n++
	}
	tokens := make([]token, n)
	for i := len(data); i > 0; i -= step(come[i]) {
		n--
		tokens[n] = come[i]
	}
	return tokens
}
