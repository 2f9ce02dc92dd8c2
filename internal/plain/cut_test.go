package plain

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCut(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"as long as the limit", strings.Repeat("a", MaxQuoted), strings.Repeat("a", MaxQuoted)},
		{"one longer", strings.Repeat("a", MaxQuoted+1), strings.Repeat("a", MaxQuoted) + "..."},
		{"characters, not bytes", strings.Repeat("卷", MaxQuoted), strings.Repeat("卷", MaxQuoted)},
		{"between characters", strings.Repeat("é", MaxQuoted+1), strings.Repeat("é", MaxQuoted) + "..."},
		{"bytes that are not UTF-8", strings.Repeat("\xff", MaxQuoted+1), strings.Repeat("\xff", MaxQuoted) + "..."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Cut(tt.in); got != tt.want {
				t.Errorf("Cut(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestQuote(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", `""`},
		{"conv1", `"conv1"`},
		{`say "a\b"`, `"say \"a\\b\""`},
		{"a\x1b[31m\u202e\u3164\xff", `"a\x1b[31m\u202e\u3164\xff"`},
		{strings.Repeat("\n", 1<<20), `"` + strings.Repeat(`\n`, MaxQuoted) + `..."`},
	}
	for _, tt := range tests {
		if got := Quote(tt.in); got != tt.want {
			t.Errorf("Quote(%.50q) = %s, want %s", tt.in, got, tt.want)
		}
	}
}

func TestCutPath(t *testing.T) {
	half := strings.Repeat("é", MaxPath/2)
	tests := []struct{ name, in, want string }{
		{"short", "/photos/cat.jpg", "/photos/cat.jpg"},
		{"as long as the limit", half + half, half + half},
		{"longer", half + strings.Repeat("/x", 1000) + half, half + "..." + half},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := CutPath(tt.in); got != tt.want {
				t.Errorf("CutPath(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func FuzzCut(f *testing.F) {
	f.Add("conv1")
	f.Add(strings.Repeat("\xff\u202e", MaxPath))
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range []struct {
			cut   string
			limit int
		}{{Cut(s), MaxQuoted}, {CutPath(s), MaxPath}, {CutNames(s), MaxNames}, {CutMessage(s), MaxMessage}} {
			if utf8.RuneCountInString(s) <= c.limit && c.cut != s {
				t.Fatalf("%q was cut to %q", s, c.cut)
			}
			if utf8.RuneCountInString(c.cut) > c.limit+len(ellipsis) {
				t.Fatalf("%q is longer than %d characters", c.cut, c.limit)
			}
		}
		if got := Quote(s); Escape(got) != got {
			t.Fatalf("Quote(%q) = %q needs to be escaped", s, got)
		}
	})
}
