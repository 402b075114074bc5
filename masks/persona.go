package masks

import "masque/masks/jsondoc"

// Format and a version are the first two members of every persona file. A document has
// the lowest version that can say what it says, so that older programs read all that
// they understand and refuse the rest: those of version 1 know one mask a pole.
const (
	Format          = "masque-persona"
	Version         = 1 // of the kinds units and weights
	VersionTogether = 2 // of the kind together
)

// Kinds of masks: the values of Persona.Kind.
const (
	KindUnits    = "units"
	KindWeights  = "weights"
	KindTogether = "together" // several masks at once, each at its own strength
)

// Persona is the .persona.json document, member for member. Members that this
// version does not know are kept, at every level, in the fields named Unknown, and
// are written again by [Persona.Write] and [Persona.Link].
type Persona struct {
	Format      string `json:"format"`
	Version     int    `json:"version"`
	Name        string `json:"name"`
	Description string `json:"description,omitzero"`
	Author      string `json:"author,omitzero"`
	Licence     string `json:"licence,omitzero"` // SPDX identifier

	Model Model `json:"model"`
	Poles Poles `json:"poles"`

	// Kind says which one of Units, Weights and Together is present.
	Kind     string    `json:"kind"`
	Recipe   Recipe    `json:"recipe"`
	Units    *Units    `json:"units,omitzero"`
	Weights  *Weights  `json:"weights,omitzero"`
	Together *Together `json:"together,omitzero"`

	// Parents are the personas that this one was combined from; see [Combine].
	Parents []Parent `json:"parents,omitzero"`

	Statements Statements `json:"statements"`
	Evidence   *Evidence  `json:"evidence,omitzero"`

	Unknown jsondoc.Raw `json:",embed"`
}

// Model names the model that a persona was made from. Digest decides whether a
// loaded model is that model; Name is for people.
type Model struct {
	Name   string `json:"name"`
	Arch   string `json:"arch"`   // general.architecture of the GGUF
	Digest string `json:"digest"` // SHA-256 over the GGUF's tensor data, hexadecimal

	Unknown jsondoc.Raw `json:",embed"`
}

// Poles are the two ends of the trait.
type Poles struct {
	Plus  PoleText `json:"plus"`
	Minus PoleText `json:"minus"`

	Unknown jsondoc.Raw `json:",embed"`
}

// PoleText is what people read about one end.
type PoleText struct {
	Name        string `json:"name"`
	Description string `json:"description,omitzero"`
	// Label is what people call statements of this end: "extraverted".
	Label string `json:"label,omitzero"`

	Unknown jsondoc.Raw `json:",embed"`
}

// Recipe is how the mask was computed, with every parameter. For weight masks it is
// also what the mask is rebuilt with.
//
// Parameters known to this version, with their symbols in the design: "n" (units
// closed), "own" (1: they were scored where the statements' own tokens are predicted; 0 or
// none: at those before as well), "kappa" (κ, the weight of the guard), "ridge" (λ of the
// discriminant), "rho" (ρ, the share pruned), "gamma" (γ, the factor the evidence was
// measured at), "lambda" (λ) and "tau" (τ).
type Recipe struct {
	Name       string             `json:"name"`
	Phi        string             `json:"phi,omitzero"` // contrastive-wanda: "relu" or "softplus"
	Parameters map[string]float64 `json:"parameters"`
	Seed       uint64             `json:"seed"` // below 2^53, so that every JSON reader keeps it

	Unknown jsondoc.Raw `json:",embed"`
}

// Statements identify the sentences of the calibration; see [HashStatements].
type Statements struct {
	Plus   int    `json:"plus"`
	Minus  int    `json:"minus"`
	SHA256 string `json:"sha256"`
	// Sorted is the same of the statements of each pole in the order of their bytes, by which they
	// are known in any order. Documents of earlier versions lack it, and so do those of the library.
	Sorted string `json:"sorted,omitzero"`
	// Said counts what else each pole's mask was made from: replies that the plain model gave
	// under the pole's prompt.
	Said int `json:"said,omitzero"`

	Unknown jsondoc.Raw `json:",embed"`
}
