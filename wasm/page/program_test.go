package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"masque/engine/gguf"
	"masque/engine/model/modeltest"
	"masque/engine/team"
	"masque/masks"
	"masque/masks/jsondoc"
)

// fake is a page that keeps what it is told.
type fake struct {
	events  []map[string]any
	onEvent func(map[string]any)
	onYield func()
	yields  int
	offline bool
	seldom  bool // no frame ever passes
}

func (f *fake) event(e any) {
	b, err := jsondoc.MarshalMessage(e)
	if err != nil {
		panic(err)
	}
	f.tell(b)
}

func (f *fake) tell(event []byte) {
	var m map[string]any
	if err := json.Unmarshal(event, &m); err != nil {
		panic(err)
	}
	f.events = append(f.events, m)
	if f.onEvent != nil {
		f.onEvent(m)
	}
}

// file reads the library's folder, as build.sh lays it out for the site.
func (f *fake) file(name string) ([]byte, error) {
	name, ok := strings.CutPrefix(name, "library/")
	if !ok || f.offline {
		return nil, errors.New("the network is gone")
	}
	if strings.HasSuffix(name, ".persona.json") {
		name = "personas/" + name
	}
	return os.ReadFile("../../masks/library/" + name)
}

func (f *fake) due() bool { return !f.seldom }

func (f *fake) yield() {
	f.yields++
	if f.onYield != nil {
		f.onYield()
	}
}

// take returns the events so far and forgets them.
func (f *fake) take() []map[string]any {
	e := f.events
	f.events = nil
	return e
}

func started(t *testing.T) (*program, *fake) {
	t.Helper()
	f := &fake{}
	p := newProgram(team.Apart(1)[0])
	p.host = f
	if err := p.start(); err != nil {
		t.Fatal(err)
	}
	return p, f
}

// ask has one request answered, as run would.
func ask(t *testing.T, p *program, format string, args ...any) []map[string]any {
	t.Helper()
	p.receive(fmt.Appendf(nil, format, args...))
	select {
	case r := <-p.requests:
		p.answer(r)
	default:
	}
	return p.host.(*fake).take()
}

// open feeds a file in chunks and returns the events of opening it.
func open(t *testing.T, p *program, b []byte, digest string) []map[string]any {
	t.Helper()
	done := begin(p, `{"type":"open","id":1,"name":"tiny.gguf","size":%d,"digest":%q}`, len(b), digest)
	for len(b) > 0 {
		n := min(len(b), 10_000)
		if err := put(p, b[:n]); err != nil {
			break
		}
		b = b[n:]
	}
	<-done
	return p.host.(*fake).take()
}

// begin sends a request and has it answered by another goroutine.
func begin(p *program, format string, args ...any) (done chan struct{}) {
	p.receive(fmt.Appendf(nil, format, args...))
	done = make(chan struct{})
	go func() {
		defer close(done)
		p.answer(<-p.requests)
	}()
	return done
}

// put feeds one chunk and waits until it has been read or refused.
func put(p *program, b []byte) error {
	room, err := p.feed.buffer(len(b))
	if err != nil {
		return err
	}
	copy(room, b)
	read := make(chan error, 1)
	p.feed.put(room, func(err error) { read <- err })
	return <-read
}

func kinds(events []map[string]any) string {
	var k []string
	for _, e := range events {
		if n := len(k); n == 0 || k[n-1] != e["type"] {
			k = append(k, e["type"].(string))
		}
	}
	return strings.Join(k, " ")
}

func failure(events []map[string]any) string {
	for _, e := range events {
		if e["type"] == "failed" {
			return e["message"].(string)
		}
	}
	return ""
}

func TestStarted(t *testing.T) {
	_, f := started(t)
	e := f.take()
	if len(e) != 1 || e[0]["type"] != "started" || e[0]["variant"] != "baseline" {
		t.Fatalf("%v", e)
	}
	all := e[0]["library"].([]any)
	if len(all) == 0 || all[0].(map[string]any)["fits"] != nil {
		t.Errorf("the library: %v", all)
	}
}

