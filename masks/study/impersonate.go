package study

import (
	"context"

	"masque/masks"
)

// ImpersonationQuestions are those that the plain model replies to where masks are made from
// its replies as well: as neutral as [Questions] and [RehearsalQuestions], and like none of them.
var ImpersonationQuestions = []string{
	"What do you see from your window?",
	"Tell me about a teacher you had.",
	"What do you wear in winter?",
	"How do you get across the city?",
	"What did you have for lunch?",
	"What is the best season?",
	"Tell me about a book you read.",
	"What do you do when you are tired?",
	"What would you plant in a garden?",
	"Tell me about a meal that you remember.",
	"What happens on a long train journey?",
	"Which films do you watch?",
	"Who do you write to?",
	"What would you wish for as a present?",
	"What happened when you lost your keys?",
	"Who lives in your street?",
	"What did you play as a child?",
	"What helps you to fall asleep?",
	"Tell me about an animal that you know.",
	"What could be made of an old chair?",
}

// Impersonate has the plain model say statements of a pair: what it replies to each of
// [ImpersonationQuestions], so many times, under the plus prompt and under the minus prompt.
// Masks that are made from these as well reach further into replies; what a prompt does
// is distilled into them, as by Askell et al., "A General Language Assistant as a
// Laboratory for Alignment" (arXiv 2112.00861, §2), without training. A reply counts where
// the other pole has one to the same question, too: what the poles' texts have in common
// must not weigh more on one side.
func (l *Lab) Impersonate(ctx context.Context, prompts Prompts, times int, seed uint64, progress Progress) (Statements, error) {
	speakers := []speaker{{prompt: prompts.Plus}, {prompt: prompts.Minus}}
	sampled, err := l.sample(ctx, speakers, interview{"impersonation", ImpersonationQuestions, times, seed}, progress)
	if err != nil {
		return Statements{}, err
	}
	var said Statements
	seen := map[string]bool{}
	for i, plus := range sampled[0] {
		minus := sampled[1][i]
		texts := masks.Clean([]string{plus.text.String(), minus.text.String()})
		if early(plus.tokens, plus.reason) || early(minus.tokens, minus.reason) || len(texts) < 2 || seen[texts[0]] || seen[texts[1]] {
			continue
		}
		seen[texts[0]], seen[texts[1]] = true, true
		said.Plus, said.Minus = append(said.Plus, texts[0]), append(said.Minus, texts[1])
	}
	return said, nil
}
