package masks

import "testing"

func TestModelName(t *testing.T) {
	for file, want := range map[string]string{
		"SmolLM2-135M-Instruct.Q4_1.gguf": "SmolLM2-135M-Instruct",
		"SmolLM2-135M-Instruct":           "SmolLM2-135M-Instruct",
		"Llama-3.2-1B-IQ4_XS.GGUF":        "Llama-3.2-1B",
		"gemma-3-270m-it-Q4_K_M.gguf":     "gemma-3-270m-it",
		"x.F16.GGUF":                      "x",
		"model.bin":                       "model.bin",
		"model-bf16.gguf":                 "model",
		"tiny.gguf":                       "tiny",
		"tiny":                            "tiny",
		"Qwen2.5-0.5B":                    "Qwen2.5-0.5B",
		"q.gguf":                          "q",
		"":                                "",
	} {
		if got := ModelName(file); got != want {
			t.Errorf("%q is called %q, want %q", file, got, want)
		}
	}
}
