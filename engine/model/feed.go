package model

// LogitRows bounds the rows of a pass that ask for logits where every token's are wanted:
// those of one token are as large as its whole KV cache.
const LogitRows = 64

// Feed appends tokens to the session, in as many passes as they take. From number first on
// (len(tokens) for none) the logits after each token i are computed, and shown to see, which
// may be nil; they are overwritten by the next pass. On an error the session holds what the
// passes before it have read.
func (s *Session) Feed(tokens []int32, first int, see func(i int, logits []float32)) error {
	return s.engine.Feed([]*Session{s}, tokens, first, func(i int, logits [][]float32) {
		if see != nil {
			see(i, logits[0])
		}
	})
}

// Feed appends the same tokens to several sessions, side by side: see [Session.Feed]. see is
// shown the logits of each session.
func (e *Engine) Feed(sessions []*Session, tokens []int32, first int, see func(i int, logits [][]float32)) error {
	rows := make([]Row, 0, min(MaxRows, len(sessions)*len(tokens)))
	logits := make([][]float32, len(sessions))
	for at := 0; at < len(tokens); {
		asked := max(at, first)
		end := min(len(tokens), at+fours(MaxRows/len(sessions)), asked+fours(LogitRows/len(sessions)))
		rows = rows[:0]
		for _, s := range sessions {
			for i := at; i < end; i++ {
				rows = append(rows, Row{s, tokens[i], i >= first})
			}
		}
		if err := e.Forward(rows); err != nil {
			return err
		}
		for i := asked; i < end; i++ {
			for k := range sessions {
				logits[k] = e.Logits(k*(end-asked) + i - asked)
			}
			see(i, logits)
		}
		at = end
	}
	return nil
}

// fours rounds a number of rows down to what is multiplied without a rest, four at a time,
// where logits are asked for from the first token on.
func fours(rows int) int {
	if rows < 4 {
		return rows
	}
	return rows &^ 3
}
