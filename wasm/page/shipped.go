package main

import (
	_ "embed"
	"fmt"
	"strings"

	"masque/masks"
	"masque/masks/jsondoc"
)

// shippedLines is what the page is told of the library's personas when the program
// starts. It is made of their documents beforehand, by go test ./wasm/page -update:
// reading, checking and hashing all of them takes the browser 0.1 s, and a visit wears
// one or two. The documents are files of the site, read when they are needed.
//
//go:embed shipped.jsonl
var shippedLines shipped

// shipped holds a line for each persona of the library, in the order of their names:
// what the page is told of it, a personaInfo. The line before them is the list of what
// the program itself must know of them, as shippedEntry.
type shipped string

type shippedEntry struct {
	File  string      `json:"file"`
	Key   string      `json:"key"`
	Mask  string      `json:"mask"`
	Name  string      `json:"name"`
	Model masks.Model `json:"model"`
}

// started is the event that tells the page of the library. Its text goes there as it is:
// reading and writing it again would be half of the program's start.
func (s shipped) started(e startedEvent) ([]byte, error) {
	entries, infos, err := s.split()
	if err != nil {
		return nil, err
	}
	e.Files = []string{}
	for _, entry := range entries {
		e.Files = append(e.Files, libraryFile(entry.File))
	}
	if len(entries) > 0 {
		e.Files = append(e.Files, libraryFile(guardFile))
	}
	rest, err := jsondoc.Marshal(e)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(nil, `{"library":[%s],%s`, strings.Join(infos, ","), rest[1:]), nil
}

// split returns what the program knows of the library's documents, and what the page is
// told of each.
func (s shipped) split() (entries []shippedEntry, infos []string, err error) {
	if s == "" {
		return nil, nil, nil
	}
	infos = strings.Split(strings.TrimSuffix(string(s), "\n"), "\n")
	err = jsondoc.Unmarshal([]byte(infos[0]), &entries)
	return entries, infos[1:], err
}

// known returns all personas. The library's have no document until [program.find]
// is asked for it.
func (p *program) known() []*persona {
	entries, _, _ := p.unread.split() // it was split for the page
	for _, e := range entries {
		p.personas = append(p.personas, &persona{key: e.Key, mask: e.Mask, library: e.File, told: e})
	}
	p.unread = ""
	return p.personas
}

// readDocument reads one that has not been read yet.
func (p *program) readDocument(d *persona) error {
	if d.Persona != nil {
		return nil
	}
	text, err := p.host.file(libraryFile(d.library))
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
