// Package labels reads the names of a network's classes from a file, in the forms that they are published in. Which
// name belongs to which score is the caller's: entry i is output i.
package labels

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxFileSize bounds a file of labels, in bytes.
const MaxFileSize = 16 << 20

// Parse reads labels: a name on each line; synset.txt, whose lines begin with a WordNet number as
// "n01440764 tench, Tinca tinca", of which the first name is taken; or JSON, a list of names, or an object of
// index to name, also under the key id2label as Hugging Face writes it, or Keras' class index.
func Parse(data []byte) ([]string, error) {
	if len(data) > MaxFileSize {
		return nil, fmt.Errorf("the file of labels is larger than %d bytes", MaxFileSize)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
		return nil, errors.New("the file of labels is not a UTF-8 text")
	}
	text := bytes.TrimSpace(data)
	switch {
	case len(text) == 0:
		return nil, errors.New("the file of labels is empty")
	case text[0] == '[':
		return parseList(text)
	case text[0] == '{':
		return parseObject(text)
	}
	return parseLines(string(text)), nil
}

// synset is a WordNet number and names that mean the same, separated by commas.
var synset = regexp.MustCompile(`^n\d{8}\s+([^,]+)`)

func parseLines(text string) []string {
	lines := strings.Split(text, "\n")
	names := make([]string, len(lines))
	for i, line := range lines {
		names[i] = strings.TrimSpace(line)
		if m := synset.FindStringSubmatch(names[i]); m != nil {
			names[i] = strings.TrimSpace(m[1])
		}
	}
	return names
}

func parseList(text []byte) ([]string, error) {
	var names []string
	if err := unmarshal(text, &names); err != nil {
		return nil, fmt.Errorf("the JSON list of labels holds names only: %w", err)
	}
	if len(names) == 0 {
		return nil, errors.New("the JSON list of labels is empty")
	}
	return names, nil
}

// parseObject reads {"0": "tench", ...}, a model's config with that under id2label, or Keras' imagenet_class_index,
// {"0": ["n01440764", "tench"], ...}.
func parseObject(text []byte) ([]string, error) {
	var config struct {
		ID2Label map[string]string `json:"id2label"`
	}
	var keras map[string][2]string
	var byIndex map[string]string
	switch {
	case unmarshal(text, &config) == nil && config.ID2Label != nil:
		byIndex = config.ID2Label
	case unmarshal(text, &byIndex) == nil:
	case unmarshal(text, &keras) == nil:
		byIndex = map[string]string{}
		for index, names := range keras {
			byIndex[index] = names[1]
		}
	default:
		return nil, errors.New("the JSON object of labels maps each index to a name, such as {\"0\": \"tench\"}, perhaps under id2label")
	}
	if len(byIndex) == 0 {
		return nil, errors.New("the JSON object of labels is empty")
	}
	names := make([]string, len(byIndex))
	seen := make([]bool, len(byIndex))
	for key, name := range byIndex {
		i, err := strconv.Atoi(key)
		if err != nil || i < 0 || i >= len(names) || seen[i] {
			return nil, fmt.Errorf("the JSON object of labels has the index %q: %d labels are numbered from 0 to %d", key, len(names), len(names)-1)
		}
		names[i], seen[i] = name, true
	}
	return names, nil
}

// unmarshal reads one JSON value that is all of the text.
func unmarshal(text []byte, to any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(to); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("something follows the JSON value")
	}
	return nil
}
