package labels

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"cnncalc/internal/numeral"
	"cnncalc/internal/plain"
)

// Bounds on a JSON text.
const (
	maxDepth  = 1000          // of the nesting
	maxTokens = 8 * MaxLabels // names, keys and brackets; Keras' class index has 5 for each label
)

// jsonReader reads a JSON text token by token: decoding it whole would accept null for a name and a key written twice.
type jsonReader struct {
	text      []byte
	firstLine int // of text in the file, from 1
	decoder   *json.Decoder
	tokens    int // read so far
}

func newJSONReader(text []byte, firstLine int) *jsonReader {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return &jsonReader{text: text, firstLine: firstLine, decoder: d}
}

// next returns the next token. Its errors name the line of the file.
func (r *jsonReader) next() (json.Token, error) {
	if r.tokens++; r.tokens > maxTokens {
		return nil, fmt.Errorf("the JSON text has more than %s names, keys and brackets, the limit", plain.Count(maxTokens))
	}
	token, err := r.decoder.Token()
	if err == nil {
		return token, nil
	}
	rest := bytes.TrimLeft(r.text[r.decoder.InputOffset():], " \t\r\n,:")
	line := r.firstLine + countLineEnds(r.text[:len(r.text)-len(rest)])
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("line %d: the JSON text ends early", line)
	}
	return nil, fmt.Errorf("line %d: %w", line, err)
}

// end reads the bracket that closes the outermost list or object, and makes sure that nothing follows.
func (r *jsonReader) end() error {
	if _, err := r.next(); err != nil {
		return err
	}
	if _, err := r.decoder.Token(); err != io.EOF {
		return errors.New("something follows the JSON value")
	}
	return nil
}

// skip reads one value of any kind.
func (r *jsonReader) skip() error {
	for depth := 0; ; {
		token, err := r.next()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('['), json.Delim('{'):
			depth++
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
		if depth == 0 {
			return nil
		}
		if depth > maxDepth {
			return fmt.Errorf("the JSON text is nested deeper than %d levels", maxDepth)
		}
	}
}

// name reads the name of an output.
func (r *jsonReader) name(output string) (string, error) {
	token, err := r.next()
	if err != nil {
		return "", err
	}
	return nameOf(token, output)
}

func nameOf(token json.Token, output string) (string, error) {
	name, ok := token.(string)
	if !ok {
		return "", fmt.Errorf("output %s has %s instead of a name", plain.Cut(output), describe(token))
	}
	return name, nil
}

// describe says what a token is, for a message.
func describe(token json.Token) string {
	switch token {
	case nil:
		return "null"
	case json.Delim('['):
		return "a list"
	case json.Delim('{'):
		return "an object"
	}
	if text, ok := token.(string); ok {
		return plain.Quote(text)
	}
	return plain.Cut(fmt.Sprint(token))
}

func parseList(text []byte, firstLine int) ([]string, error) {
	names, err := newJSONReader(text, firstLine).list()
	if err != nil {
		return nil, fmt.Errorf("the JSON list of labels: %w", err)
	}
	return names, nil
}

func (r *jsonReader) list() ([]string, error) {
	if _, err := r.next(); err != nil {
		return nil, err
	}
	var names []string
	for r.decoder.More() {
		name, err := r.name(strconv.Itoa(len(names)))
		if err == nil {
			err = check(name, len(names))
		}
		if err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("it is empty")
	}
	return names, nil
}

const id2label = "id2label" // the key in a configuration of Hugging Face

// parseObject reads {"0": "tench", ...}, a configuration that has this as the value of id2label, or Keras'
// imagenet_class_index, {"0": ["n01440764", "tench"], ...}.
func parseObject(text []byte, firstLine int) ([]string, error) {
	names, err := newJSONReader(text, firstLine).object()
	if err != nil {
		return nil, fmt.Errorf("the JSON object of labels: %w", err)
	}
	return names, nil
}

