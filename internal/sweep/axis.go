package sweep

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"cnncalc/internal/checked"
	"cnncalc/internal/graph"
	"cnncalc/internal/numeral"
	"cnncalc/internal/plain"
)

// Axis is a setting with the values that it takes, in order. Ranges are not spelt out, so an axis is small however many
// values it has.
type Axis struct {
	Name  string // of the variable or the input; "" for what has no name
	parts []part
	count int64
}

// part is a range of numbers, or one value of another form.
type part struct {
	first, step, count int64
	square             bool   // the numbers are the sides of squares
	value              *Value // nil for a range
}

// Value is one value of an axis: a number, a list, or a size.
type Value struct {
	Number int64
	List   []int64     // nil for others
	Size   graph.Shape // zero for others; its depth is 0 where none is given
}

// Numbers returns the values of a variable: one, or those of a list.
func (v Value) Numbers() []int64 {
	if v.List != nil {
		return v.List
	}
	return []int64{v.Number}
}

// String returns "16", "[2,2,3]", "640x480" or "32x32x3".
func (v Value) String() string {
	switch {
	case v.List != nil:
		return strings.ReplaceAll(fmt.Sprint(v.List), " ", ",")
	case v.Size.D > 0:
		return v.Size.String()
	case v.Size.W > 0:
		return fmt.Sprintf("%dx%d", v.Size.W, v.Size.H)
	}
	return fmt.Sprint(v.Number)
}

// Range returns the numbers from first to last, step apart. It panics if there are none or too many.
func Range(first, last, step int64) Axis {
	p, err := newRange(first, last, step)
	if err != nil {
		panic(err)
	}
	return Axis{parts: []part{p}, count: p.count}
}

// ParseRange reads one range, or one number.
func ParseRange(text string) (Axis, error) {
	p, err := parseRange(text)
	return Axis{parts: []part{p}, count: p.count}, err
}

// Squares returns the squares whose sides are the numbers of a range.
func (a Axis) Squares() Axis {
	p := a.parts[0]
	p.square = true
	a.parts = []part{p}
	return a
}

// reversed returns a range from its last number to its first.
func (a Axis) reversed() Axis {
	p := a.parts[0]
	p.first, p.step = p.first+(p.count-1)*p.step, -p.step
	a.parts = []part{p}
	return a
}

// Len returns the number of values.
func (a *Axis) Len() int64 { return a.count }

// At returns value i.
func (a *Axis) At(i int64) Value {
	for _, p := range a.parts {
		if i < p.count {
			return p.at(i)
		}
		i -= p.count
	}
	panic("not reached: the axis has fewer values")
}

func (p part) at(i int64) Value {
	if p.value != nil {
		return *p.value
	}
	n := p.first + i*p.step
	if p.square {
		return Value{Size: graph.Shape{W: n, H: n}}
	}
	return Value{Number: n}
}

// Ends yields the first and the last value of every range, and every other value: the longest texts are among them.
func (a *Axis) Ends(yield func(Value) bool) {
	for _, p := range a.parts {
		if !yield(p.at(0)) || !yield(p.at(p.count-1)) {
			return
		}
	}
}

// ParseNumbers reads numbers and ranges, from:to or from:to:step, with commas between them, "16:64:16,96". A range
// holds its last number if a step ends there.
func ParseNumbers(text string) (Axis, error) { return parse("", text, parseRange) }

// ParseVariable reads the values of a variable: what ParseNumbers reads, and lists, "[64,128]".
func ParseVariable(name, text string) (Axis, error) {
	return parse(name, text, func(word string) (part, error) {
		if strings.HasPrefix(word, "[") {
			list, err := parseList(word)
			return part{count: 1, value: &Value{List: list}}, err
		}
		p, err := parseRange(word)
		if errors.Is(err, errNotNumbers) {
			err = notValues(word)
		}
		return p, err
	})
}

