package plain

import (
	"strconv"
	"unicode/utf8"
)

// Limits on the text that a message quotes, in characters.
const (
	MaxQuoted = 40  // a name, a number or a word from a file or a flag
	MaxPath   = 256 // the name of a file
	MaxNames  = 256 // a list of names, or a name made of several

	MaxMessage = 2000 // a whole message
)

// ellipsis replaces what was cut.
const ellipsis = "..."

// Cut returns s for a message, shortened to its first [MaxQuoted] characters and "..." if it is longer. It does not
// escape s.
func Cut(s string) string {
	if end := prefix(s, MaxQuoted); end < len(s) {
		return s[:end] + ellipsis
	}
	return s
}

// Quote returns s shortened as by [Cut], in double quotes and escaped as in a Go string. [Escape] leaves the result as
// it is.
func Quote(s string) string { return Escape(strconv.Quote(Cut(s))) }

// CutPath returns the name of a file for a message. If it exceeds [MaxPath] characters, "..." replaces its middle,
// since both ends help to find the file. It does not escape path.
func CutPath(path string) string { return cutMiddle(path, MaxPath) }

// CutNames returns a list of names, or a name made of several, for a message. If it exceeds [MaxNames] characters,
// "..." replaces its middle. It does not escape names.
func CutNames(names string) string { return cutMiddle(names, MaxNames) }

// CutMessage returns a message with "..." in place of its middle if it exceeds [MaxMessage] characters. It is the last
// resort for messages whose parts have not been cut.
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

// suffix returns the index at which the last n characters of s begin.
func suffix(s string, n int) int {
	start := len(s)
	for ; n > 0 && start > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(s[:start])
		start -= size
	}
	return start
}
