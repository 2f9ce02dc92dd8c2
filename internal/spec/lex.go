package spec

import (
	"errors"
	"strings"
	"unicode"

	"cnncalc/internal/diag"
	"cnncalc/internal/numeral"
	"cnncalc/internal/plain"
)

// The length limit of a word, number or label, in characters. Every layer's name is made of them.
const maxWord = 64

type tokenKind uint8

const (
	tokEnd     tokenKind = iota
	tokWord              // letters, digits, _, and points between digits: CONV7x1, DROPOUT0.5
	tokNumber            // digits
	tokDecimal           // digits with a point or an exponent
	tokArrow             // ->
	tokLabel             // @name, text without the @
	tokMark              // one of [ ] ( ) { } , | * ? = + - /
	tokBad               // any other character
)

type token struct {
	kind   tokenKind
	spaced bool // follows a space or a comment
	text   string
	pos    diag.Pos
}

func (t token) is(mark string) bool {
	return (t.kind == tokMark || t.kind == tokArrow) && t.text == mark
}

// String returns the token's name for messages.
func (t token) String() string {
	switch t.kind {
	case tokEnd:
		return "the end"
	case tokLabel:
		return "@" + plain.Cut(t.text)
	}
	return plain.Cut(t.text)
}

// lexer cuts arrow text into tokens. It adds problems to the list and returns the token all the same.
type lexer struct {
	text     []char
	started  bool     // a token was read
	cut      bool     // the text is a plain YAML scalar that a # ends
	end      diag.Pos // after the last token
	problems *diag.List
}

func (l *lexer) next() token {
	spaced := l.skipSpace()
	if len(l.text) == 0 {
		return token{kind: tokEnd, pos: l.end, spaced: spaced}
	}
	start, length := l.text[0].pos(), len(l.text)
	t := l.read()
	t.pos, t.spaced = start, spaced
	l.end = diag.Pos{Line: start.Line, Col: start.Col + length - len(l.text)}
	if len(t.text) > maxWord {
		report(l.problems, diag.ErrorfAt(start, "arrow/too-long", "%s is longer than %d characters", t, maxWord))
		t.text = t.text[:maxWord]
	}
	return t
}

// skipSpace skips spaces and comments and reports whether there were any. A comment is a # at the start or after a
// space, up to the end of the line.
func (l *lexer) skipSpace() bool {
	skipped := false
	for len(l.text) > 0 {
		switch r := l.text[0].r; {
		case unicode.IsSpace(r):
			l.text = l.text[1:]
			skipped = true
		case r == '#' && (skipped || !l.started):
			for len(l.text) > 0 && l.text[0].r != '\n' {
				l.text = l.text[1:]
			}
			skipped = true
		default:
			l.started = true
			return skipped
		}
	}
	return skipped
}

func (l *lexer) read() token {
	r := l.text[0].r
	switch {
	case isLetter(r):
		return token{kind: tokWord, text: l.takeWord()}
	case isDigit(r), r == '.' && isDigit(l.ahead(1)):
		return l.takeNumber()
	case r == '-' && l.ahead(1) == '>':
		l.text = l.text[2:]
		return token{kind: tokArrow, text: "->"}
	case r == '→':
		l.text = l.text[1:]
		return token{kind: tokArrow, text: "->"}
	case r == '@':
		return l.takeLabel()
	}
	l.text = l.text[1:]
	if i := strings.IndexRune(marks, r); i >= 0 {
		return token{kind: tokMark, text: marks[i : i+1]}
	}
	return token{kind: tokBad, text: string(r)}
}

const marks = "[](){},|*?=+-/"

// ahead returns the character n after the next one, or 0 past the end.
func (l *lexer) ahead(n int) rune {
	if n >= len(l.text) {
		return 0
	}
	return l.text[n].r
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' }
func isDigit(r rune) bool  { return r >= '0' && r <= '9' }

// take removes the characters at the start that satisfy ok, which accepts only ASCII, and returns them.
func (l *lexer) take(ok func(i int) bool) string {
	taken := make([]byte, 0, 16)
	for i := 0; i < len(l.text) && ok(i); i++ {
		taken = append(taken, byte(l.text[i].r))
	}
	l.text = l.text[len(taken):]
	return string(taken)
}

func (l *lexer) takeWord() string {
	return l.take(func(i int) bool {
		r := l.text[i].r
		return isLetter(r) || isDigit(r) || r == '.' && i > 0 && isDigit(l.text[i-1].r) && isDigit(l.ahead(i+1))
	})
}

func (l *lexer) takeLabel() token {
	pos := l.text[0].pos()
	l.text = l.text[1:]
	name := l.take(func(i int) bool {
		r := l.text[i].r
		return isLetter(r) || isDigit(r) || r == '.' && i > 0 && isLetter(l.ahead(i+1))
	})
	if name == "" || isDigit(rune(name[0])) {
		report(l.problems, diag.ErrorfAt(pos, "label/name",
			"a label is @ and a name that starts with a letter, such as @skip"))
	}
	return token{kind: tokLabel, text: name}
}

// takeNumber reads digits, which a fraction or an exponent makes a decimal number.
func (l *lexer) takeNumber() token {
	text := l.take(func(i int) bool {
		r := l.text[i].r
		switch {
		case isDigit(r), r == '.' && isDigit(l.ahead(i+1)):
			return true
		case r == 'e' || r == 'E':
			next := l.ahead(i + 1)
			return isDigit(next) || (next == '-' || next == '+') && isDigit(l.ahead(i+2))
		}
		return (r == '-' || r == '+') && i > 0 && (l.text[i-1].r == 'e' || l.text[i-1].r == 'E')
	})
	if strings.ContainsAny(text, ".eE") {
		return token{kind: tokDecimal, text: text}
	}
	return token{kind: tokNumber, text: text}
}

// wholeNumber parses decimal digits. If they start with a zero, the error suggests what to write instead.
func wholeNumber(digits string) (int64, error) {
	n, err := numeral.Int(digits)
	switch {
	case errors.Is(err, numeral.ErrLeadingZero):
		return 0, diag.Errorf("arrow/number", "%s %s", plain.Cut(digits), err).
			WithHint("write %s", plain.Cut(numeral.TrimZeros(digits)))
	case err != nil:
		return 0, diag.Errorf("arrow/number", "%s is %v", plain.Cut(digits), err)
	}
	return n, nil
}
