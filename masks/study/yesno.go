package study

import (
	"fmt"

	"masque/engine/model"
	"masque/masks"
)

// yesNoQuestion asks whether the model would say a statement.
const yesNoQuestion = "Would you say this about yourself? “%s” Answer Yes or No."

// yesNo asks through both masks whether the model would say each statement. The
// measure is the difference between the masks of logit(Yes) − logit(No): a mask that
// says Yes to everything has a bias, which is told apart and cannot help.
func (e *evaluation) yesNo(r *Result) error {
	yes, no, err := e.answers()
	if err != nil {
		return err
	}
	tested, err := e.tested()
	if err != nil {
		return err
	}
	statements := e.set.all()
	d := make([]float64, len(statements))
	var bias [2]float64
	for pole, overlay := range []*model.Overlay{tested.plus, tested.minus} {
		s, err := e.lab.engine.NewSession(overlay)
		if err != nil {
			return err
		}
		for i, statement := range statements {
			if err := e.ctx.Err(); err != nil {
				return err
			}
			logits, err := e.lab.ask(s, fmt.Sprintf(yesNoQuestion, statement))
			if err != nil {
				return fmt.Errorf("study: statement %d: %w", i+1, err)
			}
			l := float64(logits[yes]) - float64(logits[no])
			bias[pole] += l / float64(len(statements))
			if pole == 0 {
				d[i] = l
			} else {
				d[i] -= l
			}
			e.progress.tell("asking Yes or No", pole*len(statements)+i+1, 2*len(statements))
		}
	}
	separation := Separate(d[:len(e.set.Plus)], d[len(e.set.Plus):], e.options.Seed)
	t := separation.Test(YesNoTopic)
	t.Note = fmt.Sprintf("Bias, apart from the AUC: the mean of logit(Yes) − logit(No) is %+.2f through the plus and %+.2f through the minus mask.", bias[0], bias[1])
	r.YesNo = &t
	return nil
}

// checkQuestions says which statement makes a question that the model has no room for, if
// there is one.
func (l *Lab) checkQuestions(set Statements) error {
	for i, statement := range set.all() {
		r, err := l.after(masks.Ask(fmt.Sprintf(yesNoQuestion, statement)))
		if err != nil {
			return err
		}
		if n, most := len(r.Prefix()), l.engine.Weights().Context; n > most {
			pole, number := masks.Plus, i+1
			if i >= len(set.Plus) {
				pole, number = masks.Minus, number-len(set.Plus)
			}
			return fmt.Errorf("study: the Yes/No question with the %s statement number %d, which begins %.40q, takes %d tokens; the model's context has %d: shorten it or leave it out", pole, number, statement, n, most)
		}
	}
	return nil
}

// answers are the first tokens of the two answers.
func (e *evaluation) answers() (yes, no int32, err error) {
	y, n := e.lab.tok.Encode("Yes", false), e.lab.tok.Encode("No", false)
	if len(y) == 0 || len(n) == 0 || y[0] == n[0] {
		return 0, 0, fmt.Errorf("study: the model's tokens do not tell Yes from No")
	}
	return y[0], n[0], nil
}

// ask returns the logits of the first token of an answer.
func (l *Lab) ask(s *model.Session, question string) ([]float32, error) {
	r, err := l.after(masks.Ask(question))
	if err != nil {
		return nil, err
	}
	s.Truncate(0)
	var answer []float32
	err = s.Feed(r.Prefix(), len(r.Prefix())-1, func(_ int, logits []float32) { answer = logits })
	return answer, err
}
