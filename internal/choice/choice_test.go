package choice

import (
	"strings"
	"testing"
)

type colour string

var colours = []string{"red", "green", "blue"}

func TestParse(t *testing.T) {
	if got, err := Parse[colour]("green", "a colour", colours); got != "green" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for _, c := range []struct{ word, want string }{
		{"", `"" is not a colour: choose from red, green, blue`},
		{"grene", `"grene" is not a colour: choose from red, green, blue; did you mean green?`},
		{"Red", `"Red" is not a colour: choose from red, green, blue; did you mean red?`},
		{"\x1b]0;x\a", `"\x1b]0;x\a" is not a colour: choose from red, green, blue`},
	} {
		if got, err := Parse[colour](c.word, "a colour", colours); got != "" || err == nil || err.Error() != c.want {
			t.Errorf("%q: %q, %v; want %s", c.word, got, err, c.want)
		}
	}
	if _, err := Parse[colour](strings.Repeat("x", 1<<20), "a colour", colours); len(err.Error()) > 1000 {
		t.Errorf("a message of %d bytes", len(err.Error()))
	}
}

func TestList(t *testing.T) {
	for want, choices := range map[string][]string{"": nil, "red": colours[:1], "red or green": colours[:2],
		"red, green or blue": colours} {
		if got := List(choices); got != want {
			t.Errorf("%v: %q, want %q", choices, got, want)
		}
	}
}
