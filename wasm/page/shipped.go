package main

import (
	_ "embed"
	"fmt"

	"masque/masks"
	"masque/masks/jsondoc"
)

// shippedJSON is what the page is told of the library's personas when the program
// starts. It is made of their documents beforehand, by go test ./wasm/page -update:
// reading, checking and hashing all of them takes the browser 0.1 s, and a visit
// wears one or two. The documents are files of the site, read when they are needed.
//
//go:embed shipped.json
var shippedJSON []byte

// shipped is a persona of the library: the name of its file, and what the page is told
// of it.
type shipped struct {
	Name string      `json:"name"`
	Info jsondoc.Raw `json:"info"`
}

// ship takes in the library, in the order of its personas' names, and returns what
// the page is told of it, and the files that it can ask for.
func (p *program) ship() (infos []jsondoc.Raw, files []string, err error) {
	if err := jsondoc.Unmarshal(shippedJSON, &p.unread); err != nil {
		return nil, nil, err
	}
	for _, s := range p.unread {
		infos = append(infos, s.Info)
		files = append(files, libraryFile(s.Name+".persona.json"))
	}
	return infos, append(files, libraryFile(guardFile)), nil
}

// known returns all personas. The library's have no document until [program.find]
// is asked for it.
func (p *program) known() []*persona {
	for _, s := range p.unread {
		info := new(personaInfo)
		if err := jsondoc.Unmarshal(s.Info, info); err != nil {
			panic("page: what is known of " + s.Name + ": " + err.Error()) // a test reads them all
		}
		p.personas = append(p.personas, &persona{key: info.Key, mask: info.Mask, library: s.Name, told: info})
	}
	p.unread = nil
	return p.personas
}

// readDocument reads one that has not been read yet.
func (p *program) readDocument(d *persona) error {
	if d.Persona != nil {
		return nil
	}
	text, err := p.host.file(libraryFile(d.library + ".persona.json"))
	if err != nil {
		return fmt.Errorf("the persona %s can't be had: %w", d.told.Name, err)
	}
	doc, err := masks.Parse(text)
	if err != nil {
		return err
	}
	if key := doc.Key(); key != d.key {
		return fmt.Errorf("the persona %s on this site is another than the one that came with the program: load the page again", d.told.Name)
	}
	d.Persona = doc
	return nil
}

// libraryFile is where the site keeps a file of the library.
func libraryFile(name string) string { return "library/" + name }

// guardFile holds what is known of the default model's guard.
const guardFile = "guard.bin"

// know takes over the guard that the site has, for a lab of the model and family that it is
// for. Without it, or with one that can't be read, the lab computes its own.
func (p *program) know(l *lab) {
	if b, err := p.host.file(libraryFile(guardFile)); err == nil {
		_ = l.ReadGuard(b, p.model.info.Digest)
	}
}
