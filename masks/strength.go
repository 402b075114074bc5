package masks

import "math"

// StrengthOf is 1 − γ without the noise of binary fractions: .45, and not .44999999999999996.
func StrengthOf(gamma float64) float64 { return math.Round((1-gamma)*1e6) / 1e6 }

// OwnStrength is the strength that a persona's evidence was measured at.
func (p *Persona) OwnStrength() float64 { return StrengthOf(p.Recipe.Parameters["gamma"]) }

// ChatStrength is the strength at which a chat through a pole begins: that of the replies
// which were sampled for the evidence, so that it says what can be expected. Where none
// were it is 1, but for units that were combined: of twice as many, full strength leaves
// no model.
func (p *Persona) ChatStrength(pole Pole) float64 {
	if p.Evidence != nil {
		for _, t := range p.Evidence.Tests {
			switch {
			case t.Rates == nil:
			case t.Gamma == nil:
				return p.OwnStrength()
			case pole == Minus:
				return StrengthOf(t.Gamma.Minus)
			default:
				return StrengthOf(t.Gamma.Plus)
			}
		}
	}
	if p.Kind == KindUnits && len(p.Parents) > 0 {
		return p.OwnStrength()
	}
	return 1
}