func (r *jsonReader) object() ([]string, error) {
	if _, err := r.next(); err != nil {
		return nil, err
	}
	top, err := r.entries(true)
	if err != nil {
		return nil, err
	}
	if err := r.end(); err != nil {
		return nil, err
	}
	switch {
	case top.id2label != nil:
		return top.id2label.names()
	case top.foreign:
		return nil, fmt.Errorf(`the key %s is not an index; expected {"0": "tench"} and so on, perhaps as the value of %s`,
			plain.Quote(top.foreignKey), id2label)
	}
	return top.names()
}

// labelled is an object of index to name.
type labelled struct {
	entries    []entry
	id2label   *labelled // the value of that key
	foreign    bool      // there is a key that is neither an index nor id2label
	foreignKey string    // the first such
}

type entry struct {
	index int
	name  string
}

// entries reads an object after its opening brace. Only the outermost object may have keys other than indices.
func (r *jsonReader) entries(outermost bool) (*labelled, error) {
	object := &labelled{}
	for r.decoder.More() {
		token, err := r.next()
		if err != nil {
			return nil, err
		}
		key := token.(string) // the decoder accepts no other key
		switch {
		case outermost && key == id2label:
			err = r.configured(object)
		case isIndex(key):
			err = r.entry(object, key)
		case outermost:
			if !object.foreign {
				object.foreign, object.foreignKey = true, plain.Cut(key)
			}
			err = r.skip()
		default:
			err = fmt.Errorf("the key %s is not an index", plain.Quote(key))
		}
		if err != nil {
			return nil, err
		}
	}
	return object, nil
}

// configured reads the value of id2label.
func (r *jsonReader) configured(object *labelled) error {
	if object.id2label != nil {
		return fmt.Errorf("the key %s is written twice", id2label)
	}
	token, err := r.next()
	if err != nil {
		return err
	}
	if token != json.Delim('{') {
		return fmt.Errorf("%s is %s instead of an object of index to name", id2label, describe(token))
	}
	if object.id2label, err = r.entries(false); err != nil {
		return err
	}
	_, err = r.next()
	return err
}

// entry reads the value of an index: a name, or a WordNet number and a name.
func (r *jsonReader) entry(object *labelled, key string) error {
	index, err := numeral.Uint(key)
	switch {
	case errors.Is(err, numeral.ErrLeadingZero):
		return fmt.Errorf("the index %s starts with a zero", plain.Cut(key))
	case err != nil || index >= MaxLabels:
		return fmt.Errorf("the index %s is too large: the limit is %d", plain.Cut(key), MaxLabels-1)
	}
	token, err := r.next()
	if err != nil {
		return err
	}
	var name string
	if token == json.Delim('[') {
		name, err = r.pair(key)
	} else {
		name, err = nameOf(token, key)
	}
	if err == nil {
		err = check(name, len(object.entries))
	}
	if err != nil {
		return err
	}
	object.entries = append(object.entries, entry{int(index), name})
	return nil
}

// pair reads a WordNet number and a name, after the opening bracket.
func (r *jsonReader) pair(key string) (string, error) {
	var pair []string
	for r.decoder.More() && len(pair) < 3 {
		text, err := r.name(key)
		if err != nil {
			return "", err
		}
		pair = append(pair, text)
	}
	if len(pair) != 2 {
		return "", fmt.Errorf("output %s has a list that is not a WordNet number and a name", key)
	}
	_, err := r.next()
	return pair[1], err
}

// names puts the entries in order.
func (o *labelled) names() ([]string, error) {
	count := len(o.entries)
	if count == 0 {
		return nil, errors.New("it is empty")
	}
	names := make([]string, count)
	seen := make([]bool, count)
	for _, e := range o.entries {
		if e.index >= count {
			return nil, fmt.Errorf("it has the index %d, but its %d labels are numbered from 0 to %d",
				e.index, count, count-1)
		}
		if seen[e.index] {
			return nil, fmt.Errorf("the index %d is written twice", e.index)
		}
		names[e.index], seen[e.index] = e.name, true
	}
	return names, nil
}

// isIndex reports whether a key is meant as an index, if perhaps not written as one.
func isIndex(key string) bool {
	_, err := numeral.Uint(key)
	return !errors.Is(err, numeral.ErrSyntax)
}
