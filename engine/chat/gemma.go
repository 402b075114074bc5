package chat

// gemma is the form of Gemma 3: user and assistant, who is called model, take
// turns; a system message at the start goes in front of the user's first text. One
// in the assistant's place is let through, as the template does.
var gemma = form{
	render: func(p *prompt, _ Family, messages []Message, reply bool) error {
		first, prefix := 1, ""
		if messages[0].Role == System {
			first, prefix = 2, messages[0].Content+"\n\n"
			messages = messages[1:]
		}
		return gemmaTurns(p, messages, first, prefix, reply)
	},
	stop: []string{"<end_of_turn>", "<eos>"},
}

// gemma2 is the form of Gemma 1 and 2, which has no place for a system message.
var gemma2 = form{
	render: func(p *prompt, _ Family, messages []Message, reply bool) error {
		return gemmaTurns(p, messages, 1, "", reply)
	},
	stop: gemma.stop,
}

func gemmaTurns(p *prompt, messages []Message, first int, prefix string, reply bool) error {
	if err := turns(messages, first); err != nil {
		return err
	}
	p.markup("<bos>")
	for i, m := range messages {
		role := m.Role
		if role == Assistant {
			role = "model"
		}
		p.markup("<start_of_turn>", role, "\n")
		if i == 0 {
			p.text(prefix)
		}
		p.text(trim(m.Content))
		p.markup("<end_of_turn>\n")
	}
	if reply {
		p.markup("<start_of_turn>model\n")
	}
	return nil
}
