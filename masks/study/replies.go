package study

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"masque/engine/chat"
	"masque/engine/generate"
	"masque/engine/model"
	"masque/engine/sample"
	"masque/masks"
)

// Questions are what replies are sampled to: nothing in them is about a trait. What is
// reported is measured with these; settings are chosen with [RehearsalQuestions].
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
	earlyStop   = 5  // see early
	replyVoices = 16 // replies that are written at once, about
)

// early reports whether a reply ended its turn before it had said anything.
func early(tokens int, reason generate.Reason) bool {
	return reason == generate.Stop && tokens < earlyStop
}

// rates say how healthy replies are as text.
type rates struct {
	replies, early   int
	pairs, distinct  int // of words that follow each other
	fours, repeated4 int
	seen             map[[2]string]bool
}

func (r *rates) add(text string, tokens int, reason generate.Reason) {
	r.replies++
	if early(tokens, reason) {
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

// A speaker is one way to answer questions.
type speaker struct {
	overlay *model.Overlay
	prompt  string // a system message in place of the family's; "" = that one
}

// sides are the speakers of two masks: the plus side, then the minus side.
func (o overlays) sides() []speaker { return []speaker{{overlay: o.plus}, {overlay: o.minus}} }

// replies samples answers to neutral questions from both sides of debates, and from the dense
// model for its rates, and has two judges tell the sides apart. Through the masks, and as a
// control under the two prompts, each question is answered several times; through each of
// the masks that are drawn as controls, once.
func (e *evaluation) replies(r *Result) error {
	whole, err := e.whole()
	if err != nil {
		return err
	}
	prompts := e.options.Prompts
	speakers := append(whole.sides(), speaker{prompt: prompts.Plus}, speaker{prompt: prompts.Minus}, speaker{})
	sampled, err := e.lab.sample(e.ctx, speakers, interview{"report", Questions, e.options.Replies, e.options.Seed}, e.progress)
	if err != nil {
		return err
	}
	last := len(sampled) - 1
	dense := health(sampled[last])
	all := sampled[:last:last]
	controls := []struct {
		of    masks.Topic
		draws []Masks
	}{{ReplyShuffledTopic, e.options.ReplyShuffled}, {ReplyRandomTopic, e.options.ReplyRandom}}
	for _, c := range controls {
		for _, m := range c.draws {
			o, err := e.lab.overlays(m, e.options.Gamma) // one at a time: it may be a copy of all weights
			if err != nil {
				return err
			}
			replies, err := e.lab.sample(e.ctx, o.sides(), interview{"report", Questions, 1, e.options.Seed}, e.progress)
			if err != nil {
				return err
			}
			all = append(all, replies...)
		}
	}
	judges, err := e.judges()
	if err != nil {
		return err
	}
	for _, j := range judges {
		judged, err := e.judge(j, all)
		if err != nil {
			return err
		}
		next := func() (plus, minus judgement) {
			plus, minus, judged = judged[0], judged[1], judged[2:]
			return plus, minus
		}
		for i, of := range []masks.Topic{RepliesTopic, ReplyPromptTopic} {
			rates := &masks.SampledRates{Plus: health(sampled[2*i]), Minus: health(sampled[2*i+1]), Dense: dense}
			plus, minus := next()
			t := e.verdict(j.of(of), plus, minus, rates, j.note)
			if i > 0 {
				r.Controls = append(r.Controls, t)
			} else if j.measure == masks.MeasureReplies {
				r.Replies = &t
			} else {
				r.RepliesByStatements = &t
			}
		}
		for _, c := range controls {
			if len(c.draws) == 0 {
				continue
			}
			t := masks.NewTest(j.of(c.of))
			t.Note = fmt.Sprintf("One reply to each of %d questions through each of %d pairs of masks. %s", len(Questions), len(c.draws), j.note)
			for range c.draws {
				plus, minus := next()
				if len(plus.values) == 0 || len(minus.values) == 0 {
					continue // nothing but ends of turns
				}
				if t.AUC == nil {
					t.AUC, t.N = new(masks.Estimate), &masks.Counts{Plus: len(plus.values), Minus: len(minus.values)}
				}
				t.AUC.Draws = append(t.AUC.Draws, round(AUC(plus.values, minus.values)))
			}
			if t.AUC != nil {
				t.AUC.Value = round(mean(t.AUC.Draws))
			}
			r.Controls = append(r.Controls, t)
		}
	}
	return nil
}

// verdict puts what was judged of the two sides into the form of evidence.
func (e *evaluation) verdict(of masks.Topic, plus, minus judgement, rates *masks.SampledRates, judge string) masks.Test {
	words := func(t masks.TextRates) string {
		return fmt.Sprintf("%.2f, %.2f, %.2f", t.Distinct2, t.Repeated4, t.EarlyStop)
	}
	note := fmt.Sprintf("%s Intervals resample questions. Distinct-2, repeated-4-gram and early-stop rates: plus %s; minus %s; dense %s.",
		judge, words(rates.Plus), words(rates.Minus), words(rates.Dense))
	if len(plus.values) == 0 || len(minus.values) == 0 {
		t := masks.NewTest(of)
		t.Rates, t.Note = rates, note+" No reply of a pole has any text to judge."
		return t
	}
	s := SeparateClusters(plus.values, minus.values, plus.questions, minus.questions, e.options.Seed)
	t := s.Test(of)
	t.Rates, t.Note = rates, note
	return t
}

// health returns the rates of replies.
func health(replies []*reply) masks.TextRates {
	var r rates
	for _, y := range replies {
		r.add(y.text.String(), y.tokens, y.reason)
	}
	return r.shares()
}

// An interview asks each of the questions so many times.
type interview struct {
	purpose   string // replies of one purpose have no random numbers in common with those of another
	questions []string
	times     int
	seed      uint64
}

// sample returns the replies of each speaker.
func (l *Lab) sample(ctx context.Context, speakers []speaker, of interview, progress Progress) ([][]*reply, error) {
	g, err := generate.New(l.engine, l.tok, l.family)
	if err != nil {
		return nil, err
	}
	batch := max(1, replyVoices/len(speakers)) // questions answered at once, each by all speakers
	voices := make([][]*generate.Voice, batch)
	for i := range voices {
		for _, s := range speakers {
			v, err := g.NewVoice(s.overlay)
			if err != nil {
				return nil, err
			}
			voices[i] = append(voices[i], v)
		}
	}
	sampled := make([][]*reply, len(speakers))
	turns := len(of.questions) * of.times
	for at := 0; at < turns; at += batch {
		var requests []generate.Request
		var replies []*reply
		for i := range min(batch, turns-at) {
			question, turn := (at+i)%len(of.questions), (at+i)/len(of.questions)
			sampling := sample.Default()
			sampling.Seed = of.replySeed(question, turn)
			for k, s := range speakers {
				prompt, err := l.asked(g, s.prompt, of.questions[question])
				if err != nil {
					return nil, err
				}
				requests = append(requests, generate.Request{Voice: voices[i][k], Prompt: prompt, Sampling: sampling, MaxTokens: replyTokens})
				y := &reply{question: question}
				replies, sampled[k] = append(replies, y), append(sampled[k], y)
			}
		}
		err := g.Reply(ctx, requests, func(event generate.Event) {
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
			err = ctx.Err() // Reply takes a cancelled context for the end of the replies
		}
		if err != nil {
			return nil, err
		}
		progress.tell("sampling replies", min(at+batch, turns), turns)
	}
	return sampled, nil
}

// asked are the tokens of a question as a chat puts it, or under a system message.
func (l *Lab) asked(g *generate.Generator, system, question string) ([]int32, error) {
	if system == "" {
		return g.Prompt(masks.Ask(question))
	}
	r, err := l.prompted(system, question)
	if err != nil {
		return nil, err
	}
	return r.Prefix(), nil
}

// replySeed is the same for all speakers, so that they differ by their masks only.
func (of *interview) replySeed(question, turn int) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%d %s %d %s", of.seed, of.purpose, turn, of.questions[question])
	return h.Sum64() >> 11
}

// A judge finds replies likelier on one side than on the other.
type judge struct {
	measure string
	note    string
	// sides are how the dense model reads replies to a question.
	sides func(question string) (plus, minus *masks.Reading, err error)
}

// of is a topic of replies as this judge finds them.
func (j *judge) of(replies masks.Topic) masks.Topic {
	replies.Measure = j.measure
	return replies
}

// Witnesses is how many statements of a pole the second judge has read.
const Witnesses = 8

// judges are the two that replies are put to. The first has read the prompts, so it may find what
// a prompt's words do and no more; the second has read statements that people wrote, and no
// prompt.
func (e *evaluation) judges() ([]judge, error) {
	statements, err := e.witnesses()
	if err != nil {
		return nil, err
	}
	of := "of the set under test"
	if e.options.Whole != nil {
		of += ", which the masks that reply were made from, too"
	}
	return []judge{
		{
			masks.MeasureReplies, "Judged by the dense model's likelihood under the two prompts.",
			func(question string) (plus, minus *masks.Reading, err error) {
				return e.lab.under(e.options.Prompts, question)
			},
		},
		{
			masks.MeasureRepliesByStatements,
			fmt.Sprintf("Judged by the dense model's likelihood after an answer of %d and %d statements %s.", len(statements.Plus), len(statements.Minus), of),
			func(question string) (plus, minus *masks.Reading, err error) {
				return e.lab.testimony(statements, question)
			},
		},
	}, nil
}

// witnesses are the statements of the second judge: fewer where the model's context has no
// room for all of them.
func (e *evaluation) witnesses() (Statements, error) {
	longest := slices.MaxFunc(Questions, func(a, b string) int { return len(a) - len(b) })
	for n := Witnesses; ; n /= 2 {
		statements := Statements{Plus: spread(e.set.Plus, n), Minus: spread(e.set.Minus, n)}
		plus, minus, err := e.lab.testimony(statements, longest)
		if err != nil || n <= 1 || max(len(plus.Prefix()), len(minus.Prefix()))+2*replyTokens <= e.lab.engine.Weights().Context {
			return statements, err
		}
	}
}

// testimony are the readings of a question after statements of a pole, all of them one answer to
// the neutral one. As answers to it one by one they take three times as many tokens, and tell the
// prompts' replies apart less well (.75, .82 and .69 for .76, .87 and .74).
func (l *Lab) testimony(statements Statements, question string) (plus, minus *masks.Reading, err error) {
	reading := func(list []string) (*masks.Reading, error) {
		said := chat.Message{Role: chat.Assistant, Content: strings.Join(list, " ")}
		return l.after(slices.Concat(masks.Ask(masks.Question), []chat.Message{said}, masks.Ask(question)))
	}
	if plus, err = reading(statements.Plus); err != nil {
		return nil, nil, err
	}
	minus, err = reading(statements.Minus)
	return plus, minus, err
}

// spread picks n of a list, evenly.
func spread(list []string, n int) []string {
	if len(list) <= n {
		return list
	}
	picked := make([]string, n)
	for i := range picked {
		picked[i] = list[i*len(list)/n]
	}
	return picked
}

// judgement is what a judge finds of one side's replies that have any text.
type judgement struct {
	values    []float64
	questions []int // what each replies to
}

// judge has one judge read the replies of all sides.
func (e *evaluation) judge(j judge, sides [][]*reply) ([]judgement, error) {
	found := make([]judgement, len(sides))
	for question, text := range Questions {
		var texts []string
		var from []int // the side of each
		for side, replies := range sides {
			for _, y := range replies {
				if s := strings.TrimSpace(y.text.String()); y.question == question && s != "" {
					texts, from = append(texts, s), append(from, side)
				}
			}
		}
		plus, minus, err := j.sides(text)
		if err != nil {
			return nil, err
		}
		c := contrast{side{plus, nil}, side{minus, nil}}
		d, err := c.differences(e.ctx, texts, nil)
		if err != nil {
			return nil, err
		}
		for i, v := range d {
			f := &found[from[i]]
			f.values, f.questions = append(f.values, v), append(f.questions, question)
		}
		e.progress.tell("judging replies", question+1, len(Questions))
	}
	return found, nil
}
