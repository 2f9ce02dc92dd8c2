// Package labels reads the names of a network's classes from a file, in the forms that they are published in. Entry i
// is the name of output i; matching them with scores is left to the caller.
package labels

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"cnncalc/internal/pattern"
	"cnncalc/internal/plain"
)

// Bounds on a file of labels. ImageNet-21k, one of the longest lists in use, has 21,841 labels of at most 160 bytes.
const (
	MaxFileSize = 16 << 20 // bytes
	MaxLabels   = 1 << 18
	MaxLabel    = 1 << 10 // bytes of one label
)

// Parse reads labels in one of these forms:
//   - a name on each line;
//   - synset.txt, whose lines begin with a WordNet number, such as "n01440764 tench, Tinca tinca": the first name;
//   - a JSON list of names;
//   - a JSON object of index to name, which may be the value of the key id2label, as in the configurations of Hugging
//     Face, or of index to WordNet number and name, as in Keras' class index.
//
// A line ends with a newline, a carriage return, or both. A line without text is an empty label.
func Parse(data []byte) ([]string, error) {
	if len(data) > MaxFileSize {
		return nil, fmt.Errorf("the file of labels is larger than %d bytes", MaxFileSize)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return nil, errors.New("the file of labels is not UTF-8 text")
	}
	trimmed := bytes.TrimLeftFunc(data, unicode.IsSpace)
	firstLine := 1 + countLineEnds(data[:len(data)-len(trimmed)])
	text := bytes.TrimSpace(trimmed)
	switch {
	case len(text) == 0:
		return nil, errors.New("the file of labels is empty")
	case text[0] == '[':
		return parseList(text, firstLine)
	case text[0] == '{':
		return parseObject(text, firstLine)
	}
	return parseLines(string(text), firstLine)
}

// synset is a WordNet number and names that mean the same, separated by commas.
var synset = pattern.Lazy(`^n\d{8}\s+([^,]+)`)

// parseLines reads text that begins on the given line of the file, counted from 1.
func parseLines(text string, firstLine int) ([]string, error) {
	var names []string
	for more := true; more; {
		var name string
		name, text, more = cutLine(text)
		name = strings.TrimSpace(name)
		if m := synset().FindStringSubmatch(name); m != nil {
			name = strings.TrimSpace(m[1])
		}
		if err := check(name, len(names)); err != nil {
			return nil, fmt.Errorf("line %d: %w", firstLine+len(names), err)
		}
		names = append(names, name)
	}
	return names, nil
}

// cutLine splits text after its first line, whose end it drops. more is false if the line is the last.
func cutLine(text string) (line, rest string, more bool) {
	i := strings.IndexAny(text, "\r\n")
	if i < 0 {
		return text, "", false
	}
	for _, end := range []string{"\r\n", "\r\r\n"} { // the second is what a file becomes that was converted twice
		if strings.HasPrefix(text[i:], end) {
			return text[:i], text[i+len(end):], true
		}
	}
	return text[:i], text[i+1:], true
}

func countLineEnds(text []byte) int {
	n := 0
	for rest, more := string(text), true; ; n++ {
		if _, rest, more = cutLine(rest); !more {
			return n
		}
	}
}

// check refuses a label that is too long or one too many after count others.
func check(name string, count int) error {
	switch {
	case count >= MaxLabels:
		return fmt.Errorf("the file has more than %s labels, the limit", plain.Count(MaxLabels))
	case len(name) > MaxLabel:
		return fmt.Errorf("the label %s has %s bytes; the limit is %s",
			plain.Quote(name), plain.Count(int64(len(name))), plain.Count(MaxLabel))
	}
	return nil
}
