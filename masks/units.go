package masks

import (
	"fmt"
	"math/bits"

	"masque/engine/model"
	"masque/masks/jsondoc"
)

// Limits of a unit mask's numbering.
const (
	maxLayers     = 1024
	maxLayerUnits = 1 << 20 // units of one family in one layer
	maxUnits      = 1 << 16 // units listed for one pole
)

// Family says what a unit is.
type Family uint8

const (
	// Channel is an attention value channel: an input channel of blk.N.attn_output,
	// head·headDim + dimension.
	Channel Family = iota
	// Neuron is an FFN neuron: an input channel of blk.N.ffn_down.
	Neuron
)

func (f Family) String() string {
	switch f {
	case Channel:
		return "attention value channel"
	case Neuron:
		return "FFN neuron"
	}
	return fmt.Sprintf("Family(%d)", uint8(f))
}

// Unit is one gate of the model; Layer and Index count from 0.
type Unit struct {
	Family Family
	Layer  int
	Index  int
}

func (u Unit) String() string { return fmt.Sprintf("%s %d of layer %d", u.Family, u.Index, u.Layer) }

// Orders of the units in a set.
const (
	OrderScore = "score" // highest first: the first n units are the mask of size n
	OrderIndex = "index" // by layer, family and index; no part can be chosen
)

// Units is the document form of a unit mask: a numbering of the units in scope, and
// for each pole the numbers of those that it closes.
//
// The layers in scope are numbered one after the other, within a layer first the
// Channels, then the Neurons. A family that is out of scope has the width 0. A number
// takes Bits() bits; the numbers of a set follow each other without gaps, highest
// bit first, and zeros fill the last byte. JSON holds the bytes in base64.
type Units struct {
	Layers   [2]int  `json:"layers"` // first and last layer in scope
	Channels int     `json:"channels"`
	Neurons  int     `json:"neurons"`
	Order    string  `json:"order"` // "score" or "index"
	Plus     UnitSet `json:"plus"`
	Minus    UnitSet `json:"minus"`

	Unknown jsondoc.Raw `json:",embed"`
}

// UnitSet holds N packed numbers.
type UnitSet struct {
	N   int    `json:"n"`
	Set []byte `json:"set"`
}

// place returns the number of the first unit of a site, if it is in scope.
func (u *Units) place(layer int, site model.Site) (number int, ok bool) {
	if layer < u.Layers[0] || layer > u.Layers[1] {
		return 0, false
	}
	at := (layer - u.Layers[0]) * (u.Channels + u.Neurons)
	if site == model.FFNHidden {
		return at + u.Channels, u.Neurons > 0
	}
	return at, u.Channels > 0
}

// Scope returns how many units are in scope.
func (u *Units) Scope() int {
	return (u.Layers[1] - u.Layers[0] + 1) * (u.Channels + u.Neurons)
}

// Bits returns the width of a unit's number.
func (u *Units) Bits() int { return max(1, bits.Len(uint(u.Scope()-1))) }

// Pack makes the set of the given units, in their order. A unit that is out of scope
// is an error.
func (u *Units) Pack(units []Unit) (UnitSet, error) {
	width := u.Bits()
	set := UnitSet{N: len(units), Set: make([]byte, (len(units)*width+7)/8)}
	for i, unit := range units {
		number, err := u.number(unit)
		if err != nil {
			return UnitSet{}, err
		}
		for b := range width {
			if number>>(width-1-b)&1 != 0 {
				at := i*width + b
				set.Set[at/8] |= 0x80 >> (at % 8)
			}
		}
	}
	return set, nil
}

func (u *Units) number(unit Unit) (int, error) {
	width, offset := u.Channels, 0
	if unit.Family == Neuron {
		width, offset = u.Neurons, u.Channels
	}
	if unit.Layer < u.Layers[0] || unit.Layer > u.Layers[1] || unit.Index < 0 || unit.Index >= width {
		return 0, fmt.Errorf("masks: %v is out of the mask's scope", unit)
	}
	return (unit.Layer-u.Layers[0])*(u.Channels+u.Neurons) + offset + unit.Index, nil
}

func (u *Units) unit(number int) Unit {
	perLayer := u.Channels + u.Neurons
	unit := Unit{Channel, u.Layers[0] + number/perLayer, number % perLayer}
	if unit.Index >= u.Channels {
		unit.Family, unit.Index = Neuron, unit.Index-u.Channels
	}
	return unit
}

// unpack decodes and checks a set; field is its path for errors.
func (u *Units) unpack(set UnitSet, field string) ([]Unit, error) {
	scope, width := u.Scope(), u.Bits()
	if set.N < 1 || set.N > min(scope, maxUnits) {
		return nil, fault(field+".n", "is %d; it must be between 1 and %d", set.N, min(scope, maxUnits))
	}
	if want := (set.N*width + 7) / 8; len(set.Set) != want {
		return nil, fault(field+".set", "has %d bytes; %d units of %d bits take %d", len(set.Set), set.N, width, want)
	}
	if last := set.N * width % 8; last != 0 && set.Set[len(set.Set)-1]<<last != 0 {
		return nil, fault(field+".set", "has bits set after its last unit; they must be zero")
	}
	units := make([]Unit, set.N)
	seen := make(map[int]struct{}, set.N)
	for i := range units {
		number := 0
		for at := i * width; at < (i+1)*width; at++ {
			number = number<<1 | int(set.Set[at/8]>>(7-at%8)&1)
		}
		if number >= scope {
			return nil, fault(field+".set", "lists unit number %d at place %d; the scope has the numbers 0 to %d", number, i, scope-1)
		}
		if _, twice := seen[number]; twice {
			return nil, fault(field+".set", "lists the %v twice; each unit may stand once", u.unit(number))
		}
		seen[number] = struct{}{}
		units[i] = u.unit(number)
	}
	return units, nil
}

func (u *Units) validate() error {
	switch {
	case u.Layers[0] < 0 || u.Layers[1] < u.Layers[0] || u.Layers[1] >= maxLayers:
		return fault("units.layers", "is %v; it must be the first and the last layer in scope, between 0 and %d", u.Layers, maxLayers-1)
	case u.Channels < 0 || u.Channels > maxLayerUnits:
		return fault("units.channels", "is %d; it must be between 0 and %d", u.Channels, maxLayerUnits)
	case u.Neurons < 0 || u.Neurons > maxLayerUnits:
		return fault("units.neurons", "is %d; it must be between 0 and %d", u.Neurons, maxLayerUnits)
	case u.Channels+u.Neurons == 0:
		return fault("units.channels", "and units.neurons are both 0; at least one family of units must be in scope")
	case u.Order != OrderScore && u.Order != OrderIndex:
		return fault("units.order", "is %q; it must be %q or %q", u.Order, OrderScore, OrderIndex)
	}
	if _, err := u.unpack(u.Plus, "units.plus"); err != nil {
		return err
	}
	_, err := u.unpack(u.Minus, "units.minus")
	return err
}
