package spec

import (
	"regexp"

	"cnncalc/internal/diag"
)

// arrowStart is how a file begins that is arrow text alone: INPUT and an arrow, after comments.
var arrowStart = regexp.MustCompile(`(?i)^(\s*#[^\n]*\n)*\s*INPUT\s*(@[\w.]+\s*)?(->|→)`)

// arrowText reads a file that is the layers alone, without YAML around them. Its input has no size of its own.
func (w *walker) arrowText() {
	w.file.isArrowText = true
	p := newParser(&lexer{text: w.allChars(), end: diag.Pos{Line: 1, Col: 1}, problems: &w.problems}, w.kinds, w.file, "")
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
