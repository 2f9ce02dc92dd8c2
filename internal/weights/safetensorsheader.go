package weights

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"cnncalc/internal/plain"
)

// metadataKey is the only key of the header that is not a tensor's name. Its value maps strings to strings.
const metadataKey = "__metadata__"

// parseSafetensorsHeader reads the JSON of the header, as in
//
//	{"__metadata__": {"format": "pt"}, "fc.weight": {"dtype": "F32", "shape": [10, 84], "data_offsets": [0, 3360]}}
//
// At every level it rejects duplicate keys, of which readers would choose different ones, and keys that the format does
// not have.
func parseSafetensorsHeader(text []byte) ([]safetensor, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("the safetensors header is not valid UTF-8")
	}
	p := jsonParser{json.NewDecoder(bytes.NewReader(text))}
	p.decoder.UseNumber()
	tensors, err := p.header()
	if err == nil {
		err = p.end(text)
	}
	if err != nil {
		return nil, fmt.Errorf("safetensors header, byte %d: %w", p.decoder.InputOffset(), err)
	}
	return tensors, nil
}

// jsonParser reads the expected values token by token. encoding/json's Unmarshal would keep the last of two values with
// one key, and match keys without regard to case.
type jsonParser struct {
	decoder *json.Decoder
}

func (p jsonParser) header() ([]safetensor, error) {
	var tensors []safetensor
	err := p.object(func(name string) error {
		if name == metadataKey {
			return p.metadata()
		}
		if len(tensors) == maxTensors {
			return fmt.Errorf("more than %d tensors", maxTensors)
		}
		t, err := p.tensor()
		if err != nil {
			return fmt.Errorf("tensor %s: %w", quoteName(name), err)
		}
		t.name = name
		tensors = append(tensors, t)
		return nil
	})
	return tensors, err
}

// maxMetadata bounds the keys of the metadata, which are all kept to find duplicates.
const maxMetadata = 10_000

// metadata checks the metadata; nothing in it is used.
func (p jsonParser) metadata() error {
	count := 0
	err := p.object(func(string) error {
		if count++; count > maxMetadata {
			return fmt.Errorf("more than %d keys", maxMetadata)
		}
		_, err := p.text()
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", metadataKey, err)
	}
	return nil
}

func (p jsonParser) tensor() (safetensor, error) {
	var t safetensor
	missing := map[string]bool{"dtype": true, "shape": true, "data_offsets": true}
	err := p.object(func(key string) error {
		if !missing[key] {
			return fmt.Errorf("key %s is unknown; only dtype, shape and data_offsets belong here", plain.Quote(key))
		}
		delete(missing, key)
		var err error
		switch key {
		case "dtype":
			t.typ, err = p.text()
		case "shape":
			t.shape, err = p.shape()
		case "data_offsets":
			t.start, t.end, err = p.offsets()
		}
		return err
	})
	if err != nil {
		return t, err
	}
	for _, key := range []string{"dtype", "shape", "data_offsets"} {
		if missing[key] {
			return t, fmt.Errorf("%q is missing", key)
		}
	}
	return t, nil
}

func (p jsonParser) shape() ([]int, error) {
	shape := []int{}
	err := p.array(func() error {
		if len(shape) == maxDims {
			return fmt.Errorf("more than %d dimensions", maxDims)
		}
		d, err := p.number(strconv.IntSize)
		shape = append(shape, int(d))
		return err
	})
	return shape, err
}

func (p jsonParser) offsets() (start, end int64, err error) {
	var offsets []int64
	err = p.array(func() error {
		if len(offsets) == 2 {
			return errors.New("data_offsets has more than two numbers")
		}
		n, err := p.number(64)
		offsets = append(offsets, n)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	if len(offsets) != 2 {
		return 0, 0, fmt.Errorf("data_offsets has %d numbers, expected start and end", len(offsets))
	}
	return offsets[0], offsets[1], nil
}

// object reads an object. It calls value after each key, to read the key's value.
func (p jsonParser) object(value func(key string) error) error {
	if err := p.delimiter('{'); err != nil {
		return err
	}
	seen := map[string]bool{}
	for p.decoder.More() {
		key, err := p.text()
		if err != nil {
			return err
		}
		if seen[key] {
			return fmt.Errorf("%s appears twice", quoteName(key))
		}
		seen[key] = true
		if err := value(key); err != nil {
			return err
		}
	}
	return p.delimiter('}')
}

// array reads an array. It calls element to read each element.
func (p jsonParser) array(element func() error) error {
	if err := p.delimiter('['); err != nil {
		return err
	}
	for p.decoder.More() {
		if err := element(); err != nil {
			return err
		}
	}
	return p.delimiter(']')
}

func (p jsonParser) delimiter(want json.Delim) error {
	token, err := p.token()
	if err != nil {
		return err
	}
	if token != want {
		return fmt.Errorf("expected %q, found %s", want, describeToken(token))
	}
	return nil
}

func (p jsonParser) text() (string, error) {
	token, err := p.token()
	if err != nil {
		return "", err
	}
	s, ok := token.(string)
	if !ok {
		return "", fmt.Errorf("expected a string, found %s", describeToken(token))
	}
	return s, nil
}

// number reads a whole number of 0 or more that fits a signed integer with the given bits.
func (p jsonParser) number(bits int) (int64, error) {
	token, err := p.token()
	if err != nil {
		return 0, err
	}
	written, ok := token.(json.Number)
	if !ok {
		return 0, fmt.Errorf("expected a whole number, found %s", describeToken(token))
	}
	n, err := strconv.ParseInt(written.String(), 10, bits)
	if errors.Is(err, strconv.ErrRange) {
		return 0, fmt.Errorf("%s is larger than any file", plain.Cut(written.String()))
	}
	if err != nil || written[0] == '-' {
		return 0, fmt.Errorf("expected a whole number of 0 or more, found %s", plain.Cut(written.String()))
	}
	return n, nil
}

func (p jsonParser) token() (json.Token, error) {
	token, err := p.decoder.Token()
	if err != nil { // a syntax error or the end, since the text is in memory
		return nil, errors.New("not valid JSON, or cut short")
	}
	return token, nil
}

// end checks that only the format's padding follows.
func (p jsonParser) end(text []byte) error {
	if rest := bytes.TrimLeft(text[p.decoder.InputOffset():], " \t\r\n"); len(rest) > 0 {
		return fmt.Errorf("%q after the closing brace", rest[:1])
	}
	return nil
}

func describeToken(token json.Token) string {
	switch t := token.(type) {
	case json.Delim:
		return strconv.QuoteRune(rune(t))
	case string:
		return plain.Quote(t)
	case nil:
		return "null"
	}
	return plain.Cut(fmt.Sprint(token))
}
