package spec

import (
	"cnncalc/internal/diag"
	"cnncalc/internal/pattern"
)

// arrowStart matches the start of arrow text alone: INPUT and an arrow, after comments.
var arrowStart = pattern.Lazy(`(?i)^(\s*#[^\n]*\n)*\s*INPUT\s*(@[\w.]+\s*)?(->|→)`)

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