// tinyPersona closes some channels of the tiny model.
func tinyPersona(t *testing.T, digest string) string {
	t.Helper()
	channels := masks.Units{Order: masks.OrderScore, Layers: [2]int{0, 2}, Channels: 64}
	pack := func(from int) masks.UnitSet {
		var units []masks.Unit
		for i := range 40 {
			units = append(units, masks.Unit{Family: masks.Channel, Layer: 1 + i%2, Index: (from + i) % 64})
		}
		set, err := channels.Pack(units)
		if err != nil {
			t.Fatal(err)
		}
		return set
	}
	channels.Plus, channels.Minus = pack(0), pack(24)
	p := masks.Persona{
		Format: masks.Format, Version: masks.Version, Name: "Loud and quiet",
		Model: masks.Model{Name: "tiny", Arch: "llama", Digest: digest},
		Poles: masks.Poles{Plus: masks.PoleText{Name: "loud"}, Minus: masks.PoleText{Name: "quiet"}},
		Kind:  masks.KindUnits, Units: &channels,
		Recipe:     masks.Recipe{Name: "units", Parameters: map[string]float64{"n": 40}},
		Statements: masks.Statements{Plus: 1, Minus: 1, SHA256: strings.Repeat("0", 64)},
	}
	var b strings.Builder
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestConversation is what a visitor does: open, wear two poles, chat, stop.
func TestConversation(t *testing.T) {
	p, f := started(t)
	f.take()
	generate := `{"type":"generate","id":%d,"panes":[
		{"pane":"A","persona":%s,"pole":"plus","strength":%v,"messages":[{"role":"user","content":"Hello, who are you? Tell me."}]},
		{"pane":"B","persona":%s,"pole":"minus","strength":1,"messages":[{"role":"user","content":"Hello, who are you? Tell me."}]}],
		"sampling":{"temperature":0,"topK":0,"topP":1,"minP":0,"repeatPenalty":1,"repeatLast":0,"seed":1},"maxTokens":%d,"compare":true,"family":""}`
	if e := ask(t, p, generate, 2, "null", 1, "null", 5); failure(e) != "no model is open" {
		t.Errorf("before a model: %v", e)
	}

	file := modeltest.Default().Write()
	f2, err := gguf.Open(bytes.NewReader(file), int64(len(file)), "tiny.gguf")
	if err != nil {
		t.Fatal(err)
	}
	digest, err := f2.Digest(nil)
	if err != nil {
		t.Fatal(err)
	}
	events := open(t, p, file, "")
	if !strings.HasPrefix(kinds(events), "loading opened") {
		t.Fatalf("opening: %s %s", kinds(events), failure(events))
	}
	for _, e := range events {
		if e["type"] == "opened" {
			info := e["model"].(map[string]any)
			if info["digest"] != digest || info["family"] != "chatml" || info["layers"] != 3. {
				t.Errorf("opened: %v", info)
			}
			for _, persona := range e["personas"].([]any) {
				fit := persona.(map[string]any)
				if fit["fits"] != false || !strings.HasSuffix(fit["misfit"].(string), " was made for another model (SmolLM2-135M-Instruct).") {
					t.Errorf("a persona of another model: %v", fit)
				}
			}
		}
	}

	quoted, _ := json.Marshal(tinyPersona(t, digest))
	events = ask(t, p, `{"type":"persona","id":3,"text":%s}`, quoted)
	if kinds(events) != "persona" {
		t.Fatalf("adding a persona: %v", events)
	}
	info := events[0]["persona"].(map[string]any)
	if info["fits"] != true || info["units"] != 40. {
		t.Errorf("%v", info)
	}
	key := fmt.Sprintf("%q", info["key"])

	// Shared and exported, it comes back as the same persona.
	link := ask(t, p, `{"type":"share","id":4,"persona":%s}`, key)[0]
	text := ask(t, p, `{"type":"export","id":5,"persona":%s}`, key)[0]
	if text["name"] != "loud-and-quiet.persona.json" {
		t.Errorf("exported as %v", text["name"])
	}
	again := ask(t, p, `{"type":"persona","id":6,"link":%q}`, link["fragment"])
	if kinds(again) != "persona" || again[0]["persona"].(map[string]any)["key"] != info["key"] {
		t.Errorf("from its link: %v", again)
	}

	events = ask(t, p, generate, 7, key, 1, key, 12)
	if got := kinds(events); !strings.HasPrefix(got, "prefill tokens") || !strings.HasSuffix(got, "divergence finished") {
		t.Fatalf("a reply: %s %s", got, failure(events))
	}
	said := texts(events)
	for pane, kls := range divergences(events) {
		if len(kls) == 0 {
			t.Errorf("pane %s has no divergences", pane)
		}
		for i, kl := range kls {
			if !(kl > 0) {
				t.Errorf("pane %s, token %d: KL %v", pane, i, kl)
			}
		}
	}

	// The same again reads nothing and says the same.
	events = ask(t, p, generate, 8, key, 1, key, 12)
	for _, e := range events {
		if e["type"] == "end" && e["prefillTokens"] != 0. {
			t.Errorf("read %v tokens again", e["prefillTokens"])
		}
	}
	if got := texts(events); got["A"] != said["A"] || got["B"] != said["B"] {
		t.Errorf("the same request said %q, then %q", said, got)
	}

	// However seldom the page is told, it hears the same, a pane's words before its end.
	f.seldom = true
	events = ask(t, p, generate, 15, key, 1, key, 12)
	f.seldom = false
	if got := texts(events); got["A"] != said["A"] || got["B"] != said["B"] {
		t.Errorf("told seldom, it said %q, before %q", got, said)
	}
	ends := map[any]bool{}
	for _, e := range events {
		for _, written := range tokens([]map[string]any{e}) {
			if ends[written["pane"]] {
				t.Errorf("pane %v goes on after its end", written["pane"])
			}
		}
		if e["type"] == "end" {
			ends[e["pane"]] = true
		}
	}

	// At strength 0 pane A is the plain model.
	zero := texts(ask(t, p, generate, 9, key, 0, key, 12))
	plain := texts(ask(t, p, generate, 10, "null", 1, key, 12))
	if zero["A"] != plain["A"] || zero["B"] != said["B"] {
		t.Errorf("strength 0 said %q, the plain model %q", zero, plain)
	}

	// Stop within one token.
	f.onYield = func() {
		written := tokens(f.events)
		if n := len(written); n > 0 && written[n-1]["index"] == 2. {
			p.receive([]byte(`{"type":"stop","id":12,"target":11}`))
		}
	}
	events = ask(t, p, generate, 11, key, 1, key, 100)
	f.onYield = nil
	for _, e := range events {
		if e["type"] == "end" && (e["reason"] != "stopped" || e["tokens"] != 3.) {
			t.Errorf("stopped at the third token: %v", e)
		}
	}
	if !strings.HasSuffix(kinds(events), "finished") {
		t.Errorf("after a stop: %s", kinds(events))
	}

	// Stopped when the comparison begins to read what the other mask has not read yet.
	ended, since := 0, 0
	f.onEvent = func(e map[string]any) {
		if e["type"] == "end" {
			ended++
		}
	}
	f.onYield = func() {
		if ended < 2 {
			return
		}
		if since++; since == 2 { // the first tells of the second end
			p.receive([]byte(`{"type":"stop","id":19,"target":18}`))
		}
	}
	events = ask(t, p, generate, 18, key, .9, key, 12)
	f.onEvent, f.onYield = nil, nil
	for pane, kls := range divergences(events) {
		if len(kls) > 0 {
			t.Errorf("of pane %s, %d tokens were compared after a stop", pane, len(kls))
		}
	}

	// Stopped while it waited for its turn.
	p.receive(fmt.Appendf(nil, generate, 16, key, 1, key, 100))
	p.receive([]byte(`{"type":"stop","id":17,"target":16}`))
	p.answer(<-p.requests)
	events = f.take()
	if written := tokens(events); len(written) > 0 || !strings.HasSuffix(kinds(events), "finished") {
		t.Errorf("stopped before its turn, a reply has %d tokens: %s", len(written), kinds(events))
	}
	if len(p.cancels) > 0 {
		t.Errorf("%d answered requests can still be stopped", len(p.cancels))
	}

	for name, request := range map[string]string{
		"two of a pane":    strings.Replace(fmt.Sprintf(generate, 13, key, 1, key, 5), `"pane":"B"`, `"pane":"A"`, 1),
		"strength of 2":    fmt.Sprintf(generate, 13, key, 2, key, 5),
		"unknown persona":  fmt.Sprintf(generate, 13, `"nobody"`, 1, key, 5),
		"unknown pole":     strings.Replace(fmt.Sprintf(generate, 13, key, 1, key, 5), `"plus"`, `"sideways"`, 1),
		"unknown family":   strings.Replace(fmt.Sprintf(generate, 13, key, 1, key, 5), `"family":""`, `"family":"x"`, 1),
		"no tokens":        fmt.Sprintf(generate, 13, key, 1, key, 0),
		"no panes":         `{"type":"generate","id":13,"panes":[]}`,
		"unknown request":  `{"type":"dance","id":13}`,
		"malformed":        `{"type":"share","id":13,"persona":7}`,
		"no JSON":          `{"type":`,
		"persona rubbish":  `{"type":"persona","id":13,"text":"{}"}`,
		"link rubbish":     `{"type":"persona","id":13,"link":"p=AAAA"}`,
		"share of nobody":  `{"type":"share","id":13,"persona":"x"}`,
		"export of nobody": `{"type":"export","id":13,"persona":"x"}`,
	} {
		if e := ask(t, p, "%s", request); kinds(e) != "failed" || failure(e) == "" || strings.HasPrefix(failure(e), "generate:") {
			t.Errorf("%s: %v", name, e)
		}
	}
	// And the program is still well.
	if got := texts(ask(t, p, generate, 14, key, 1, key, 12)); got["A"] != said["A"] {
		t.Errorf("after errors: %q, want %q", got["A"], said["A"])
	}
}

func texts(events []map[string]any) map[string]string {
	out := map[string]string{}
	for _, e := range tokens(events) {
		out[e["pane"].(string)] += e["text"].(string)
	}
	return out
}

// tokens is what was written, by all panes.
func tokens(events []map[string]any) (written []map[string]any) {
	for _, e := range events {
		if e["type"] == "tokens" {
			for _, t := range e["tokens"].([]any) {
				written = append(written, t.(map[string]any))
			}
		}
	}
	return written
}

func divergences(events []map[string]any) map[string][]float64 {
	out := map[string][]float64{"A": nil, "B": nil}
	for _, e := range events {
		if e["type"] == "divergence" {
			for _, tok := range e["tokens"].([]any) {
				pane := e["pane"].(string)
				out[pane] = append(out[pane], tok.(map[string]any)["kl"].(float64))
			}
		}
	}
	return out
}

// TestOpenErrors: a file that is no model is refused with a sentence, the feed
// learns of it, and the next file opens.
func TestOpenErrors(t *testing.T) {
	p, f := started(t)
	f.take()
	good := modeltest.Default().Write()
	noUp := modeltest.Default()
	noUp.Skip = "blk.0.ffn_up.weight"
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"rubbish":    {bytes.Repeat([]byte("no model "), 5000), "GGUF"},
		"a hole":     {noUp.Write(), "blk.0.ffn_up.weight"},
		"nothing":    {nil, "empty"},
		"a web page": {[]byte("<!doctype html><title>404</title>" + strings.Repeat(" ", 100)), "tiny.gguf"},
	} {
		if got := failure(open(t, p, c.file, "")); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want a sentence with %q", name, got, c.want)
		}
		if _, err := p.feed.buffer(10); err == nil {
			t.Errorf("%s: the feed still takes chunks", name)
		}
	}
	if e := open(t, p, good, strings.Repeat("ab", 32)); failure(e) != "" {
		t.Errorf("a good file afterwards: %s", failure(e))
	}

	// Stopped half-way.
	done := begin(p, `{"type":"open","id":77,"name":"tiny.gguf","size":%d,"digest":""}`, len(good))
	if err := put(p, good[:1000]); err != nil {
		t.Fatal(err)
	}
	p.receive([]byte(`{"type":"stop","id":78,"target":77}`))
	<-done
	if got := failure(f.take()); !strings.Contains(got, "stopped") {
		t.Errorf("stopped half-way: %q", got)
	}
	if p.model != nil {
		t.Error("a model is open after a stop")
	}
}

