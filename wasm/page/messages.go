package main

import (
	"masque/engine/chat"
	"masque/engine/sample"
	"masque/masks"
	"masque/masks/study"
)

// The requests, told apart by "type". Every one carries a number that the
// events answering it repeat.
type (
	head struct {
		Type string `json:"type"`
		ID   int    `json:"id"`
	}

	// openRequest begins a model; its bytes follow by feed. Without a digest
	// the program computes it.
	openRequest struct {
		Name   string `json:"name"`
		Size   int64  `json:"size"`
		Digest string `json:"digest"`
	}

	// personaRequest adds a persona from the text of a file or from a link.
	personaRequest struct {
		Text string `json:"text"`
		Link string `json:"link"`
	}

	// keyRequest is "share" and "export".
	keyRequest struct {
		Persona string `json:"persona"`
	}

	// combineRequest makes a persona of two; see [masks.Combine].
	combineRequest struct {
		Op   masks.Op       `json:"op"`
		A    operandRequest `json:"a"`
		B    operandRequest `json:"b"`
		Name string         `json:"name"` // "" = made of the two names
	}

	operandRequest struct {
		Persona  string     `json:"persona"`  // key
		Pole     masks.Pole `json:"pole"`     // that goes into the new plus pole
		Strength float64    `json:"strength"` // for "together"
	}

	generateRequest struct {
		Panes     []paneRequest `json:"panes"`
		Sampling  sample.Params `json:"sampling"`
		MaxTokens int           `json:"maxTokens"`
		Compare   bool          `json:"compare"`
		Family    string        `json:"family"` // "" = the model's own
	}

	paneRequest struct {
		Pane     string         `json:"pane"`
		Persona  *string        `json:"persona"` // key; null = the plain model
		Pole     masks.Pole     `json:"pole"`
		Strength float32        `json:"strength"` // 0 = plain, 1 = the mask's units closed
		Seed     *uint64        `json:"seed"`     // null = the sampling's
		Messages []chat.Message `json:"messages"`
	}

	// checkRequest asks what confounds statements, as they were typed.
	checkRequest struct {
		Plus      []string `json:"plus"`
		Minus     []string `json:"minus"`
		PlusName  string   `json:"plusName"`
		MinusName string   `json:"minusName"`
	}

	// studyRequest is "calibrate", which makes a persona and measures it; "evaluate", which
	// measures one that there is; and "estimate", which says how long either takes.
	studyRequest struct {
		Persona  string          `json:"persona"` // key; empty = one is to be made
		Pair     study.Pair      `json:"pair"`    // words for the poles; for evaluate, their prompts
		Plus     []string        `json:"plus"`    // statements, one each
		Minus    []string        `json:"minus"`
		Settings *study.Settings `json:"settings"` // null = the recipe units with its defaults
		Holdout  float64         `json:"holdout"`  // share of the statements that is held out for the test, of masks made in the same way without these statements
		Seed     uint64          `json:"seed"`
		Measures study.Measures  `json:"measures"`
		On       string          `json:"on"` // what other statements are called in the evidence
		Family   string          `json:"family"`
	}

	// exploreRequest measures settings one by one, as masque study does: masks made from
	// one part of the statements, on another.
	exploreRequest struct {
		Plus        []string     `json:"plus"`
		Minus       []string     `json:"minus"`
		Cells       []study.Cell `json:"cells"`
		Development float64      `json:"development"` // share of the statements
		Test        float64      `json:"test"`
		On          string       `json:"on"`    // the part to measure on: "development" or "test"
		Draws       int          `json:"draws"` // that controls may number
		Family      string       `json:"family"`
	}

	// stopRequest ends an open or a generate within a token, a calibration, an
	// evaluation or an exploration within a few statements.
	stopRequest struct {
		Target int `json:"target"`
	}
)

