package spec

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"cnncalc/internal/diag"
)

// MaxFileSize is the size limit of an architecture file in bytes.
const MaxFileSize = 1 << 20

// Read reads an architecture file, or arrow text alone that starts with INPUT. The File is never nil, but lacks what
// had a problem. The Source prints the problems.
func Read(name string, data []byte) (*File, *diag.Source, diag.List) {
	f := newFile()
	source, text, problem := readText(name, data, needsOfNetwork)
	if problem != nil {
		return f, source, diag.List{*problem}
	}
	f.text = text
	w := newWalker(f, source.Lines, needsOfNetwork)
	untilCrowded(func() {
		if isArrowText(text) {
			w.arrowText()
		} else if root := w.document(text); root != nil {
			w.top(root)
		}
	})
	return f, source, w.problems
}

// What an empty file lacks.
const (
	needsOfNetwork = "a network needs input: and layers:"
	needsOfBudgets = "a file of budgets needs networks:"
)

// readText returns the lines and the text of a file, or the problem that it is not text. needs is what it lacks if it
// is empty.
func readText(name string, data []byte, needs string) (*diag.Source, string, *diag.Problem) {
	source := &diag.Source{Name: name}
	if len(data) > MaxFileSize {
		return source, "", diag.Errorf("file/too-large", "the file is larger than %d bytes", MaxFileSize).
			WithHint("repeats and blocks keep an architecture file short")
	}
	text := plainLineEnds(data)
	source.Lines = splitLines(text)
	return source, text, checkText(text, needs)
}

// plainLineEnds removes a byte-order mark and makes every line end with a line feed.
func plainLineEnds(data []byte) string {
	text := string(bytes.TrimPrefix(data, []byte("\ufeff")))
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.ReplaceAll(text, "\r", "\n")
}

// isBreak reports whether r ends a line in YAML 1.1. Carriage returns are gone by then.
func isBreak(r rune) bool { return r == '\n' || r == '\u0085' || r == '\u2028' || r == '\u2029' }

// splitLines cuts text into lines as YAML does, so that its line numbers hold. Bytes that are not UTF-8 become U+FFFD.
func splitLines(text string) []string {
	var lines []string
	start := 0
	for i, r := range text {
		if isBreak(r) {
			lines = append(lines, strings.ToValidUTF8(text[start:i], "\ufffd"))
			start = i + utf8.RuneLen(r)
		}
	}
	return append(lines, strings.ToValidUTF8(text[start:], "\ufffd"))
}

// checkText returns the problem of the first character that cannot be in a file, or of an empty file, or nil.
func checkText(text, needs string) *diag.Problem {
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return diag.Errorf("file/encoding", "the file is UTF-16 text").WithHint("save the file as UTF-8")
	}
	if !utf8.ValidString(text) && strings.Contains(text, "\x00") {
		return diag.Errorf("file/encoding", "the file is not text").
			WithHint("give an architecture file, which is UTF-8 text, or an ONNX model")
	}
	pos := diag.Pos{Line: 1, Col: 1}
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			return diag.ErrorfAt(pos, "file/encoding", "the byte 0x%02x is not valid UTF-8", text[i]).
				WithHint("save the file as UTF-8")
		case !isYAMLCharacter(r):
			return diag.ErrorfAt(pos, "file/control-character", "the control character U+%04X is not allowed in a file", r).
				WithHint("remove it")
		}
		pos.Col++
		if isBreak(r) {
			pos = diag.Pos{Line: pos.Line + 1, Col: 1}
		}
	}
	if strings.TrimSpace(text) == "" {
		return emptyFile(needs)
	}
	return nil
}

// isYAMLCharacter reports whether YAML allows r in a file (YAML 1.1, section 5.1, c-printable).
func isYAMLCharacter(r rune) bool {
	switch {
	case r == '\t' || r == '\n' || r == '\u0085':
		return true
	case r < ' ' || r >= 0x7f && r < 0xa0 || r == '\ufffe' || r == '\uffff':
		return false
	}
	return true
}

func emptyFile(needs string) *diag.Problem {
	return diag.Errorf("file/empty", "the file is empty").WithHint("%s", needs)
}
