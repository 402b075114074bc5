//go:build !js

package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"masque/masks/jsondoc"
	"masque/masks/library"
)

var update = flag.Bool("update", false, "write shipped.jsonl, which is made of the library's documents")

// TestShipped makes what the page is told of the library from its documents, and
// compares it with the committed file, which -update writes.
func TestShipped(t *testing.T) {
	all, err := library.All()
	if err != nil {
		t.Fatal(err)
	}
	byKey := map[string]string{}
	for _, name := range library.Names() {
		doc, err := library.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		byKey[doc.Key()] = name
	}
	fresh := &program{}
	var entries []shippedEntry
	var infos bytes.Buffer
	for _, doc := range all {
		kept := fresh.keep(doc)
		info, err := jsondoc.Marshal(infoOf(kept))
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, shippedEntry{byKey[kept.key] + ".persona.json", kept.key, kept.mask, doc.Name, doc.Model})
		infos.Write(append(info, '\n'))
	}
	b, err := jsondoc.Marshal(entries)
	if err != nil {
		t.Fatal(err)
	}
	b = append(append(b, '\n'), infos.Bytes()...)
	if *update {
		if err := os.WriteFile("shipped.jsonl", b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("shipped.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, b) {
		t.Error("shipped.jsonl is not what the library's documents give: run go test ./wasm/page -update")
	}
}

// A persona of the library is the one that was announced, once its document is read.
func TestShippedDocuments(t *testing.T) {
	p, _ := started(t)
	for _, doc := range p.known() {
		if _, err := p.find(doc.key); err != nil {
			t.Fatal(err)
		}
		if doc.Key() != doc.key || doc.Name != doc.told.Name {
			t.Errorf("%s was announced as %s, under the key %s", doc.Name, doc.told.Name, doc.key)
		}
	}
}

// Without a network a document that has not been read is missed in a sentence, and had
// later.
func TestShippedOffline(t *testing.T) {
	p, f := started(t)
	key := p.known()[0].key
	f.offline = true
	if _, err := p.find(key); err == nil || err.Error() != "the persona Agreeableness can't be had: the network is gone" {
		t.Errorf("offline: %v", err)
	}
	f.offline = false
	if doc, err := p.find(key); err != nil || doc.Persona == nil {
		t.Errorf("online again: %v", err)
	}
	f.offline = true
	if _, err := p.find(key); err != nil {
		t.Errorf("once it is read: %v", err)
	}
}

// A persona of the library that comes by a link or a file, before the site's document has
// been read, is told of whole.
func TestBroughtUnread(t *testing.T) {
	p, f := started(t)
	f.offline = true
	doc, err := library.Find("extraversion")
	if err != nil {
		t.Fatal(err)
	}
	link, err := doc.Link()
	if err != nil {
		t.Fatal(err)
	}
	events := ask(t, p, `{"type":"persona","id":4,"link":%q}`, link)
	answer := events[len(events)-1]
	if answer["type"] != "persona" {
		t.Fatalf("the answer is %v: %v", answer["type"], answer["message"])
	}
	info := answer["persona"].(map[string]any)
	if info["key"] != doc.Key() || info["evidence"] == nil || info["sentence"] == "" {
		t.Errorf("it is told of as %v, with the key %v and the sentence %q", info["name"], info["key"], info["sentence"])
	}
	if len(p.known()) != len(library.Names()) {
		t.Errorf("there are %d personas", len(p.known()))
	}
}

// A persona that is shared before its document has been read waits for that.
func TestShareUnread(t *testing.T) {
	p, f := started(t)
	shared := make(chan map[string]any, 1)
	f.onEvent = func(e map[string]any) { shared <- e }
	p.receive(fmt.Appendf(nil, `{"type":"share","id":4,"persona":%q}`, p.known()[0].key))
	if e := <-shared; e["type"] != "shared" || e["id"] != 4.0 || !strings.HasPrefix(e["fragment"].(string), "#p=") {
		t.Errorf("the answer is %v", e)
	}
}
