package masks

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"slices"

	"masque/engine/model"
	"masque/masks/jsondoc"
)

// A Guard says what closing the units of a scope costs on neutral text,
//
//	F_u = mean_t (h_u·∂NLL/∂h_u)²
//
// summed over the tokens of the texts and divided by the number of those predicted;
// NLL is the text's.
type Guard struct {
	units *Units
	f     []float32
}

// Guard differentiates neutral texts, in the model's chat format, with respect to the units
// in scope. progress is told the texts done and to do.
func (r *Reading) Guard(ctx context.Context, scope Scope, texts []string, progress func(done, total int)) (*Guard, error) {
	units, err := scope.numbering(&r.engine.Weights().Config)
	if err != nil {
		return nil, err
	}
	defer r.engine.ReleaseGradients()
	var targets []model.Target
	tokens := 0
	for i, text := range texts {
		ids := r.tok.Encode(text, true)
		if len(ids) < 2 {
			return nil, fmt.Errorf("masks: neutral text %d is shorter than two tokens", i+1)
		}
		factors := slices.Repeat([]float32{-1}, len(ids)) // of NLL
		factors[0] = 0
		targets = append(targets, model.Target{Tokens: ids, Factors: factors})
		tokens += len(ids) - 1
	}
	sums := make([]float64, units.Scope())
	err = r.differentiate(ctx, nil, nil, targets, scope.First, progress, func(_, layer int, site model.Site, x []float32, width int) {
		at, ok := units.place(layer, site)
		if !ok {
			return
		}
		sum := sums[at : at+width]
		for row := range slices.Chunk(x, width) {
			for i, v := range row {
				sum[i] += float64(v) * float64(v) / float64(tokens)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	g := &Guard{units, make([]float32, len(sums))}
	for u, v := range sums {
		g.f[u] = float32(v)
	}
	return g, nil
}

// Covers reports whether the guard knows all units of a scope.
func (g *Guard) Covers(s Scope) bool {
	return g.units.Layers[0] <= s.First && s.Last <= g.units.Layers[1] &&
		(g.units.Channels > 0 || !s.Channels) && (g.units.Neurons > 0 || !s.Neurons)
}

// of returns F of a numbering's units, in its order.
func (g *Guard) of(units *Units) ([]float64, error) {
	for _, width := range [][2]int{{units.Channels, g.units.Channels}, {units.Neurons, g.units.Neurons}} {
		if width[0] > 0 && width[0] != width[1] {
			return nil, fmt.Errorf("masks: the guard has %d units where a layer has %d", width[1], width[0])
		}
	}
	f := make([]float64, 0, units.Scope())
	for layer := units.Layers[0]; layer <= units.Layers[1]; layer++ {
		for _, site := range []struct {
			site  model.Site
			width int
		}{{model.AttnValue, units.Channels}, {model.FFNHidden, units.Neurons}} {
			if site.width == 0 {
				continue
			}
			at, ok := g.units.place(layer, site.site)
			if !ok {
				return nil, fmt.Errorf("masks: the guard does not know the units of layer %d", layer)
			}
			for _, v := range g.f[at : at+site.width] {
				f = append(f, float64(v))
			}
		}
	}
	return f, nil
}

// A guard's file is this line, a line of JSON and the floats, little-endian.
const guardMagic = "masque guard 1\n"

// GuardFor says what a written guard is for.
type GuardFor struct {
	Model  string `json:"model"`  // digest of the tensor data
	Family string `json:"family"` // of the chat template that the texts were read in
}

// guardHead is the line of JSON.
type guardHead struct {
	GuardFor
	Layers   [2]int `json:"layers"`
	Channels int    `json:"channels"`
	Neurons  int    `json:"neurons"`
}

// Write writes a guard to be read by [ReadGuard].
func (g *Guard) Write(w io.Writer, of GuardFor) error {
	head, err := jsondoc.Marshal(guardHead{of, g.units.Layers, g.units.Channels, g.units.Neurons})
	if err != nil {
		return err
	}
	b := append([]byte(guardMagic), head...)
	b = append(b, '\n')
	for _, v := range g.f {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	_, err = w.Write(b)
	return err
}

// ReadGuard reads a guard and what it is for.
func ReadGuard(b []byte) (g *Guard, of GuardFor, err error) {
	rest, ok := bytes.CutPrefix(b, []byte(guardMagic))
	line, floats, whole := bytes.Cut(rest, []byte("\n"))
	if !ok || !whole {
		return nil, of, fmt.Errorf("masks: no guard: it does not begin with %q", guardMagic[:len(guardMagic)-1])
	}
	var head guardHead
	if err := jsondoc.UnmarshalWhole(line, &head); err != nil {
		return nil, of, fmt.Errorf("masks: a guard's head: %w", err)
	}
	u := &Units{Layers: head.Layers, Channels: head.Channels, Neurons: head.Neurons}
	if l := u.Layers; l[0] < 0 || l[1] < l[0] || l[1] >= maxLayers || min(u.Channels, u.Neurons) < 0 || max(u.Channels, u.Neurons) > maxLayerUnits {
		return nil, of, fmt.Errorf("masks: a guard of layers %d to %d with %d channels and %d neurons", l[0], l[1], u.Channels, u.Neurons)
	}
	if len(floats) != 4*u.Scope() {
		return nil, of, fmt.Errorf("masks: a guard of %d units has %d bytes, want %d", u.Scope(), len(floats), 4*u.Scope())
	}
	g = &Guard{u, make([]float32, u.Scope())}
	for i := range g.f {
		v := math.Float32frombits(binary.LittleEndian.Uint32(floats[4*i:]))
		if !(v >= 0) || math.IsInf(float64(v), 1) {
			return nil, of, fmt.Errorf("masks: a guard with F = %v at unit %d", v, i)
		}
		g.f[i] = v
	}
	return g, head.GuardFor, nil
}
