package masks

import (
	"fmt"
	"slices"
	"strings"
)

// matrixGroups are the names that stand for several matrices.
var matrixGroups = map[string][]string{
	"all":       {"q", "k", "v", "o", "gate", "up", "down"},
	"attention": {"q", "k", "v", "o"},
	"mlp":       {"gate", "up", "down"},
}

// ParseMatrices reads which matrices of a layer a weight mask is to touch: "all",
// "attention" (q, k, v, o), "mlp" (gate, up, down), or any of these and of single
// names separated by commas. The result is in the order of the model's layer,
// without repetition.
func ParseMatrices(text string) ([]string, error) {
	var named []string
	for name := range strings.SplitSeq(text, ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		switch group, ok := matrixGroups[name]; {
		case ok:
			named = append(named, group...)
		case inputOf(name) != "":
			named = append(named, name)
		default:
			return nil, fmt.Errorf("masks: no matrix is called %q; there are all, attention, mlp, and q, k, v, o, gate, up, down", name)
		}
	}
	var matrices []string
	for _, name := range matrixGroups["all"] {
		if slices.Contains(named, name) {
			matrices = append(matrices, name)
		}
	}
	return matrices, nil
}
