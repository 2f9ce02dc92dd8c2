package spec

import "testing"

func TestIsArrowText(t *testing.T) {
	tests := map[string]bool{
		"INPUT -> CONV3-16":               true,
		"input->RELU":                     true,
		"INPUT @in.x → RELU":              true,
		"INPUT @in -> RELU":               true,
		"# one\n\n  # two\n\tINPUT\n-> X": true,
		"INPUT - CONV3-16":                true,
		"INPUT => CONV3-16":               true,
		"INPUT, CONV3-16":                 true,
		"INPUT —> CONV3-16":               true,
		"":                                false,
		"# INPUT -> RELU":                 false,
		"INPUT":                           false,
		"INPUTS -> RELU":                  false,
		"input: 32x32x3":                  false,
		"INPUT @in: 3":                    false,
		"layers: INPUT -> RELU":           false,
		"\u00a0INPUT -> RELU":             false,
	}
	for text, want := range tests {
		if got := isArrowText(text); got != want {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}