// ParseSizes reads the sizes of an input, with commas between them: what size reads, such as 640x480, and ranges of
// squares.
func ParseSizes(name, text string, size func(string) (graph.Shape, error)) (Axis, error) {
	return parse(name, text, func(word string) (part, error) {
		if strings.Contains(word, ":") {
			p, err := parseRange(word)
			if err == nil && (p.first < 1 || p.at(p.count-1).Number > graph.MaxExtent) {
				err = fmt.Errorf("%s has sizes that are not from 1 to %d", quote(word), int64(graph.MaxExtent))
			}
			p.square = true
			return p, err
		}
		s, err := size(word)
		return part{count: 1, value: &Value{Size: s}}, err
	})
}

// parse reads the parts of an axis.
func parse(name, text string, one func(word string) (part, error)) (Axis, error) {
	a := Axis{Name: name}
	for _, word := range splitOutsideLists(text) {
		p, err := one(strings.TrimSpace(word))
		if err != nil {
			return a, err
		}
		a.parts = append(a.parts, p)
		if a.count, err = checked.Sum(a.count, p.count); err != nil {
			return a, fmt.Errorf("%s has too many values", quote(text))
		}
	}
	return a, nil
}

// splitOutsideLists splits a text at the commas that are not between brackets.
func splitOutsideLists(text string) []string {
	var words []string
	start, inList := 0, false
	for i, c := range []byte(text) {
		switch {
		case c == '[' || c == ']':
			inList = c == '['
		case c == ',' && !inList:
			words = append(words, text[start:i])
			start = i + 1
		}
	}
	return append(words, text[start:])
}

// parseRange reads a number, from:to or from:to:step.
func parseRange(word string) (part, error) {
	words := strings.Split(word, ":")
	numbers := make([]int64, len(words))
	for i, w := range words {
		n, err := parseNumber(w)
		if errors.Is(err, errNotNumbers) {
			err = fmt.Errorf("%s %w", quote(word), errNotNumbers)
		}
		if err != nil {
			return part{}, err
		}
		numbers[i] = n
	}
	switch len(numbers) {
	case 1:
		numbers = append(numbers, numbers[0], 1)
	case 2:
		numbers = append(numbers, 1)
	case 3:
	default:
		return part{}, fmt.Errorf("%s %w", quote(word), errNotNumbers)
	}
	p, err := newRange(numbers[0], numbers[1], numbers[2])
	if err != nil {
		return p, fmt.Errorf("%s %w", quote(word), err)
	}
	return p, nil
}

// newRange returns the numbers from first to last, step apart. The error does not name the range.
func newRange(first, last, step int64) (part, error) {
	switch {
	case step < 1:
		return part{}, fmt.Errorf("has a step of %d: a step is 1 or more", step)
	case last < first:
		return part{}, errors.New("goes down: write the smaller number first")
	case first < 0 && last > math.MaxInt64-1+first:
		return part{}, errors.New("has too many values")
	}
	return part{first: first, step: step, count: (last-first)/step + 1}, nil
}

func parseList(word string) ([]int64, error) {
	inner, closed := strings.CutSuffix(strings.TrimPrefix(word, "["), "]")
	if !closed {
		return nil, notValues(word)
	}
	var list []int64
	for w := range strings.SplitSeq(inner, ",") {
		n, err := parseNumber(strings.TrimSpace(w))
		if errors.Is(err, errNotNumbers) {
			err = notValues(word)
		}
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}

// errNotNumbers ends the message of an error about a word that is no number.
var errNotNumbers = errors.New("is not a number or a range such as 16:128:16")

// parseNumber reads a number. The error for what is none does not name it.
func parseNumber(s string) (int64, error) {
	n, err := numeral.Int(s)
	switch {
	case errors.Is(err, numeral.ErrLeadingZero):
		return 0, fmt.Errorf("%s %w: write %s", quote(s), err, plain.Cut(numeral.TrimZeros(s)))
	case errors.Is(err, numeral.ErrRange):
		return 0, fmt.Errorf("%s is %w", quote(s), err)
	case err != nil:
		return 0, errNotNumbers
	}
	return n, nil
}

// notValues returns the error for a word that is no value of a variable.
func notValues(word string) error {
	return fmt.Errorf("%s is not a number, a range such as 16:128:16, or a list such as [2,2,3]", quote(word))
}

func quote(s string) string { return plain.Quote(plain.Cut(s)) }