// TestPaneSeeds: with one mask in both panes and one seed, both say the same; another seed
// says something else, and what pane A says does not depend on it. Both are compared whole.
func TestPaneSeeds(t *testing.T) {
	p, _ := started(t)
	open(t, p, modeltest.Default().Write(), "")
	say := func(seedB string) (said [2]string) {
		events := ask(t, p, `{"type":"generate","id":2,"panes":[
			{"pane":"A","persona":null,"pole":"plus","strength":1,"messages":[{"role":"user","content":"Hello"}]},
			{"pane":"B","persona":null,"pole":"plus","strength":1,"seed":%s,"messages":[{"role":"user","content":"Hello"}]}],
			"sampling":{"temperature":1,"topP":1,"repeatPenalty":1,"seed":1},"maxTokens":16,"compare":true,"family":""}`, seedB)
		compared, written := 0, 0.
		for _, e := range events {
			if e["type"] == "end" {
				written += e["tokens"].(float64)
			}
			if e["type"] == "divergence" {
				for _, token := range e["tokens"].([]any) {
					compared++
					if kl := token.(map[string]any)["kl"]; kl != 0. {
						t.Errorf("a mask parts from itself by %v", kl)
					}
				}
			}
			if e["type"] != "tokens" {
				continue
			}
			for _, token := range e["tokens"].([]any) {
				token := token.(map[string]any)
				if token["pane"] == "A" {
					said[0] += fmt.Sprint(token["token"], " ")
				} else {
					said[1] += fmt.Sprint(token["token"], " ")
				}
			}
		}
		if said[0] == "" || float64(compared) != written {
			t.Fatalf("%d of %v tokens compared: %s %s", compared, written, kinds(events), failure(events))
		}
		return said
	}
	same, apart := say("null"), say("2")
	if same[0] != same[1] || apart[0] != same[0] || apart[1] == apart[0] {
		t.Errorf("one seed: %q; two: %q", same, apart)
	}
}
