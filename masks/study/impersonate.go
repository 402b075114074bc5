package study

import "context"

// Impersonate has the plain model say statements of a pair: what it replies to each of
// [RehearsalQuestions], so many times, under the plus prompt and under the minus prompt.
// Masks that are made from these as well reach further into replies; what a prompt does
// is distilled into them, as by Askell et al., "A General Language Assistant as a
// Laboratory for Alignment" (arXiv 2112.00861, §2), without training.
func (l *Lab) Impersonate(ctx context.Context, prompts Prompts, times int, seed uint64, progress Progress) (Statements, error) {
	speakers := []speaker{{prompt: prompts.Plus}, {prompt: prompts.Minus}}
	sampled, err := l.sample(ctx, speakers, interview{RehearsalQuestions, times, seed}, progress)
	if err != nil {
		return Statements{}, err
	}
	said := func(replies []*reply) (texts []string) {
		for _, y := range replies {
			if !early(y.tokens, y.reason) {
				texts = append(texts, y.text.String())
			}
		}
		return texts
	}
	return Statements{Plus: said(sampled[0]), Minus: said(sampled[1])}.Clean(), nil
}
