package study

import (
	"context"
	"fmt"
	"math"

	"masque/engine/model"
	"masque/engine/sample"
	"masque/masks"
	"masque/masks/neutral"
)

// A Cost is what masks do to text that has nothing to do with their trait.
type Cost struct {
	// PPLRatio is the perplexity on neutral text through each mask over the dense
	// model's; KL the mean over its tokens of KL(dense ‖ masked), in nats. PPLRatio
	// is capped at 10⁶.
	PPLRatio, KL masks.Ratios
	Tokens       int // predicted
}

// maxRatio stands for "the model is broken".
const maxRatio = 1e6

// Cost measures masks on neutral texts that calibration has not seen.
func (l *Lab) Cost(ctx context.Context, m Masks, gamma masks.Ratios, progress Progress) (Cost, error) {
	o, err := l.overlays(m, gamma)
	if err != nil {
		return Cost{}, err
	}
	return l.cost(ctx, o, l.neutral, progress)
}

// DevelopmentCost is Cost on the texts of [Lab.DevelopmentRatio]: for choosing among masks
// whose Cost is to be reported.
func (l *Lab) DevelopmentCost(ctx context.Context, m Masks, gamma masks.Ratios, progress Progress) (Cost, error) {
	o, err := l.overlays(m, gamma)
	if err != nil {
		return Cost{}, err
	}
	texts, err := l.developmentTexts()
	if err != nil {
		return Cost{}, err
	}
	return l.cost(ctx, o, texts, progress)
}

func (l *Lab) cost(ctx context.Context, o overlays, texts []string, progress Progress) (Cost, error) {
	sessions, err := l.engine.NewTwins(nil, o.plus, o.minus)
	if err != nil {
		return Cost{}, err
	}
	var nll, kl [3]float64
	tokens := 0
	for t, text := range texts {
		if err := ctx.Err(); err != nil {
			return Cost{}, err
		}
		ids := l.tok.Encode(text, true)
		for _, s := range sessions {
			s.Truncate(0)
		}
		err := l.engine.Feed(sessions, ids[:len(ids)-1], 0, func(k int, logits [][]float32) {
			for i, own := range logits {
				nll[i] += sample.LogSumExp(own) - float64(own[ids[k+1]])
				if i > 0 {
					kl[i] += sample.KL(logits[0], own)
				}
			}
			tokens++
		})
		if err != nil {
			return Cost{}, fmt.Errorf("study: neutral text %d: %w", t+1, err)
		}
		for _, sum := range [...]float64{nll[0], nll[1], nll[2], kl[1], kl[2]} {
			if !model.IsNumber(sum) {
				return Cost{}, model.ErrNoNumbers
			}
		}
		progress.tell("measuring the cost on neutral text", t+1, len(texts))
	}
	return Cost{
		PPLRatio: masks.Ratios{Plus: ratio(nll[1], nll[0], tokens), Minus: ratio(nll[2], nll[0], tokens)},
		KL:       masks.Ratios{Plus: kl[1] / float64(tokens), Minus: kl[2] / float64(tokens)},
		Tokens:   tokens,
	}, nil
}

// perplexity is the part of Cost that needs no logits of the dense model beside.
func (l *Lab) perplexity(ctx context.Context, o overlays) (r masks.Ratios, err error) {
	if r.Plus, err = l.ratio(ctx, o.plus, l.neutral, &l.dense); err == nil {
		r.Minus, err = l.ratio(ctx, o.minus, l.neutral, &l.dense)
	}
	return r, err
}

// DevelopmentRatio is a mask's perplexity ratio on texts that neither calibration guards nor
// [Lab.Cost] measures: for choosing how strong it is.
func (l *Lab) DevelopmentRatio(ctx context.Context, m masks.Mask, gamma float64) (float64, error) {
	o, err := m.Overlay(l.engine.Weights(), float32(gamma))
	if err != nil {
		return 0, err
	}
	texts, err := l.developmentTexts()
	if err != nil {
		return 0, err
	}
	return l.ratio(ctx, o, texts, &l.denseDevelopment)
}

// developmentTexts returns the texts that choices are made on.
func (l *Lab) developmentTexts() (_ []string, err error) {
	if l.development == nil {
		l.development, err = neutral.Render(l.family, neutral.Development())
	}
	return l.development, err
}

// likelihood is a sum of negative log-likelihoods over a number of tokens.
type likelihood struct {
	nll    float64
	tokens int
}

// ratio is that of an overlay's perplexity on texts to the dense model's, which is kept.
func (l *Lab) ratio(ctx context.Context, o *model.Overlay, texts []string, dense *likelihood) (float64, error) {
	if dense.tokens == 0 {
		nll, tokens, err := l.reading.NLL(ctx, nil, texts)
		if err != nil {
			return 0, err
		}
		*dense = likelihood{nll, tokens}
	}
	nll, _, err := l.reading.NLL(ctx, o, texts)
	return ratio(nll, dense.nll, dense.tokens), err
}

// ratio of perplexities, from sums of negative log-likelihoods. A model whose
// logits are no numbers has the worst there is.
func ratio(nll, dense float64, tokens int) float64 {
	r := math.Exp((nll - dense) / float64(tokens))
	if !(r < maxRatio) {
		return maxRatio
	}
	return max(r, 1/maxRatio)
}
