package spec

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"cnncalc/internal/diag"
)

// MaxFileSize bounds an architecture file, in bytes.
const MaxFileSize = 1 << 20

// Read reads an architecture file, or arrow text alone that starts with INPUT. The File is never nil; what had a problem is left out of it. The Source
// prints the problems.
func Read(name string, data []byte) (*File, *diag.Source, diag.List) {
	f := newFile()
	source := &diag.Source{Name: name}
	if len(data) > MaxFileSize {
		return f, source, diag.List{*diag.Errorf("file/too-large", "the file is larger than %d bytes", MaxFileSize).
			WithHint("repeats and blocks keep an architecture file short")}
	}
	text := plainLineEnds(data)
	source.Lines = splitLines(text)
	if problem := checkText(text); problem != nil {
		return f, source, diag.List{*problem}
	}
	w := newWalker(f, source.Lines)
	untilCrowded(func() {
		if arrowStart.MatchString(text) {
			w.arrowText()
		} else {
			w.document(text)
		}
	})
	return f, source, w.problems
}

// plainLineEnds drops a byte-order mark and makes every line end a line feed.
func plainLineEnds(data []byte) string {
	text := string(bytes.TrimPrefix(data, []byte("\ufeff")))
	text = strings.ReplaceAll(text, "\r\n", "\n")
	return strings.ReplaceAll(text, "\r", "\n")
}

// isBreak tells what ends a line to YAML 1.1; a carriage return is gone by then.
func isBreak(r rune) bool { return r == '\n' || r == '\u0085' || r == '\u2028' || r == '\u2029' }

// splitLines cuts where YAML counts lines, so that its line numbers hold. Bytes that are not UTF-8 become U+FFFD.
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

// checkText refuses what is no text at all: the first wrong character is the one problem.
func checkText(text string) *diag.Problem {
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return diag.Errorf("file/encoding", "the file is UTF-16 text").WithHint("save the file as UTF-8")
	}
	pos := diag.Pos{Line: 1, Col: 1}
	for i, r := range text {
		switch {
		case r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd"):
			return &diag.Problem{Pos: pos, Code: "file/encoding", Msg: fmt.Sprintf("the byte 0x%02x is not valid UTF-8", text[i]), Hint: "save the file as UTF-8"}
		case !isYAMLCharacter(r):
			return &diag.Problem{Pos: pos, Code: "file/control-character", Msg: fmt.Sprintf("the control character U+%04X cannot stand in a file", r),
				Hint: "take it out"}
		}
		pos.Col++
		if isBreak(r) {
			pos = diag.Pos{Line: pos.Line + 1, Col: 1}
		}
	}
	if strings.TrimSpace(text) == "" {
		return emptyFile()
	}
	return nil
}

// isYAMLCharacter is YAML's own rule (YAML 1.1, section 5.1, c-printable).
func isYAMLCharacter(r rune) bool {
	switch {
	case r == '\t' || r == '\n' || r == '\u0085':
		return true
	case r < ' ' || r >= 0x7f && r < 0xa0 || r == '\ufffe' || r == '\uffff':
		return false
	}
	return true
}

func emptyFile() *diag.Problem {
	return diag.Errorf("file/empty", "the file is empty").WithHint("a network needs input: and layers:")
}
