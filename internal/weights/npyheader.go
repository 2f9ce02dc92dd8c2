package weights

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/plain"
)

// npyHeader is the dictionary at the start of an npy array (numpy.lib.format, "Format Version 1.0").
type npyHeader struct {
	descr   string // element type, as in "<f4"
	fortran bool   // the first dimension changes fastest
	shape   []int
}

// The keys of the dictionary. The format requires these three and allows no others.
const (
	keyDescr   = "descr"
	keyFortran = "fortran_order"
	keyShape   = "shape"
)

// parseNPYHeader reads the dictionary, as in
//
//	{'descr': '<f4', 'fortran_order': False, 'shape': (64, 3, 3, 3), }
//
// The format allows any Python literal here. Only what numpy writes is accepted, so that the result can't differ from
// numpy's reading of the same bytes.
func parseNPYHeader(text string) (npyHeader, error) {
	p := headerParser{text: text}
	h, err := p.dict()
	if err != nil {
		return npyHeader{}, fmt.Errorf("npy header, byte %d: %w", p.pos, err)
	}
	return h, nil
}

// headerParser parses text. pos is the next byte, and the place of an error.
type headerParser struct {
	text string
	pos  int
}

func (p *headerParser) dict() (npyHeader, error) {
	var h npyHeader
	var seen []string
	if err := p.expect('{'); err != nil {
		return h, err
	}
	for !p.accept('}') {
		key, err := p.key(seen)
		if err != nil {
			return h, err
		}
		if err := p.value(&h, key); err != nil {
			return h, err
		}
		seen = append(seen, key)
		if p.accept(',') {
			continue
		}
		if err := p.expect('}'); err != nil {
			return h, err
		}
		break
	}
	if p.skipSpace(); p.pos < len(p.text) {
		return h, fmt.Errorf("%s after the closing brace", p.here())
	}
	for _, key := range []string{keyDescr, keyFortran, keyShape} {
		if !slices.Contains(seen, key) {
			return h, fmt.Errorf("%q is missing", key)
		}
	}
	return h, nil
}

// key reads a key and its colon; the key must be a known one that is not in seen.
func (p *headerParser) key(seen []string) (string, error) {
	p.skipSpace()
	start := p.pos
	key, err := p.quoted()
	if err != nil {
		return "", err
	}
	if key != keyDescr && key != keyFortran && key != keyShape {
		p.pos = start
		return "", fmt.Errorf("key %s is unknown; only descr, fortran_order and shape belong here", plain.Quote(key))
	}
	if slices.Contains(seen, key) {
		p.pos = start
		return "", fmt.Errorf("key %q appears twice", key)
	}
	return key, p.expect(':')
}

func (p *headerParser) value(h *npyHeader, key string) (err error) {
	p.skipSpace()
	switch key {
	case keyDescr:
		if p.peek() == '[' {
			return errors.New("structured arrays are not supported; save each field as its own array")
		}
		h.descr, err = p.quoted()
	case keyFortran:
		h.fortran, err = p.boolean()
	case keyShape:
		h.shape, err = p.tuple()
	}
	return err
}

// quoted reads 'text' or "text". It rejects escapes: no string allowed here needs them.
func (p *headerParser) quoted() (string, error) {
	quote := p.peek()
	if quote != '\'' && quote != '"' {
		return "", fmt.Errorf("expected a quoted string, found %s", p.here())
	}
	rest := p.text[p.pos+1:]
	end := strings.IndexByte(rest, quote)
	if end < 0 {
		return "", errors.New("the quoted string does not end")
	}
	if strings.ContainsAny(rest[:end], "\\\n") {
		return "", errors.New("a quoted string has an escape or a line break")
	}
	p.pos += end + 2
	return rest[:end], nil
}

func (p *headerParser) boolean() (bool, error) {
	for _, word := range []string{"True", "False"} {
		if strings.HasPrefix(p.text[p.pos:], word) {
			p.pos += len(word)
			return word == "True", nil
		}
	}
	return false, fmt.Errorf("expected True or False, found %s", p.here())
}

// tuple reads (), (3,) or (3, 4). It rejects (3), which is a number in Python.
func (p *headerParser) tuple() ([]int, error) {
	if err := p.expect('('); err != nil {
		return nil, err
	}
	shape := []int{}
	for !p.accept(')') {
		if len(shape) == maxDims {
			return nil, fmt.Errorf("more than %d dimensions", maxDims)
		}
		d, err := p.dimension()
		if err != nil {
			return nil, err
		}
		shape = append(shape, d)
		if p.accept(',') {
			continue
		}
		if len(shape) == 1 {
			return nil, fmt.Errorf("expected ',' after the only dimension, found %s", p.here())
		}
		if err := p.expect(')'); err != nil {
			return nil, err
		}
		break
	}
	return shape, nil
}

// dimension reads a decimal number and the L that Python 2 put after a long one.
func (p *headerParser) dimension() (int, error) {
	p.skipSpace()
	start := p.pos
	for p.pos < len(p.text) && '0' <= p.text[p.pos] && p.text[p.pos] <= '9' {
		p.pos++
	}
	digits := p.text[start:p.pos]
	if digits == "" {
		return 0, fmt.Errorf("expected a dimension, found %s", p.here())
	}
	if len(digits) > 1 && digits[0] == '0' {
		p.pos = start
		return 0, fmt.Errorf("dimension %s starts with a zero", plain.Cut(digits))
	}
	d, err := strconv.Atoi(digits)
	if err != nil {
		p.pos = start
		return 0, errors.New("the dimension is larger than any array")
	}
	if p.peek() == 'L' {
		p.pos++
	}
	return d, nil
}

// expect consumes c, after any space.
func (p *headerParser) expect(c byte) error {
	if p.accept(c) {
		return nil
	}
	return fmt.Errorf("expected %q, found %s", c, p.here())
}

// accept consumes c, after any space, and reports whether it was there.
func (p *headerParser) accept(c byte) bool {
	p.skipSpace()
	if p.pos == len(p.text) || p.text[p.pos] != c {
		return false
	}
	p.pos++
	return true
}

func (p *headerParser) skipSpace() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

// peek returns the next byte, or 0 at the end.
func (p *headerParser) peek() byte {
	if p.pos == len(p.text) {
		return 0
	}
	return p.text[p.pos]
}

// here returns the next byte for a message.
func (p *headerParser) here() string {
	if p.pos == len(p.text) {
		return "the end of the header"
	}
	return strconv.QuoteToASCII(p.text[p.pos : p.pos+1])
}
