package plain

import (
	"strconv"
	"unicode/utf8"
)

// Bounds on what a message repeats of its reader's own text, in characters.
const (
	MaxQuoted = 40  // of a name, a number or a word from a file or a flag
	MaxPath   = 256 // of the name of a file

	MaxMessage = 2000 // a whole message
)

// ellipsis marks where a text was cut.
const ellipsis = "..."

// Cut returns s for a message: whole, or its first [MaxQuoted] characters and "...". It does not escape.
func Cut(s string) string {
	if end := prefix(s, MaxQuoted); end < len(s) {
		return s[:end] + ellipsis
	}
	return s
}

// Quote returns s as Cut does, in double quotes and escaped as in a Go string, with nothing left that [Escape] would
// change.
func Quote(s string) string { return Escape(strconv.Quote(Cut(s))) }

// CutPath returns the name of a file for a message: whole, or where it exceeds [MaxPath] characters its beginning,
// "..." and its end, since both help to find it. It does not escape.
func CutPath(path string) string { return cutMiddle(path, MaxPath) }

// CutMessage returns a message: whole, or where it exceeds [MaxMessage] characters its beginning, "..." and its end. It
// is the last resort for messages whose parts other packages have not cut.
func CutMessage(message string) string { return cutMiddle(message, MaxMessage) }

func cutMiddle(s string, max int) string {
	if prefix(s, max) == len(s) {
		return s
	}
	return s[:prefix(s, max/2)] + ellipsis + s[suffix(s, max/2):]
}

// prefix returns the length in bytes of the first n characters of s.
func prefix(s string, n int) int {
	end := 0
	for ; n > 0 && end < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[end:])
		end += size
	}
	return end
}

// suffix returns where the last n characters of s begin.
func suffix(s string, n int) int {
	start := len(s)
	for ; n > 0 && start > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(s[:start])
		start -= size
	}
	return start
}
