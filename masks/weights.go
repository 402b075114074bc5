package masks

import (
	"slices"

	"masque/engine/model"
	"masque/masks/jsondoc"
)

// Inputs of a layer that statistics are taken of, and the matrices that read each.
var inputMatrices = []struct {
	input    string
	site     model.Site
	matrices []string
	kinds    []model.Kind
}{
	{"attn", model.AttnInput, []string{"q", "k", "v"}, []model.Kind{model.Q, model.K, model.V}},
	{"attn_output", model.AttnValue, []string{"o"}, []model.Kind{model.O}},
	{"ffn", model.FFNInput, []string{"gate", "up"}, []model.Kind{model.Gate, model.Up}},
	{"ffn_down", model.FFNHidden, []string{"down"}, []model.Kind{model.Down}},
}

// Weights is the document form of a weight mask: which matrices it touches, and the
// statistics of their inputs from which, with the recipe, the mask is rebuilt bit for
// bit. The bits themselves (13 MB for the default model) are never stored.
type Weights struct {
	Layers   [2]int   `json:"layers"`   // first and last layer in scope
	Matrices []string `json:"matrices"` // of q, k, v, o, gate, up, down
	Inputs   []Input  `json:"inputs"`   // one for each input of those matrices

	Unknown jsondoc.Raw `json:",embed"`
}

// Input holds the statistics of one input of the layers in scope: "attn" (read by q,
// k and v), "attn_output" (o), "ffn" (gate and up) or "ffn_down" (down).
type Input struct {
	Name  string  `json:"name"`
	Width int     `json:"width"` // channels
	Plus  Moments `json:"plus"`
	Minus Moments `json:"minus"`

	Unknown jsondoc.Raw `json:",embed"`
}

// Moments are taken over the statements of a pole, of the RMS of each channel over a
// statement's tokens: its mean μ and its standard deviation σ, [layers][Width] in
// layer order. σ and not σ²: the squares of small channels leave f16's range.
type Moments struct {
	Mean      Halves `json:"mean"`
	Deviation Halves `json:"deviation"`
}

func (w *Weights) validate() error {
	if w.Layers[0] < 0 || w.Layers[1] < w.Layers[0] || w.Layers[1] >= maxLayers {
		return fault("weights.layers", "is %v; it must be the first and the last layer in scope, between 0 and %d", w.Layers, maxLayers-1)
	}
	if len(w.Matrices) == 0 {
		return fault("weights.matrices", "is empty; name at least one of q, k, v, o, gate, up, down")
	}
	needed := map[string]bool{}
	for i, matrix := range w.Matrices {
		input := inputOf(matrix)
		if input == "" {
			return fault("weights.matrices", "names %q; a matrix is one of q, k, v, o, gate, up, down", matrix)
		}
		if slices.Contains(w.Matrices[:i], matrix) {
			return fault("weights.matrices", "names %q twice", matrix)
		}
		needed[input] = true
	}
	for _, in := range w.Inputs {
		if !needed[in.Name] {
			return fault("weights.inputs", "has %q, which no matrix of the mask reads or which stands there twice", in.Name)
		}
		delete(needed, in.Name)
		if err := in.validate(w.Layers[1] - w.Layers[0] + 1); err != nil {
			return err
		}
	}
	for _, im := range inputMatrices {
		if needed[im.input] {
			return fault("weights.inputs", "lacks %q, which a matrix of the mask reads", im.input)
		}
	}
	return nil
}

func inputOf(matrix string) string {
	for _, im := range inputMatrices {
		if slices.Contains(im.matrices, matrix) {
			return im.input
		}
	}
	return ""
}

func (in *Input) validate(layers int) error {
	field := "weights.inputs." + in.Name
	if in.Width < 1 || in.Width > maxLayerUnits {
		return fault(field+".width", "is %d; it must be between 1 and %d", in.Width, maxLayerUnits)
	}
	for _, v := range []struct {
		name   string
		halves Halves
	}{
		{"plus.mean", in.Plus.Mean},
		{"plus.deviation", in.Plus.Deviation},
		{"minus.mean", in.Minus.Mean},
		{"minus.deviation", in.Minus.Deviation},
	} {
		if err := v.halves.validate(field+"."+v.name, layers, in.Width); err != nil {
			return err
		}
	}
	return nil
}
