package main

import (
	"context"
	"flag"
	"math"
	"strconv"

	"masque/engine/chat"
	"masque/engine/generate"
	"masque/engine/model"
	"masque/engine/sample"
	"masque/masks"
)

var chatCommand = command{
	name:    "chat",
	args:    "[-persona PERSONA [-pole POLE] [-strength S]] [-prompt TEXT] [flags]",
	summary: "Chat with a model, plainly or through a persona; without -prompt, line by line",
	example: "masque chat -persona extraversion -pole minus -prompt \"What are you up to tonight?\"\n" +
		"masque chat -persona mine.persona.json -strength 0.5",
	setup: func(flags *flag.FlagSet) func(context.Context, *env, []string) error {
		var o chatOptions
		standard := sample.Default()
		flags.StringVar(&o.model, "model", "", "the GGUF `file` (default $MASQUE_MODEL)")
		flags.StringVar(&o.persona, "persona", "", "a persona: a `file`, a link, or a name from the library")
		flags.StringVar(&o.pole, "pole", "plus", "the persona's `pole`: plus, minus, or its name")
		flags.Float64Var(&o.strength, "strength", 0, "how far the mask closes, from 0 (the plain model) to 1; left out, as far as where the persona's replies were measured")
		flags.StringVar(&o.system, "system", "", "the system `text` that the conversation starts with")
		flags.StringVar(&o.prompt, "prompt", "", "one message `text`: print the reply and end")
		flags.IntVar(&o.tokens, "n", 256, "the most `tokens` of a reply")
		flags.Float64Var(&o.temperature, "temp", decimal(standard.Temperature), "the sampling temperature; 0 always takes the likeliest token")
		flags.Uint64Var(&o.seed, "seed", standard.Seed, "the seed of the sampling: the same seed, the same replies")
		flags.BoolVar(&o.json, "json", false, "print one JSON object a reply, with its tokens and times")
		familyFlag(flags, &o.family)
		return func(_ context.Context, e *env, args []string) error {
			o.given = given(flags)
			if len(args) > 0 {
				return usagef("%q is no flag; a message goes with -prompt, in quotes", args[0])
			}
			return o.chat(e)
		}
	},
	interrupts: true,
}

type chatOptions struct {
	model, persona, pole, system, prompt, family string

	strength, temperature float64
	tokens                int
	seed                  uint64
	json                  bool
	given                 map[string]bool // flags that were set
}

// decimal widens a float32 to the number that it is written as: 0.7, not 0.69999999.
func decimal(f float32) float64 {
	d, err := strconv.ParseFloat(strconv.FormatFloat(float64(f), 'g', -1, 32), 64)
	if err != nil {
		panic("masque: " + err.Error()) // a formatted float always parses
	}
	return d
}

func (o *chatOptions) check() error {
	switch {
	case !(o.strength >= 0 && o.strength <= 1):
		return usagef("-strength %v is not between 0 and 1", o.strength)
	case !(o.temperature >= 0 && o.temperature <= math.MaxFloat32):
		return usagef("-temp %v is not 0 or more", o.temperature)
	case o.tokens < 1:
		return usagef("-n %d leaves no room for a reply", o.tokens)
	case o.given["prompt"] && o.prompt == "":
		return usagef("-prompt is empty")
	case o.given["persona"] && o.persona == "":
		return usagef("-persona is empty; leave it out for the plain model")
	case o.persona == "" && (o.given["pole"] || o.given["strength"]):
		return usagef("-pole and -strength belong to a persona; name one with -persona")
	}
	return nil
}

func (o *chatOptions) sampling() sample.Params {
	p := sample.Default()
	p.Temperature, p.Seed = float32(o.temperature), o.seed
	return p
}

// chat loads what the flags name and holds the conversation.
func (o *chatOptions) chat(e *env) error {
	if err := o.check(); err != nil {
		return err
	}
	if err := o.sampling().Validate(); err != nil {
		return usagef("%v", err)
	}
	path, err := e.modelPath(o.model)
	if err != nil {
		return err
	}
	t, err := o.load(e, path)
	if err != nil {
		return err
	}
	defer t.generator.Engine().Close()
	if o.prompt != "" {
		return t.once(e, o.prompt)
	}
	return t.converse(e)
}

// load makes everything ready for the first message. An interrupt cancels it.
func (o *chatOptions) load(e *env, path string) (*talk, error) {
	ctx, stop := e.cancellable(context.Background(), e.release)
	defer stop()
	// The persona first: it is read at once, and may be wrong.
	var persona *masks.Persona
	var pole masks.Pole
	if o.persona != "" {
		var err error
		if persona, err = findPersona(o.persona); err != nil {
			return nil, err
		}
		if pole, err = persona.Pole(o.pole); err != nil {
			return nil, err
		}
		if !o.given["strength"] {
			o.strength = persona.ChatStrength(pole)
		}
	}
	m, err := openModel(path)
	if err != nil {
		return nil, err
	}
	defer m.Close()
	tok, family, err := m.text(o.family)
	if err != nil {
		return nil, err
	}
	p := e.progress()
	t := &talk{options: o, reply: replyJSON{Sampling: samplingJSON(o.sampling())}}
	if t.reply.Model, err = m.identity(ctx, p); err != nil {
		return nil, err
	}
	if persona != nil {
		if err := persona.Check(t.reply.Model); err != nil {
			return nil, err
		}
		t.reply.Persona = &personaJSON{
			Key: persona.Key(), Name: persona.Name,
			Pole: pole, PoleName: persona.Text(pole).Name, Strength: o.strength,
		}
	}
	weights, err := m.weights(ctx, p, model.Fast)
	if err != nil {
		return nil, err
	}
	var overlay *model.Overlay
	if persona != nil {
		mask, err := persona.Mask(pole)
		if err != nil {
			return nil, err
		}
		if overlay, err = mask.Overlay(weights, float32(1-o.strength)); err != nil {
			return nil, err
		}
	}
	engine := model.NewEngine(weights, workers())
	if t.generator, err = generate.New(engine, tok, family); err == nil {
		t.voice, err = t.generator.NewVoice(overlay)
	}
	if err != nil {
		engine.Close()
		return nil, err
	}
	if o.system != "" {
		t.messages = append(t.messages, chat.Message{Role: "system", Content: o.system})
	}
	return t, nil
}
