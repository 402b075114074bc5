package chat

// llama3 is the form of Llama 3: any roles in any order, each text trimmed.
var llama3 = form{
	render: func(p *prompt, _ Family, messages []Message, reply bool) error {
		p.markup("<|begin_of_text|>")
		llama3Turns(p, messages, reply)
		return nil
	},
	stop: []string{"<|eot_id|>", "<|end_of_text|>", "<|eom_id|>"},
}

// llama32 is the form of Llama 3.2 without tools: as Llama 3, with a system
// message always, which starts with two dates. The date of today is the one the
// template has where no clock is given to it: a prompt does not change overnight.
var llama32 = form{
	render: func(p *prompt, _ Family, messages []Message, reply bool) error {
		p.markup("<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n",
			"Cutting Knowledge Date: December 2023\nToday Date: 26 Jul 2024\n\n")
		if messages[0].Role == System {
			p.text(trim(messages[0].Content))
			messages = messages[1:]
		}
		p.markup("<|eot_id|>")
		llama3Turns(p, messages, reply)
		return nil
	},
	stop: llama3.stop,
}

func llama3Turns(p *prompt, messages []Message, reply bool) {
	for _, m := range messages {
		p.markup("<|start_header_id|>", m.Role, "<|end_header_id|>\n\n")
		p.text(trim(m.Content))
		p.markup("<|eot_id|>")
	}
	if reply {
		p.markup("<|start_header_id|>assistant<|end_header_id|>\n\n")
	}
}
