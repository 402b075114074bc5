// Package chat turns a conversation into the prompt that a model was trained
// with.
//
// A model file carries a Jinja template for that. Templates come in a few
// families, and each family has a renderer here; tests prove every renderer byte
// for byte against the templates themselves, rendered by a Jinja library. There
// is no Jinja at run time: a template is recognised by its text, and one that is
// not recognised is an error that says so, after which a family can be chosen by
// name.
//
//	family, err := chat.FromGGUF(file)
//	if err != nil {
//		return err
//	}
//	segments, err := family.Render(messages, true)
//	if err != nil {
//		return err
//	}
//	ids := chat.Encode(tokenizer, segments)
//
// A prompt is a list of segments, markup and text, and only markup can hold
// control tokens. So nobody ends their turn, or starts another's, by typing
// "<|im_end|>".
package chat
