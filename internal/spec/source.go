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

// Read reads an architecture file. The File is never nil; what had a problem is left out of it. The Source
// prints the problems.
func Read(name string, data []byte) (*File, *diag.Source, diag.List) {
	f := newFile()
	source := &diag.Source{Name: name}
	text, problem := clean(data)
	if problem != nil {
		return f, source, diag.List{*problem}
	}
	source.Lines = strings.Split(text, "\n")
	w := &walker{file: f, lines: source.Lines, kinds: newKindTable()}
	w.document(text)
	return f, source, w.problems
}

// clean checks the bytes and makes line ends plain: a byte-order mark goes, CRLF becomes LF.
func clean(data []byte) (string, *diag.Problem) {
	if len(data) > MaxFileSize {
		return "", diag.Errorf("the file is larger than %d bytes", MaxFileSize).
			WithHint("repeats and blocks keep an architecture file short")
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if i := invalidUTF8(data); i >= 0 {
		line := 1 + bytes.Count(data[:i], []byte("\n"))
		start := bytes.LastIndexByte(data[:i], '\n') + 1
		return "", &diag.Problem{Pos: diag.Pos{Line: line, Col: 1 + utf8.RuneCount(data[start:i])},
			Msg: fmt.Sprintf("the byte 0x%02x is not valid UTF-8", data[i]), Hint: "save the file as UTF-8"}
	}
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return "", diag.Errorf("the file has a zero byte: it is not a text file")
	}
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	if strings.TrimSpace(text) == "" {
		return "", diag.Errorf("the file is empty").WithHint("a network needs input: and layers:")
	}
	return text, nil
}

func invalidUTF8(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}
