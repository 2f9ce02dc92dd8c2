package spec

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"cnncalc/internal/diag"
)

// char is one character of arrow text and where it stands in the file.
type char struct {
	r   rune
	pos diag.Pos
}

type tokenKind int

const (
	tokEnd     tokenKind = iota
	tokWord              // letters, digits, _ ; a point between digits: CONV7x1, DROPOUT0.5
	tokNumber            // digits
	tokDecimal           // digits with a point or an exponent
	tokArrow             // ->
	tokLabel             // @name, text without the @
	tokMark              // one of [ ] ( ) { } , | * ? = + - /
	tokBad               // any other character
)

type token struct {
	kind    tokenKind
	text    string
	pos     diag.Pos
	spaced  bool // blank space or a comment stands before it
	numeral int64
}

func (t token) is(mark string) bool {
	return (t.kind == tokMark || t.kind == tokArrow) && t.text == mark
}

// String names the token in messages.
func (t token) String() string {
	switch t.kind {
	case tokEnd:
		return "the end"
	case tokLabel:
		return "@" + t.text
	}
	return t.text
}

// lexer cuts arrow text into tokens. Problems go into the list; the token is still delivered.
type lexer struct {
	text     []char
	end      diag.Pos // where the text ends, for messages
	problems *diag.List
}

func (l *lexer) tokens() []token {
	var tokens []token
	for {
		t := l.next()
		tokens = append(tokens, t)
		if t.kind == tokEnd {
			return tokens
		}
	}
}

func (l *lexer) next() token {
	spaced := l.skipBlank()
	if len(l.text) == 0 {
		return token{kind: tokEnd, pos: l.end, spaced: spaced}
	}
	t := l.read()
	t.spaced = spaced
	return t
}

// skipBlank passes over blanks and comments: # at the start or after a blank, to the end of the line.
func (l *lexer) skipBlank() bool {
	skipped := false
	for len(l.text) > 0 {
		switch r := l.text[0].r; {
		case unicode.IsSpace(r):
			l.text = l.text[1:]
			skipped = true
		case r == '#' && (skipped || l.atLineStart()):
			for len(l.text) > 0 && l.text[0].r != '\n' {
				l.text = l.text[1:]
			}
			skipped = true
		default:
			return skipped
		}
	}
	return skipped
}

func (l *lexer) atLineStart() bool { return l.text[0].pos.Col == 1 }

func (l *lexer) read() token {
	first := l.text[0]
	switch {
	case isLetter(first.r):
		return token{kind: tokWord, text: l.takeWord(), pos: first.pos}
	case isDigit(first.r):
		return l.takeNumber()
	case first.r == '-' && len(l.text) > 1 && l.text[1].r == '>':
		l.text = l.text[2:]
		return token{kind: tokArrow, text: "->", pos: first.pos}
	case first.r == '→':
		l.text = l.text[1:]
		return token{kind: tokArrow, text: "->", pos: first.pos}
	case first.r == '@':
		return l.takeLabel()
	}
	l.text = l.text[1:]
	if strings.ContainsRune("[](){},|*?=+-/", first.r) {
		return token{kind: tokMark, text: string(first.r), pos: first.pos}
	}
	return token{kind: tokBad, text: string(first.r), pos: first.pos}
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '_' }
func isDigit(r rune) bool  { return r >= '0' && r <= '9' }

// take cuts off characters as long as ok says so.
func (l *lexer) take(ok func(i int) bool) string {
	var b strings.Builder
	i := 0
	for ; i < len(l.text) && ok(i); i++ {
		b.WriteRune(l.text[i].r)
	}
	l.text = l.text[i:]
	return b.String()
}

func (l *lexer) takeWord() string {
	return l.take(func(i int) bool {
		r := l.text[i].r
		pointInDigits := r == '.' && i > 0 && isDigit(l.text[i-1].r) && i+1 < len(l.text) && isDigit(l.text[i+1].r)
		return isLetter(r) || isDigit(r) || pointInDigits
	})
}

func (l *lexer) takeLabel() token {
	pos := l.text[0].pos
	l.text = l.text[1:]
	name := l.take(func(i int) bool {
		r := l.text[i].r
		point := r == '.' && i > 0 && i+1 < len(l.text) && isLetter(l.text[i+1].r)
		return isLetter(r) || isDigit(r) || point
	})
	if name == "" || isDigit(rune(name[0])) {
		l.problems.Add(pos, "a label is @ and a name that starts with a letter, such as @skip")
	}
	return token{kind: tokLabel, text: name, pos: pos}
}

// takeNumber reads digits, and a fraction or exponent that turn them into a decimal number.
func (l *lexer) takeNumber() token {
	pos := l.text[0].pos
	text := l.take(func(i int) bool {
		r := l.text[i].r
		if isDigit(r) || r == '.' && i+1 < len(l.text) && isDigit(l.text[i+1].r) {
			return true
		}
		if (r == 'e' || r == 'E') && i+1 < len(l.text) {
			next := l.text[i+1].r
			return isDigit(next) || (next == '-' || next == '+') && i+2 < len(l.text) && isDigit(l.text[i+2].r)
		}
		return (r == '-' || r == '+') && (l.text[i-1].r == 'e' || l.text[i-1].r == 'E')
	})
	if strings.ContainsAny(text, ".eE") {
		return token{kind: tokDecimal, text: text, pos: pos}
	}
	n, err := wholeNumber(text)
	if err != nil {
		*l.problems = append(*l.problems, diag.At(pos, err))
		n = 1
	}
	return token{kind: tokNumber, text: text, pos: pos, numeral: n}
}

// wholeNumber reads decimal digits. A leading zero is refused: YAML 1.1 reads 010 as 8, other readers as 10.
func wholeNumber(digits string) (int64, error) {
	if len(digits) > 1 && digits[0] == '0' {
		trimmed := strings.TrimLeft(digits, "0")
		return 0, diag.Errorf("%s starts with a zero", digits).WithHint("write %s", max(trimmed, "0"))
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%s is too large a number", digits)
	}
	return n, nil
}
