package spec

import (
	"unicode"

	"gopkg.in/yaml.v3"

	"cnncalc/internal/diag"
)

// char is one character of arrow text and its place in the file. It is small, since every character of the file may get
// one.
type char struct {
	r         rune
	line, col int32
}

func (c char) pos() diag.Pos { return diag.Pos{Line: int(c.line), Col: int(c.col)} }

// chars returns a scalar's text with the place of every character. It walks the raw lines along with the decoded value:
// both have the same characters except for spaces, quotes and escapes, so this works for block, folded, plain and
// quoted styles. A run of spaces becomes one space, or one line feed if the value has one there or the raw line ends,
// because a comment in folded text ends with its line.
//
// If the two do not match, every character gets the place where the scalar starts.
func (w *walker) chars(n *yaml.Node) []char {
	raw := w.content(n)
	text := make([]char, 0, len(n.Value))
	space, lineEnd := false, false
	line := int32(n.Line)
	for _, r := range n.Value {
		if unicode.IsSpace(r) {
			space, lineEnd = true, lineEnd || isBreak(r)
			continue
		}
		c, ok := raw.nextMark(n.Style)
		switch {
		case !ok || c.r != r:
			return charsAt(w.posOf(n), n.Value)
		case space && (lineEnd || c.line != line):
			text = append(text, char{'\n', c.line, c.col})
		case space:
			text = append(text, char{' ', c.line, c.col})
		}
		text = append(text, c)
		space, lineEnd, line = false, false, c.line
	}
	return text
}

// charsAt returns a text with all characters at one place.
func charsAt(pos diag.Pos, value string) []char {
	var text []char
	for _, r := range value {
		text = append(text, char{r, int32(pos.Line), int32(pos.Col)})
	}
	return text
}

// content returns where a scalar's text starts: after its anchor and tag, and after its quote or the header line of a
// block.
func (w *walker) content(n *yaml.Node) *cursor {
	c := &cursor{lines: w.runes, line: n.Line - 1, col: n.Column - 1}
	for r := c.peek(); r == '&' || r == '!' || unicode.IsSpace(r); r = c.peek() {
		for r != 0 && !unicode.IsSpace(r) {
			c.next()
			r = c.peek()
		}
		c.next()
	}
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		c.line, c.col = c.line+1, 0
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		c.next()
	}
	return c
}

// cursor walks the characters of the file, with a line feed at the end of every line. Line and column count from 0.
type cursor struct {
	lines     [][]rune
	line, col int
}

// peek returns the next character, or 0 at the end of the file.
func (c *cursor) peek() rune {
	switch {
	case c.line >= len(c.lines):
		return 0
	case c.col >= len(c.lines[c.line]):
		return '\n'
	}
	return c.lines[c.line][c.col]
}

func (c *cursor) next() rune {
	r := c.peek()
	if c.col++; r == '\n' {
		c.line, c.col = c.line+1, 0
	}
	return r
}

// nextMark returns the next character that is not a space, decoded by the scalar's style. ok is false at the end of the
// file.
func (c *cursor) nextMark(style yaml.Style) (mark char, ok bool) {
	for c.line < len(c.lines) {
		mark := char{line: int32(c.line + 1), col: int32(c.col + 1)}
		mark.r = c.next()
		switch {
		case style&yaml.SingleQuotedStyle != 0 && mark.r == '\'':
			c.next()
		case style&yaml.DoubleQuotedStyle != 0 && mark.r == '\\':
			mark.r = c.escaped()
		}
		if !unicode.IsSpace(mark.r) {
			return mark, true
		}
	}
	return char{}, false
}

// escaped decodes what follows a backslash in double quotes (YAML 1.1, section 5.6). An escaped line end joins the
// lines; nextMark skips it as a space.
func (c *cursor) escaped() rune {
	simple := map[rune]rune{
		'0': 0, 'a': '\a', 'b': '\b', 't': '\t', 'n': '\n', 'v': '\v', 'f': '\f', 'r': '\r', 'e': '\x1b',
		'N': '\u0085', '_': '\u00a0', 'L': '\u2028', 'P': '\u2029',
	}
	digits := map[rune]int{'x': 2, 'u': 4, 'U': 8}
	r := c.next()
	if decoded, ok := simple[r]; ok {
		return decoded
	}
	count, ok := digits[r]
	if !ok {
		return r
	}
	decoded := rune(0)
	for range count {
		decoded = decoded<<4 | hexDigit(c.next())
	}
	return decoded
}

func hexDigit(r rune) rune {
	switch {
	case r >= 'a':
		return r - 'a' + 10
	case r >= 'A':
		return r - 'A' + 10
	}
	return r - '0'
}
