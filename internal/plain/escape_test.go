package plain

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestEscape(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"ASCII", "conv1-1 [3x3] a|b", "conv1-1 [3x3] a|b"},
		{"letters of any script", "café 卷积 свёртка", "café 卷积 свёртка"},
		{"backslash stays", `C:\nets`, `C:\nets`},
		{"newline, return, tab", "a\nb\r\tc", `a\nb\r\tc`},
		{"colour sequence", "\x1b[31mred\x1b[0m", `\x1b[31mred\x1b[0m`},
		{"NUL, bell, DEL", "\x00\a\x7f", `\x00\x07\x7f`},
		{"C1 control", "a\u009bb", `a\u009bb`},
		{"bidi overrides", "\u202a\u202b\u202c\u202d\u202e", `\u202a\u202b\u202c\u202d\u202e`},
		{"bidi isolates", "\u2066\u2067\u2068\u2069", `\u2066\u2067\u2068\u2069`},
		{"bidi marks", "\u200e\u200f\u061c", `\u200e\u200f\u061c`},
		{"zero width", "a\u200b\u200c\u200d\u2060\ufeffb", `a\u200b\u200c\u200d\u2060\ufeffb`},
		{"soft hyphen, grapheme joiner, filler", "\u00ad\u034f\u3164", `\u00ad\u034f\u3164`},
		{"variation selector", "a\ufe0f", `a\ufe0f`},
		{"line separators", "\u2028\u2029", `\u2028\u2029`},
		{"no-break space", "3\u00a0x", `3\u00a0x`},
		{"beyond 16 bits", "\U000e0041", `\U000e0041`},
		{"not UTF-8", "a\xffb\xc3", `a\xffb\xc3`},
		{"half a surrogate pair", "\xed\xa0\x80", `\xed\xa0\x80`},
		{"replacement character", "a\ufffdb", "a\ufffdb"},
		{"replacement character, then a bad byte", "\ufffd\xfe", "\ufffd" + `\xfe`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Escape(tt.in); got != tt.want {
				t.Errorf("Escape(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestFirstControl(t *testing.T) {
	for text, want := range map[string]int{
		"": -1, "\ufeffa: b # é 卷\r\n\tc\n": -1, "no-break\u00a0space, \ufffd, variation\ufe0f": -1,
		"a\x1b[31m": 1, "\a": 0, "a\rb": 1, "a\r": 1, "é\u009b": 2, "\x7f": 0, "\x00": 0,
		"ab\u202e": 2, "\u2066": 0, "\u200f": 0, "\u2028": 0, "a\xff": 1,
	} {
		if got := FirstControl(text); got != want {
			t.Errorf("FirstControl(%q) = %d, want %d", text, got, want)
		}
	}
}

func FuzzEscape(f *testing.F) {
	for _, s := range []string{
		"conv1", "a\nb", "\x1b]0;title\a", "\u202etxt\u2066", "\xff\xfe", "\U000e0001", "é\u0301",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Escape(s)
		if !utf8.ValidString(got) {
			t.Fatalf("Escape(%q) = %q is not UTF-8", s, got)
		}
		for _, r := range got {
			if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Bidi_Control) {
				t.Fatalf("Escape(%q) = %q holds %U", s, got, r)
			}
		}
		if again := Escape(got); again != got {
			t.Fatalf("escaped twice: %q, then %q", got, again)
		}
		if strings.IndexFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) < 0 && got != s {
			t.Fatalf("Escape(%q) = %q changed printable ASCII", s, got)
		}
	})
}