// The events.
type (
	// A started event has one more member, which shipped.go puts there: library, a list
	// of personaInfo.
	startedEvent struct {
		Type    string   `json:"type"`
		Version string   `json:"version"`
		Variant string   `json:"variant"` // relaxed or baseline
		Files   []string `json:"files"`   // of the site, which the program may ask for later
	}

	loadingEvent struct {
		head
		Done  int64 `json:"done"` // bytes
		Total int64 `json:"total"`
	}

	openedEvent struct {
		head
		Model    modelInfo `json:"model"`
		Personas []fit     `json:"personas"` // all that are known
	}

	// fit is whether a persona belongs to the open model. Nothing else about it changes
	// when one is opened, and a library's evidence is too long to be told again.
	fit struct {
		Key    string `json:"key"`
		Fits   bool   `json:"fits"`
		Misfit string `json:"misfit"`
	}

	// joinedEvent is a follower's: it has its part of the model.
	joinedEvent struct{ head }

	personaEvent struct {
		head
		Persona personaInfo `json:"persona"`
	}

	sharedEvent struct {
		head
		Fragment string `json:"fragment"`
	}

	exportedEvent struct {
		head
		Name string `json:"name"`
		Text string `json:"text"`
	}

	prefillEvent struct {
		head
		Pane  string `json:"pane"`
		Done  int    `json:"done"` // tokens
		Total int    `json:"total"`
	}

	// tokensEvent is what was written since the last one, in this order.
	tokensEvent struct {
		head
		Tokens []tokenWritten `json:"tokens"`
	}

	tokenWritten struct {
		Pane    string   `json:"pane"`
		Index   int      `json:"index"`
		Token   int32    `json:"token"`
		Text    string   `json:"text"`
		LogProb float64  `json:"logProb"`
		KL      *float64 `json:"kl"` // nats, from the next pane's distribution
	}

	endEvent struct {
		head
		Pane            string  `json:"pane"`
		Reason          string  `json:"reason"`
		Tokens          int     `json:"tokens"`
		PrefillTokens   int     `json:"prefillTokens"`
		Seconds         float64 `json:"seconds"` // of decoding
		TokensPerSecond float64 `json:"tokensPerSecond"`
		PrefillSeconds  float64 `json:"prefillSeconds"`
	}

	divergenceEvent struct {
		head
		Pane   string            `json:"pane"`
		Tokens []divergenceToken `json:"tokens"`
	}

	divergenceToken struct {
		Text string  `json:"text"`
		KL   float64 `json:"kl"`
	}

	// checkedEvent counts each statement of a pole once.
	checkedEvent struct {
		head
		Plus      int              `json:"plus"`
		Minus     int              `json:"minus"`
		Confounds []study.Confound `json:"confounds"`
	}

	// estimatedEvent answers estimate, and comes first of a calibrate or an evaluate.
	estimatedEvent struct {
		head
		Steps []stepInfo `json:"steps"`
		From  string     `json:"from"` // "pass" = a short one, "run" = the last; empty: not known
	}

	stepInfo struct {
		Step    study.Step `json:"step"`    // "make", or one of the measures
		Seconds *float64   `json:"seconds"` // null = not known
	}

	progressEvent struct {
		head
		Step  study.Step `json:"step"`
		What  string     `json:"what"` // is done now, for people
		Done  int        `json:"done"`
		Total int        `json:"total"`
	}

	// measuredEvent says that a persona has more evidence, and by that another key. (A
	// persona that calibrate has made comes as a personaEvent called "made".)
	measuredEvent struct {
		head
		Was     string      `json:"was"`
		Persona personaInfo `json:"persona"`
	}

	// exploredEvent is a setting that explore has measured.
	exploredEvent struct {
		head
		Cell   int           `json:"cell"` // number in the request
		Record *study.Record `json:"record"`
		Census *censusInfo   `json:"census"` // of a mask that closes units; else null
	}

	censusInfo struct {
		Plus  *study.Census `json:"plus"`
		Minus *study.Census `json:"minus"`
	}

	// finishedEvent is the last of a request. It is called "stopped" where a calibrate, an
	// evaluate, an explore or an estimate was.
	finishedEvent struct{ head }

	// failedEvent answers a request that could not be done; the program goes on.
	failedEvent struct {
		head
		Message string `json:"message"`
	}
)

type modelInfo struct {
	Name         string   `json:"name"`
	Arch         string   `json:"arch"`
	Layers       int      `json:"layers"`
	Dim          int      `json:"dim"`
	Channels     int      `json:"channels"` // of attention values, a layer
	FFN          int      `json:"ffn"`
	Heads        int      `json:"heads"`
	KVHeads      int      `json:"kvHeads"`
	Vocab        int      `json:"vocab"`
	Context      int      `json:"context"`
	Quantisation string   `json:"quantisation"`
	Bytes        int64    `json:"bytes"`  // of tensor data in the file
	Memory       int      `json:"memory"` // of the weights in memory
	Workers      int      `json:"workers"`
	Family       *string  `json:"family"`
	Families     []string `json:"families"`
	Digest       string   `json:"digest"`

	Recipes []study.Settings `json:"recipes"` // with their defaults for this model
}

type personaInfo struct {
	Key         string          `json:"key"`
	Mask        string          `json:"mask"` // identifies it whatever has been measured of it
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Author      string          `json:"author"`
	Licence     string          `json:"licence"`
	Kind        string          `json:"kind"`
	Units       int             `json:"units"`
	Poles       poleInfos       `json:"poles"`
	Model       namedModel      `json:"model"`
	Fits        *bool           `json:"fits"` // null while no model is open
	Misfit      string          `json:"misfit"`
	Evidence    *masks.Evidence `json:"evidence"`
	Sentence    string          `json:"sentence"` // what the first test means; empty without one
	Settings    *study.Settings `json:"settings"` // that masks like it are made with; null where it wears several
	Strength    float64         `json:"strength"` // that the evidence was measured at
	Chat        masks.Ratios    `json:"chat"`     // that a chat begins at
}

type poleInfos struct {
	Plus  poleInfo `json:"plus"`
	Minus poleInfo `json:"minus"`
}

type poleInfo struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

type namedModel struct {
	Name   string `json:"name"`
	Arch   string `json:"arch"`
	Digest string `json:"digest"`
}
