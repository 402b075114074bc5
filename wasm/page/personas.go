package main

import (
	"context"
	"fmt"
	"strings"
	"unicode"

	"masque/masks"
	"masque/masks/study"
)

// keep adds a persona, once however often it comes.
func (p *program) keep(doc *masks.Persona) *persona {
	kept := newPersona(doc)
	for _, have := range p.known() {
		if have.key == kept.key {
			have.Persona = doc // the library's may not have been read
			return have
		}
	}
	p.personas = append(p.personas, kept)
	return kept
}

func newPersona(doc *masks.Persona) *persona {
	bare := *doc
	bare.Evidence = nil
	return &persona{Persona: doc, key: doc.Key(), mask: bare.Key()}
}

// keepMade adds a persona that was made here. Masks that the visitor has already stay one
// persona. What was measured of them stays if the measurement to come, whose evidence begins
// as fresh, is of the same test: figures of two splits do not stand beside each other.
// fresh is nil where nothing will be measured.
func (p *program) keepMade(doc *masks.Persona, fresh *masks.Evidence) *persona {
	made := newPersona(doc)
	for _, have := range p.personas {
		if have.library != "" || have.mask != made.mask {
			continue
		}
		if fresh != nil && have.Evidence != nil && !began(have.Evidence, fresh) {
			have.Persona, have.key = made.Persona, made.key
		}
		return have
	}
	p.personas = append(p.personas, made)
	return made
}

// find returns a persona with its document. It may wait for that.
func (p *program) find(key string) (*persona, error) {
	doc, err := p.lookUp(key)
	if err != nil {
		return nil, err
	}
	return doc, p.readDocument(doc)
}

// lookUp returns a persona, whose document may be still to come.
func (p *program) lookUp(key string) (*persona, error) {
	for _, have := range p.known() {
		if have.key == key {
			return have, nil
		}
	}
	return nil, fmt.Errorf("there is no persona with the key %q", key)
}

// of answers a request about one persona, at once if its document is there.
func (p *program) of(key string, h head, answer func(*persona) error) error {
	doc, err := p.lookUp(key)
	if err != nil || doc.Persona != nil {
		if err == nil {
			err = answer(doc)
		}
		return err
	}
	go func() {
		err := p.readDocument(doc)
		if err == nil {
			err = answer(doc)
		}
		if err != nil {
			p.fail(h, err)
		}
	}()
	return nil
}

func (p *program) addPersona(_ context.Context, h head, r personaRequest) error {
	var doc *masks.Persona
	var err error
	if r.Link != "" {
		doc, err = masks.FromLink(r.Link)
	} else {
		doc, err = masks.Parse([]byte(r.Text))
	}
	if err != nil {
		return err
	}
	p.host.event(personaEvent{h.as("persona"), p.info(p.keep(doc))})
	return nil
}

func (p *program) combine(_ context.Context, h head, r combineRequest) error {
	var operands [2]masks.Operand
	for i, o := range []operandRequest{r.A, r.B} {
		doc, err := p.find(o.Persona)
		if err != nil {
			return err
		}
		pole, err := doc.Pole(string(o.Pole))
		if err != nil {
			return err
		}
		operands[i] = masks.Operand{Persona: doc.Persona, Swapped: pole == masks.Minus, Strength: o.Strength}
	}
	doc, err := masks.Combine(r.Op, operands[0], operands[1])
	if err != nil {
		return err
	}
	if name := strings.TrimSpace(r.Name); name != "" {
		doc.Name = name
	}
	if err := doc.Validate(); err != nil {
		return err
	}
	p.host.event(personaEvent{h.as("persona"), p.info(p.keep(doc))})
	return nil
}

func (p *program) share(_ context.Context, h head, r keyRequest) error {
	return p.of(r.Persona, h, func(doc *persona) error {
		fragment, err := doc.Link()
		if err != nil {
			return err
		}
		p.host.event(sharedEvent{h.as("shared"), fragment})
		return nil
	})
}

func (p *program) export(_ context.Context, h head, r keyRequest) error {
	return p.of(r.Persona, h, func(doc *persona) error {
		var text strings.Builder
		if err := doc.Write(&text); err != nil {
			return err
		}
		p.host.event(exportedEvent{h.as("exported"), fileName(doc.Name), text.String()})
		return nil
	})
}

// info is what the page shows of a persona whose document was read.
func (p *program) info(doc *persona) personaInfo {
	info := infoOf(doc)
	if p.model != nil {
		fit := p.fit(doc)
		info.Fits, info.Misfit = &fit.Fits, fit.Misfit
	}
	return info
}

// fits says of all personas whether they belong to the open model.
func (p *program) fits() []fit {
	fits := []fit{}
	for _, doc := range p.known() {
		fits = append(fits, p.fit(doc))
	}
	return fits
}

func (p *program) fit(doc *persona) fit {
	of := masks.Persona{Name: doc.told.Name, Model: doc.told.Model}
	if doc.Persona != nil {
		of.Name, of.Model = doc.Name, doc.Persona.Model
	}
	if of.Check(p.model.identity()) == nil {
		return fit{Key: doc.key, Fits: true}
	}
	return fit{Key: doc.key, Misfit: fmt.Sprintf("%s was made for another model (%s).", of.Name, of.Model.Name)}
}

// infoOf is what a persona's document says, whatever model is open.
func infoOf(doc *persona) personaInfo {
	plus, minus := doc.Size()
	info := personaInfo{
		Key: doc.key, Mask: doc.mask, Name: doc.Name, Description: doc.Description, Author: doc.Author, Licence: doc.Licence,
		Kind: doc.Kind, Units: max(plus, minus), Evidence: doc.Evidence,
		Poles: poleInfos{
			Plus:  poleInfo{doc.Poles.Plus.Name, doc.Poles.Plus.Description},
			Minus: poleInfo{doc.Poles.Minus.Name, doc.Poles.Minus.Description},
		},
		Model:    namedModel{doc.Persona.Model.Name, doc.Persona.Model.Arch, doc.Persona.Model.Digest},
		Strength: doc.OwnStrength(),
		Chat:     masks.Ratios{Plus: doc.ChatStrength(masks.Plus), Minus: doc.ChatStrength(masks.Minus)},
	}
	if e := doc.Evidence; e != nil && len(e.Tests) > 0 && e.Tests[0].AUC != nil {
		info.Sentence = study.Sentence(study.PairOf(doc.Persona).Label(), &e.Tests[0])
	}
	if settings, err := study.SettingsOf(doc.Persona, doc.Recipe.Parameters["gamma"]); err == nil {
		info.Settings = &settings
	}
	return info
}

func (m *openModel) identity() masks.Model {
	return masks.Model{Name: m.info.Name, Arch: m.info.Arch, Digest: m.info.Digest}
}

// fileName is what a persona is saved as.
func fileName(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	if len(words) == 0 {
		words = []string{"mask"}
	}
	return strings.Join(words, "-") + ".persona.json"
}
