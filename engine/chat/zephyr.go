package chat

// zephyr is the form of Zephyr and TinyLlama: any roles in any order. Its role
// names are plain text to the tokenizer, so a user can type one; the end of a turn
// is a control token, which a user cannot.
var zephyr = form{
	render: func(p *prompt, _ Family, messages []Message, reply bool) error {
		for _, m := range messages {
			p.markup("<|", m.Role, "|>\n")
			p.text(m.Content)
			p.markup("</s>\n")
		}
		if reply {
			p.markup("<|assistant|>\n")
		}
		return nil
	},
	stop: []string{"</s>"},
}
