package masks

import "fmt"

// Check reports whether the persona was made for the model that is loaded. A persona
// of another model is refused with ErrModel and a sentence that names both. Names
// may differ: the digest of the tensor data decides.
func (p *Persona) Check(loaded Model) error {
	if p.Model.Digest == loaded.Digest && p.Model.Arch == loaded.Arch {
		return nil
	}
	return fmt.Errorf("persona: %w: %s belongs to %s (%s, tensor data %.12s…), and the loaded model is %s (%s, %.12s…)",
		ErrModel, p.Name, p.Model.Name, p.Model.Arch, p.Model.Digest, loaded.Name, loaded.Arch, loaded.Digest)
}
