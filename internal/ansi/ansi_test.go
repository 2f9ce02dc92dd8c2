package ansi

import "testing"

func TestPaint(t *testing.T) {
	for _, test := range []struct {
		colours Colours
		style   Style
		text    string
		want    string
	}{
		{true, Red, "x", "\x1b[31mx\x1b[0m"},
		{true, BoldRed, "x y", "\x1b[1;31mx y\x1b[0m"},
		{true, None, "x", "x"},
		{true, Red, "", ""},
		{false, Red, "x", "x"},
	} {
		if got := test.colours.Paint(test.style, test.text); got != test.want {
			t.Errorf("%v.Paint(%q, %q) = %q, want %q", test.colours, test.style, test.text, got, test.want)
		}
	}
}
