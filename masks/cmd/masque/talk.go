package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"masque/engine/chat"
	"masque/engine/generate"
	"masque/engine/model"
	"masque/masks"
)

// replyJSON is what -json prints of a reply.
type replyJSON struct {
	Model    masks.Model  `json:"model"`
	Persona  *personaJSON `json:"persona"` // null: the plain model
	Sampling samplingJSON `json:"sampling"`
	Prompt   string       `json:"prompt"`
	Reply    string       `json:"reply"`
	IDs      []int32      `json:"ids"`
	LogProbs []float64    `json:"log_probs"` // natural, of each id

	Reason          generate.Reason `json:"reason"`         // stop, length, context or stopped
	PrefillTokens   int             `json:"prefill_tokens"` // of the prompt, less what was read before
	PrefillSeconds  float64         `json:"prefill_seconds"`
	Seconds         float64         `json:"seconds"` // of the reply
	TokensPerSecond float64         `json:"tokens_per_second"`
}

// samplingJSON is a sample.Params whose members are spelled as those of every -json and of
// persona documents are; the page spells them as JavaScript does.
type samplingJSON struct {
	Temperature   float32 `json:"temperature"`
	TopK          int     `json:"top_k"`
	TopP          float32 `json:"top_p"`
	MinP          float32 `json:"min_p"`
	RepeatPenalty float32 `json:"repeat_penalty"`
	RepeatLast    int     `json:"repeat_last"`
	Seed          uint64  `json:"seed"`
}

type personaJSON struct {
	Key      string     `json:"key"`
	Name     string     `json:"name"`
	Pole     masks.Pole `json:"pole"`
	PoleName string     `json:"pole_name"`
	Strength float64    `json:"strength"`
}

// talk is a conversation.
type talk struct {
	options   *chatOptions
	generator *generate.Generator
	voice     *generate.Voice
	messages  []chat.Message
	reply     replyJSON // of the last message
}

// once answers one message. An interrupt ends it.
func (t *talk) once(e *env, prompt string) error {
	ctx, stop := e.cancellable(context.Background(), e.release)
	defer stop()
	if err := t.answer(ctx, e, prompt); err != nil {
		return err
	}
	if t.reply.Reason == generate.Stopped {
		return context.Canceled
	}
	return nil
}

// converse answers line after line of the input. Where somebody types, an interrupt stops a
// reply, and leaves with none under way; a script's input ends with the first.
func (t *talk) converse(e *env) error {
	if e.interactive {
		fmt.Fprintln(e.stderr, "Write a message and press Enter. Ctrl-C stops a reply, once more it leaves.")
	}
	lines := make(chan string)
	failed := make(chan error, 1)
	quit := make(chan struct{})
	defer close(quit)
	go func() {
		failed <- readLines(e.stdin, lines, quit)
	}()
	for {
		if e.interactive {
			fmt.Fprint(e.stderr, "> ")
		}
		select {
		case <-e.interrupt:
			if !e.interactive {
				return context.Canceled
			}
			fmt.Fprintln(e.stderr)
			return nil
		case err := <-failed:
			if e.interactive {
				fmt.Fprintln(e.stderr)
			}
			return err
		case line := <-lines:
			if strings.TrimSpace(line) == "" {
				continue
			}
			release := e.release
			if e.interactive {
				release = nil
			}
			ctx, stop := e.cancellable(context.Background(), release)
			err := t.answer(ctx, e, line)
			stop()
			if err == nil && t.reply.Reason == generate.Stopped && !e.interactive {
				err = context.Canceled
			}
			if errors.Is(err, model.ErrContext) && e.interactive {
				fmt.Fprintf(e.stderr, "masque chat: %s\n", oneLine(err))
				continue
			}
			if err != nil {
				return err
			}
		}
	}
}

// maxLine is more than any model's context.
const maxLine = 16 << 20

// readLines sends lines until the input ends, which is no error.
func readLines(r io.Reader, lines chan<- string, quit <-chan struct{}) error {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, maxLine)
	for scanner.Scan() {
		select {
		case lines <- scanner.Text():
		case <-quit:
			return nil
		}
	}
	if errors.Is(scanner.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("a message of more than %d bytes", maxLine)
	}
	return scanner.Err()
}

// answer adds a message and its reply to the conversation, and prints the reply as it
// comes, or as JSON at its end.
func (t *talk) answer(ctx context.Context, e *env, message string) error {
	t.messages = append(t.messages, chat.Message{Role: "user", Content: message})
	prompt, err := t.generator.Prompt(t.messages)
	if err != nil {
		return err
	}
	r := &t.reply
	r.Prompt, r.IDs, r.LogProbs = message, []int32{}, []float64{}
	var text strings.Builder
	var writeErr error
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p := e.progress()
	show := func(s string) {
		text.WriteString(s)
		if t.options.json || s == "" || writeErr != nil {
			return
		}
		if _, writeErr = io.WriteString(e.stdout, s); writeErr != nil {
			cancel()
		}
	}
	request := generate.Request{Voice: t.voice, Prompt: prompt, Sampling: t.options.sampling(), MaxTokens: t.options.tokens}
	err = t.generator.Reply(ctx, []generate.Request{request}, func(event generate.Event) {
		switch event := event.(type) {
		case generate.Prefill:
			p.share("reading", int64(event.Done), int64(event.Total))
		case generate.Token:
			p.clear()
			r.LogProbs = append(r.LogProbs, event.LogProb)
			show(event.Text)
		case generate.End:
			p.clear()
			show(event.Text)
			r.Reason, r.PrefillTokens = event.Reason, event.PrefillTokens
			r.PrefillSeconds, r.Seconds = event.Prefill.Seconds(), event.Decode.Seconds()
			r.IDs = append(r.IDs, event.IDs...)
		}
	})
	if err == nil {
		err = writeErr
	}
	if errors.Is(err, model.ErrContext) {
		t.messages = t.messages[:len(t.messages)-1] // a shorter one may still fit
		return fmt.Errorf("%w; send a shorter message, or start a new conversation", err)
	}
	if err != nil {
		return err
	}
	r.Reply = text.String()
	r.TokensPerSecond = 0
	if r.Seconds > 0 {
		r.TokensPerSecond = float64(len(r.IDs)) / r.Seconds
	}
	t.messages = append(t.messages, chat.Message{Role: "assistant", Content: r.Reply})
	if t.options.json {
		line, err := jsonLine(r)
		if err == nil {
			_, err = e.stdout.Write(line)
		}
		return err
	}
	_, err = fmt.Fprintln(e.stdout)
	if e.terminal {
		fmt.Fprintf(e.stderr, "[%s]\n", r.summary())
	}
	return err
}

// summary says in words how a reply went.
func (r *replyJSON) summary() string {
	why := map[generate.Reason]string{
		generate.Stop: "", generate.Length: ", cut at -n", generate.Context: ", the model's context is full", generate.Stopped: ", stopped",
	}[r.Reason]
	return fmt.Sprintf("%d tokens, %.1f a second%s", len(r.IDs), r.TokensPerSecond, why)
}
