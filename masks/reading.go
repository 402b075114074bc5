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

// LogLikelihoods returns ℓ of each statement, the mean natural log-probability
// of its tokens, as the model sees it through an overlay. progress, which may
// be nil, is told how many statements are done; between two of them the
// context can end the reading.
func (r *Reading) LogLikelihoods(ctx context.Context, o *model.Overlay, statements []string, progress func(done int)) ([]float64, error) {
	s, err := r.engine.NewSession(o)
	if err != nil {
		return nil, err
	}
	last := len(r.prefix) - 1
	if err := feed(r.engine, s, r.prefix[:last], nil); err != nil {
		return nil, err
	}
	means := make([]float64, len(statements))
	for i, statement := range statements {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		ids, err := r.Tokens(statement)
		if err != nil {
			return nil, fmt.Errorf("%w (number %d)", err, i+1)
		}
		s.Truncate(last)
		text := append([]int32{r.prefix[last]}, ids...)
		sum := 0.0
		err = feed(r.engine, s, text[:len(ids)], func(k int, logits []float32) {
			sum += float64(logits[text[k+1]]) - sample.LogSumExp(logits)
		})
		if err != nil {
			return nil, fmt.Errorf("masks: statement %d: %w", i+1, err)
		}
		means[i] = sum / float64(len(ids))
		if progress != nil {
			progress(i + 1)
		}
	}
	return means, nil
}

// NLL returns the negative log-likelihood of texts through an overlay: its sum
// in nats over all tokens but the first of each text, and their number. Texts
// may hold the chat format's markup.
func (r *Reading) NLL(ctx context.Context, o *model.Overlay, texts []string) (sum float64, tokens int, err error) {
	s, err := r.engine.NewSession(o)
	if err != nil {
		return 0, 0, err
	}
	for i, text := range texts {
		if err := ctx.Err(); err != nil {
			return 0, 0, err
		}
		ids := r.tok.Encode(text, true)
		if len(ids) < 2 {
			return 0, 0, fmt.Errorf("masks: neutral text %d is shorter than two tokens", i+1)
		}
		s.Truncate(0)
		err := feed(r.engine, s, ids[:len(ids)-1], func(k int, logits []float32) {
			sum -= float64(logits[ids[k+1]]) - sample.LogSumExp(logits)
		})
		if err != nil {
			return 0, 0, fmt.Errorf("masks: neutral text %d: %w", i+1, err)
		}
		tokens += len(ids) - 1
	}
	return sum, tokens, nil
}

// feed appends tokens to a session; with see, it is shown the logits after each.
func feed(e *model.Engine, s *model.Session, ids []int32, see func(i int, logits []float32)) error {
	rows := make([]model.Row, 0, model.MaxRows)
	for at := 0; at < len(ids); at += len(rows) {
		rows = rows[:0]
		for _, id := range ids[at:min(len(ids), at+model.MaxRows)] {
			rows = append(rows, model.Row{Session: s, Token: id, Logits: see != nil})
		}
		if err := e.Forward(rows); err != nil {
			return err
		}
		if see != nil {
			for i := range rows {
				see(at+i, e.Logits(i))
			}
		}
	}
	return nil
}
