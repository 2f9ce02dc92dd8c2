package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"cnncalc/internal/plain"
)

// WriteJSON writes v as indented JSON and a newline, in one Write. `<`, `>` and `&` stay as they are; every rune that
// is not [plain.Visible] is written as a \u sequence, so that a document shown in a terminal can't disturb it and still
// reads back as the same text. NaN and infinities are an error, as JSON has none.
func WriteJSON(w io.Writer, v any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("can't write the report as JSON: %w", err)
	}
	return writeAll(w, escapeJSON(buf.Bytes()))
}

// escapeJSON escapes the runes above ASCII, and DEL, that don't print. The encoder has escaped the controls below the
// space, and outside strings JSON is printable ASCII and newlines, so what changes is always inside a string.
func escapeJSON(doc []byte) []byte {
	out := make([]byte, 0, len(doc))
	for i := 0; i < len(doc); {
		r, size := utf8.DecodeRune(doc[i:])
		switch {
		case r == utf8.RuneError && size == 1: // from a caller's own json.Marshaler
			out = append(out, `\ufffd`...)
		case r < 0x7f || plain.Visible(r):
			out = append(out, doc[i:i+size]...)
		case r <= 0xffff:
			out = fmt.Appendf(out, `\u%04x`, r)
		default:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		}
		i += size
	}
	return out
}
