package study

import (
	"fmt"
	"hash/fnv"
	"strings"

	"masque/engine/generate"
	"masque/engine/model"
	"masque/engine/sample"
	"masque/masks"
)

// Questions are what replies are sampled to: nothing in them is about a trait.
var Questions = []string{
	"What did you do last weekend?",
	"How would you spend a day off?",
	"What is your favourite place?",
	"Tell me about your morning.",
	"What are your plans for tonight?",
	"What would you do with an unexpected gift of money?",
	"What do you like about your work?",
	"Describe your ideal holiday.",
	"What do you usually do after dinner?",
	"Tell me about a friend of yours.",
	"What makes a good day?",
	"What is hard for you?",
	"What do you think of big changes?",
	"How do you prepare for something important?",
	"What would you like to learn?",
	"Tell me about your home.",
	"What do you do when you have to wait?",
	"How do you choose what to buy?",
	"What do you expect of next year?",
	"What would your neighbours say about you?",
}

// Bounds of sampled replies.
const (
	replyTokens = 40
	earlyStop   = 5 // a reply that ends its turn within so many tokens said nothing
	batchTurns  = 3 // questions answered at once, each by all sides
)

// rates say how healthy replies are as text.
type rates struct {
	replies, early   int
	pairs, distinct  int // of words that follow each other
	fours, repeated4 int
	seen             map[[2]string]bool
}

func (r *rates) add(text string, tokens int, reason generate.Reason) {
	r.replies++
	if reason == generate.Stop && tokens < earlyStop {
		r.early++
	}
	words := strings.Fields(strings.ToLower(text))
	if r.seen == nil {
		r.seen = map[[2]string]bool{}
	}
	for i := range max(0, len(words)-1) {
		pair := [2]string(words[i : i+2])
		r.pairs++
		if !r.seen[pair] {
			r.seen[pair] = true
			r.distinct++
		}
	}
	own := map[[4]string]bool{}
	for i := range max(0, len(words)-3) {
		four := [4]string(words[i : i+4])
		r.fours++
		if own[four] {
			r.repeated4++
		}
		own[four] = true
	}
}

func (r *rates) shares() masks.TextRates {
	return masks.TextRates{
		N: r.replies, Distinct2: round(share(r.distinct, r.pairs)),
		Repeated4: round(share(r.repeated4, r.fours)), EarlyStop: round(share(r.early, r.replies)),
	}
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// reply is one sampled text.
type reply struct {
	question int
	text     strings.Builder
	tokens   int
	reason   generate.Reason
}

// replies samples answers to neutral questions through both masks and the dense
// model, and has the dense model judge them: by how much likelier it finds a reply
// under the plus prompt than under the minus prompt.
func (e *evaluation) replies(r *Result) error {
	sampled, err := e.sample()
	if err != nil {
		return err
	}
	var health [3]rates
	var judged [3][]float64
	for side, replies := range sampled {
		for _, y := range replies {
			health[side].add(y.text.String(), y.tokens, y.reason)
		}
		if side == 0 {
			continue // the dense model, for its rates
		}
		if judged[side], err = e.judge(replies, side-1); err != nil {
			return err
		}
	}
	rates := &masks.SampledRates{Plus: health[1].shares(), Minus: health[2].shares(), Dense: health[0].shares()}
	words := func(t masks.TextRates) string {
		return fmt.Sprintf("%.2f, %.2f, %.2f", t.Distinct2, t.Repeated4, t.EarlyStop)
	}
	note := fmt.Sprintf("Judged by the dense model's likelihood under the two prompts. Distinct-2, repeated-4-gram and early-stop rates: plus %s; minus %s; dense %s.",
		words(rates.Plus), words(rates.Minus), words(rates.Dense))
	r.Replies = &masks.Test{Name: RepliesName, Rates: rates, Note: note}
	if len(judged[1]) == 0 || len(judged[2]) == 0 {
		r.Replies.Note += " No reply of a pole has any text to judge."
		return nil
	}
	s := Separate(judged[1], judged[2], e.options.Seed)
	t := s.Test(RepliesName)
	t.Rates, t.Note = rates, note
	r.Replies = &t
	return nil
}

// sample returns the replies of the dense model, the plus and the minus mask.
func (e *evaluation) sample() (sampled [3][]*reply, err error) {
	g, err := generate.New(e.lab.engine, e.lab.tok, e.lab.family)
	if err != nil {
		return sampled, err
	}
	var voices [batchTurns][3]*generate.Voice
	for i := range voices {
		for side, o := range []*model.Overlay{nil, e.own.plus, e.own.minus} {
			if voices[i][side], err = g.NewVoice(o); err != nil {
				return sampled, err
			}
		}
	}
	turns := len(Questions) * e.options.Replies
	for at := 0; at < turns; at += batchTurns {
		var requests []generate.Request
		var replies []*reply
		for i := range min(batchTurns, turns-at) {
			question, seed := (at+i)%len(Questions), (at+i)/len(Questions)
			prompt, err := g.Prompt(masks.Ask(Questions[question]))
			if err != nil {
				return sampled, err
			}
			sampling := sample.Default()
			sampling.Seed = e.replySeed(question, seed)
			for side := range sampled {
				requests = append(requests, generate.Request{Voice: voices[i][side], Prompt: prompt, Sampling: sampling, MaxTokens: replyTokens})
				y := &reply{question: question}
				replies, sampled[side] = append(replies, y), append(sampled[side], y)
			}
		}
		err := g.Reply(e.ctx, requests, func(event generate.Event) {
			switch event := event.(type) {
			case generate.Token:
				replies[event.Index].text.WriteString(event.Text)
			case generate.End:
				y := replies[event.Index]
				y.text.WriteString(event.Text)
				y.tokens, y.reason = len(event.IDs), event.Reason
			}
		})
		if err == nil {
			err = e.ctx.Err() // Reply takes a cancelled context for the end of the replies
		}
		if err != nil {
			return sampled, err
		}
		e.progress.tell("sampling replies", min(at+batchTurns, turns), turns)
	}
	return sampled, nil
}

// replySeed is the same for all sides, so that they differ by their masks only.
func (e *evaluation) replySeed(question, seed int) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %d %d", e.options.Seed, question, seed)
	return h.Sum64() >> 11
}

// judge returns the measure of each reply that has any text.
func (e *evaluation) judge(replies []*reply, pole int) ([]float64, error) {
	var measures []float64
	for question, text := range Questions {
		var texts []string
		for _, y := range replies {
			if s := strings.TrimSpace(y.text.String()); y.question == question && s != "" {
				texts = append(texts, s)
			}
		}
		if len(texts) == 0 {
			continue
		}
		plus, err := e.lab.prompted(e.options.Prompts.Plus, text)
		if err != nil {
			return nil, err
		}
		minus, err := e.lab.prompted(e.options.Prompts.Minus, text)
		if err != nil {
			return nil, err
		}
		c := contrast{side{plus, nil}, side{minus, nil}}
		d, err := c.differences(e.ctx, texts, nil)
		if err != nil {
			return nil, err
		}
		measures = append(measures, d...)
		e.progress.tell("judging replies", pole*len(Questions)+question+1, 2*len(Questions))
	}
	return measures, nil
}
