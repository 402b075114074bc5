package chat

// mistral is the form of Mistral 7B Instruct 0.2 and Mixtral as first published:
// user and assistant take turns, with no system message, and nothing marks where
// the reply starts.
var mistral = form{
	render: func(p *prompt, _ Family, messages []Message, _ bool) error {
		return mistralTurns(p, messages, "</s>")
	},
	stop: []string{"</s>"},
}

// mistralV01 is the form of Mistral 7B Instruct 0.1, which has a space after each
// reply.
var mistralV01 = form{
	render: func(p *prompt, _ Family, messages []Message, _ bool) error {
		return mistralTurns(p, messages, "</s> ")
	},
	stop: mistral.stop,
}

func mistralTurns(p *prompt, messages []Message, end string) error {
	if err := turns(messages, 1); err != nil {
		return err
	}
	p.markup("<s>")
	for i, m := range messages {
		switch m.Role {
		case User:
			p.markup("[INST] ")
			p.text(m.Content)
			p.markup(" [/INST]")
		case Assistant:
			p.text(m.Content)
			p.markup(end)
		default:
			return turnError(i+1, "the template has no place for a system message")
		}
	}
	return nil
}
