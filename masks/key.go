package masks

import (
	"encoding/hex"
	"fmt"

	"masque/engine/sha256"
	"masque/masks/jsondoc"
)

// Key identifies a persona: the SHA-256, in hexadecimal, of the canonical form of its
// document (RFC 8785: members sorted, no white space). A copy that came by file
// or by link has the same key, whatever its layout. The persona must be valid.
func (p *Persona) Key() string {
	data, err := p.canonical()
	if err != nil {
		panic("masks: Key of a persona that cannot be written: " + err.Error())
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func (p *Persona) canonical() ([]byte, error) {
	data, err := jsondoc.Marshal(p)
	if err == nil {
		data, err = jsondoc.Canonical(data)
	}
	if err != nil {
		return nil, fmt.Errorf("persona: %w", err)
	}
	return data, nil
}
