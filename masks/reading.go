package masks

import (
	"context"
	"errors"
	"fmt"

	"masque/engine/chat"
	"masque/engine/model"
	"masque/engine/sample"
	"masque/engine/tokenizer"
)

// Question is the neutral question that a statement answers, unless another is
// chosen.
const Question = "Describe yourself in one sentence."

// A Reading is the way in which statements are put to a model: as the
// assistant's turn, after a conversation that is the same for all of them.
type Reading struct {
	engine *model.Engine
	tok    *tokenizer.Tokenizer
	prefix []int32
}

// NewReading puts statements after a conversation. Where the family would add a
// system message of its own, none is added: it would describe an assistant.
func NewReading(e *model.Engine, t *tokenizer.Tokenizer, f chat.Family, conversation []chat.Message) (*Reading, error) {
	if f.System() != "" && (len(conversation) == 0 || conversation[0].Role != "system") {
		bare, err := chat.ByName("chatml")
		if err != nil {
			return nil, err
		}
		f = bare
	}
	segments, err := f.Render(conversation, true)
	if err != nil {
		return nil, err
	}
	return newReading(e, t, chat.Encode(t, segments))
}

func newReading(e *model.Engine, t *tokenizer.Tokenizer, prefix []int32) (*Reading, error) {
	if len(prefix) == 0 {
		return nil, errors.New("masks: statements need something before them")
	}
	return &Reading{e, t, prefix}, nil
}

// Ask is the conversation of one question.
func Ask(question string) []chat.Message {
	return []chat.Message{{Role: "user", Content: question}}
}

// Engine returns the engine that reads.
func (r *Reading) Engine() *model.Engine { return r.engine }

// Prefix returns the tokens before a statement.
func (r *Reading) Prefix() []int32 { return r.prefix }

// Tokens returns a statement's own tokens; an empty one is an error.
func (r *Reading) Tokens(statement string) ([]int32, error) {
	ids := r.tok.Encode(statement, false)
	if len(ids) == 0 {
		return nil, errors.New("masks: an empty statement")
	}
	return ids, nil
}

// Check says which statement of the two poles the model cannot read after what stands
// before it, if there is one. It is asked before the minutes of reading others.
func (r *Reading) Check(plus, minus []string) error {
	if _, err := r.encode(plus, "plus "); err != nil {
		return err
	}
	_, err := r.encode(minus, "minus ")
	return err
}

// encode returns the tokens of statements, each of which the model can read whole. which
// names them in errors: "plus ", or nothing.
func (r *Reading) encode(statements []string, which string) ([][]int32, error) {
	texts := make([][]int32, len(statements))
	for i, s := range statements {
		ids, err := r.Tokens(s)
		if err != nil {
			return nil, fmt.Errorf("%w (%snumber %d)", err, which, i+1)
		}
		if n, most := len(r.prefix)+len(ids), r.engine.Weights().Context; n > most {
			return nil, fmt.Errorf("masks: the %sstatement number %d, which begins %.40q, takes %d tokens with what stands before it; the model's context has %d: shorten it or leave it out", which, i+1, s, n, most)
		}
		texts[i] = ids
	}
	return texts, nil
}

// LogLikelihoods returns ℓ of each statement, the mean natural log-probability
// of its tokens, as the model sees it through an overlay. progress, which may
// be nil, is told how many statements are done; between two passes, of several
// statements each, the context can end the reading.
func (r *Reading) LogLikelihoods(ctx context.Context, o *model.Overlay, statements []string, progress func(done int)) ([]float64, error) {
	last := len(r.prefix) - 1
	texts, err := r.encode(statements, "")
	if err != nil {
		return nil, err
	}
	for i, ids := range texts {
		texts[i] = append([]int32{r.prefix[last]}, ids...)
	}
	sums, err := r.logProbs(ctx, o, r.prefix[:last], "statements", texts, progress)
	if err != nil {
		return nil, err
	}
	for i, text := range texts {
		sums[i] /= float64(len(text) - 1)
	}
	return sums, nil
}

// NLL returns the negative log-likelihood of texts through an overlay: its sum
// in nats over all tokens but the first of each text, and their number. Texts
// may hold the chat format's markup.
func (r *Reading) NLL(ctx context.Context, o *model.Overlay, texts []string) (sum float64, tokens int, err error) {
	encoded := make([][]int32, len(texts))
	for i, text := range texts {
		encoded[i] = r.tok.Encode(text, true)
		if len(encoded[i]) < 2 {
			return 0, 0, fmt.Errorf("masks: neutral text %d is shorter than two tokens", i+1)
		}
		tokens += len(encoded[i]) - 1
	}
	sums, err := r.logProbs(ctx, o, nil, "neutral texts", encoded, nil)
	if err != nil {
		return 0, 0, err
	}
	for _, s := range sums {
		sum -= s
	}
	return sum, tokens, nil
}

// logProbs returns for each text the sum of the log-probabilities of its tokens but
// the first, after a beginning.
func (r *Reading) logProbs(ctx context.Context, o *model.Overlay, beginning []int32, what string, texts [][]int32, progress func(done int)) ([]float64, error) {
	sums := make([]float64, len(texts))
	read := make([][]int32, len(texts)) // nothing follows the last token
	for i, text := range texts {
		read[i] = text[:len(text)-1]
	}
	p := passes{engine: r.engine, overlay: o, beginning: beginning, rows: model.LogitRows, logits: true, what: what}
	p.after = func(parts []part) {
		for _, q := range parts {
			for k := q.first; k < q.last; k++ {
				logits := r.engine.Logits(q.row + k - q.first)
				sums[q.text] += float64(logits[texts[q.text][k+1]]) - sample.LogSumExp(logits)
			}
			if q.last == len(read[q.text]) && progress != nil {
				progress(q.text + 1)
			}
		}
	}
	if err := p.read(ctx, read); err != nil {
		return nil, err
	}
	for _, s := range sums {
		if !model.IsNumber(s) {
			return nil, model.ErrNoNumbers
		}
	}
	return sums, nil
}
