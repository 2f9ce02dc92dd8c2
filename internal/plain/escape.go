// Package plain makes untrusted text, such as names from files, paths and arguments, safe and short enough to print,
// and writes numbers for people. It imports only the standard library, so that every other package may use it.
package plain

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Escape returns s with each rune that is not [Visible] written in the ASCII notation of Go string literals: `\n`, `\r`
// and `\t`; `\x1b` for other ASCII controls and for bytes that are not UTF-8; `\u202e` or `\U000e0001` for all others.
// The result is one line of valid UTF-8.
//
// Backslashes in s are not escaped. This keeps paths readable and makes Escape idempotent, but a written `\n` and a
// newline look the same.
func Escape(s string) string {
	start := firstHidden(s)
	if start < 0 {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:start])
	for i := start; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case Visible(r):
			b.WriteString(s[i : i+size])
		default:
			b.WriteString(escapeRune(r))
		}
		i += size
	}
	return b.String()
}

// Visible reports whether r is the ASCII space or prints a mark, as combining accents do. Not visible are controls (C0,
// DEL, C1), bidirectional and other format characters, zero-width characters, fillers, variation selectors, line
// separators, spaces other than the ASCII one, and private and unassigned code points.
func Visible(r rune) bool {
	return unicode.IsPrint(r) &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// FirstControl returns the index of the first character of a text of many lines that could control a terminal or the
// order of displayed text, or -1 if there is none. Such are controls other than tabs and line ends (\n, \r\n),
// bidirectional controls, line and paragraph separators, and bytes that are not UTF-8.
func FirstControl(text string) int {
	for i, r := range text {
		switch {
		case r == '\n' || r == '\t' || r == '\r' && strings.HasPrefix(text[i:], "\r\n"):
		case unicode.In(r, unicode.Cc, unicode.Bidi_Control, unicode.Zl, unicode.Zp):
			return i
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], string(utf8.RuneError)):
			return i
		}
	}
	return -1
}

// firstHidden returns the index of the first byte of s that Escape changes, or -1.
func firstHidden(s string) int {
	for i, r := range s {
		if !Visible(r) {
			return i
		}
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], string(utf8.RuneError)) {
			return i
		}
	}
	return -1
}

func escapeRune(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	default:
		return fmt.Sprintf(`\U%08x`, r)
	}
}
