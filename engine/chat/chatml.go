package chat

// chatml is the form of OpenHermes, SmolLM and Qwen: any roles in any order. With
// a default text, a conversation that does not start with a system message gets
// one.
var chatml = form{
	render: func(p *prompt, f Family, messages []Message, reply bool) error {
		if f.system != "" && messages[0].Role != System {
			p.markup("<|im_start|>system\n", f.system, "<|im_end|>\n")
		}
		for _, m := range messages {
			p.markup("<|im_start|>", m.Role, "\n")
			p.text(m.Content)
			p.markup("<|im_end|>\n")
		}
		if reply {
			p.markup("<|im_start|>assistant\n")
		}
		return nil
	},
	stop: []string{"<|im_end|>", "<|endoftext|>"},
}
