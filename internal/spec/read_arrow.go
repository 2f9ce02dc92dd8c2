package spec

import (
	"strings"
	"unicode/utf8"

	"cnncalc/internal/diag"
)

// isArrowText reports whether a file is arrow text alone: it starts with INPUT and an arrow, after comments, or with what
// may be meant as one, so that the parser says what is wrong with it. INPUT may have a label. Every file is asked, so a
// regular expression would cost each command its compilation.
func isArrowText(text string) bool {
	skipSpace := func(s string) string { return strings.TrimLeft(s, " \t\f\r\n") }
	text = skipSpace(text)
	for strings.HasPrefix(text, "#") {
		_, rest, _ := strings.Cut(text, "\n")
		text = skipSpace(rest)
	}
	const first = "INPUT"
	if len(text) < len(first) || !strings.EqualFold(text[:len(first)], first) {
		return false
	}
	text = skipSpace(text[len(first):])
	if label, ok := strings.CutPrefix(text, "@"); ok {
		text = skipSpace(strings.TrimLeftFunc(label, func(r rune) bool { return isLetter(r) || isDigit(r) || r == '.' }))
	}
	r, _ := utf8.DecodeRuneInString(text)
	return text != "" && strings.ContainsRune(arrowStarts, r)
}

// arrowStarts are the characters that an arrow starts with, and what people write in place of one: INPUT - CONV, INPUT =>
// CONV.
const arrowStarts = "→-=>,|\u2010\u2011\u2012\u2013\u2014\u2212"

// arrowText reads a file that is only the text of the layers, without YAML. Its input has no size.
func (w *walker) arrowText() {
	w.file.isArrowText = true
	lex := &lexer{text: w.allChars(), end: diag.Pos{Line: 1, Col: 1}, problems: &w.problems}
	p := newParser(lex, w.kinds, w.file, "")
	w.file.layers = p.chainToEnd()
}

// allChars returns the characters of all lines, each with its place.
func (w *walker) allChars() []char {
	var text []char
	for i, line := range w.runes {
		for k, r := range line {
			text = append(text, char{r, int32(i + 1), int32(k + 1)})
		}
		text = append(text, char{'\n', int32(i + 1), int32(len(line) + 1)})
	}
	return text
}
