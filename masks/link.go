package masks

import (
	_ "embed" // the dictionary
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"masque/masks/deflate"
)

// Limits of links. A persona with 200 units a pole takes 2 KB.
const (
	// MaxLink is the longest link, in characters; browsers and chat programs cut
	// longer ones.
	MaxLink = 32 << 10
	// maxLinkDocument bounds what a link may inflate to, in bytes.
	maxLinkDocument = 256 << 10
)

const linkPrefix = "#p="

// linkDictionary is what a persona document usually says, as a preset dictionary of
// deflate: with it the members' names cost next to nothing, and the evidence may go
// with a persona without pushing its link beyond 2 KB. The stream names its dictionary
// by checksum (RFC 1950, FDICT), and links live for years: this file never changes. A
// better one would be another file, tried by its own checksum.
//
//go:embed link.dictionary
var linkDictionary []byte

// Link returns the fragment that carries the whole persona: "#p=" and, in base64url
// without padding, the canonical document, deflated as a zlib stream with the preset
// dictionary link.dictionary. A persona that is too large for a link is ErrLimit.
func (p *Persona) Link() (string, error) {
	if err := p.Validate(); err != nil {
		return "", err
	}
	data, err := p.canonical()
	if err != nil {
		return "", err
	}
	link := ""
	if len(data) <= maxLinkDocument {
		link = linkPrefix + base64.RawURLEncoding.EncodeToString(deflate.Compress(data, linkDictionary))
	}
	if link == "" || len(link) > MaxLink {
		return "", fmt.Errorf("persona: %w: a link has at most %d characters; share the file instead", ErrLimit, MaxLink)
	}
	return link, nil
}

// IsLink reports whether s looks like something for [FromLink], and not like the name
// of a file.
func IsLink(s string) bool {
	return strings.HasPrefix(s, "p=") || strings.Contains(s, linkPrefix)
}

// FromLink reads a persona from a link: a whole address or its fragment, with or
// without the "#". The document in it may be deflated with the dictionary of
// [Persona.Link], with none (zlib), or bare (RFC 1951), as any program can make it.
func FromLink(link string) (*Persona, error) {
	payload := strings.TrimSpace(link)
	if _, after, found := strings.Cut(payload, "#"); found {
		payload = after
	}
	payload, found := strings.CutPrefix(payload, "p=")
	if !found {
		return nil, fmt.Errorf("persona: %w: a persona link contains %s", ErrFormat, linkPrefix)
	}
	if len(payload) > MaxLink {
		return nil, fmt.Errorf("persona: %w: the link has more than %d characters", ErrLimit, MaxLink)
	}
	packed, err := base64.RawURLEncoding.Strict().DecodeString(payload)
	if err != nil {
		return nil, fmt.Errorf("persona: %w: the link is damaged, probably cut short: %w", ErrFormat, err)
	}
	document, rest, err := deflate.Decompress(packed, linkDictionary, maxLinkDocument)
	switch {
	case errors.Is(err, deflate.ErrLong):
		return nil, fmt.Errorf("persona: %w: the link holds more than %d bytes", ErrLimit, maxLinkDocument)
	case err != nil:
		return nil, fmt.Errorf("persona: %w: the link is damaged, probably cut short: %w", ErrFormat, err)
	case len(rest) > 0:
		return nil, fmt.Errorf("persona: %w: the link has %d bytes after its end", ErrFormat, len(rest))
	}
	return Parse(document)
}
