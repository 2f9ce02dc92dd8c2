package figure

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"

	"cnncalc/internal/checked"
	"cnncalc/internal/numeral"
	"cnncalc/internal/plain"
)

// Parse reads a quantity in a unit: 5M of parameters (the prefixes K, M, G or B, and T are powers of 1000), 2GiB of
// memory, 31 pixels, 12.5ms of time.
func (u Unit) Parse(text string) (int64, error) {
	switch u {
	case Bytes:
		return numeral.Bytes(text)
	case Nanoseconds:
		return scaled(text, "a time: write a number and a unit, such as 20ms (ns, us, ms, s)", seconds())
	case Pixels:
		return scaled(text, "a number of pixels: write a whole number", []scale{{"", 1}})
	}
	return scaled(text, "a count: write a number, such as 5000000 or 5M", thousands())
}

// Text returns a quantity in a unit for messages, in full.
func (u Unit) Text(v int64) string {
	switch u {
	case Bytes, Pixels:
		if v == 1 {
			return "1 " + strings.TrimSuffix(u.String(), "s")
		}
		return plain.Count(v) + " " + u.String()
	case Nanoseconds:
		return time.Duration(v).String()
	}
	return plain.Count(v)
}

// scale is a suffix of a number and what it multiplies by.
type scale struct {
	suffix string
	factor int64
}

func thousands() []scale {
	return []scale{{"", 1}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}, {"B", 1e9}, {"T", 1e12}}
}

func seconds() []scale { return []scale{{"NS", 1}, {"US", 1e3}, {"MS", 1e6}, {"S", 1e9}} }

// maxDigits is the longest number, in characters, that a quantity has.
const maxDigits = 40

// scaled reads a number and one of the suffixes, in any case. The result must be whole. what says what is expected.
func scaled(text, what string, scales []scale) (int64, error) {
	wrong := fmt.Errorf("%s is not %s", plain.Quote(plain.Cut(text)), what)
	trimmed := strings.TrimSpace(text)
	end := strings.LastIndexAny(trimmed, "0123456789.") + 1
	number, suffix := trimmed[:end], strings.ToUpper(strings.TrimSpace(trimmed[end:]))
	if _, err := numeral.Float(number); errors.Is(err, numeral.ErrLeadingZero) {
		return 0, fmt.Errorf("%s %w: write %s", plain.Quote(plain.Cut(text)), err, plain.Cut(numeral.TrimZeros(trimmed)))
	} else if err != nil || len(number) > maxDigits || strings.ContainsAny(number, "eE+-") {
		return 0, wrong
	}
	for _, s := range scales {
		if s.suffix == suffix {
			return whole(text, number, s.factor)
		}
	}
	return 0, wrong
}

// whole returns the product of a decimal number and a factor.
func whole(text, number string, factor int64) (int64, error) {
	value, _ := new(big.Rat).SetString(number)
	value.Mul(value, new(big.Rat).SetInt64(factor))
	switch {
	case !value.IsInt():
		return 0, fmt.Errorf("%s is not whole", plain.Quote(plain.Cut(text)))
	case !value.Num().IsInt64():
		return 0, fmt.Errorf("%s is too large: the largest is %d", plain.Quote(plain.Cut(text)), int64(math.MaxInt64))
	}
	return value.Num().Int64(), nil
}

// wholeNanoseconds returns a time in seconds as nanoseconds, rounded.
func wholeNanoseconds(seconds float64) (int64, error) {
	ns := math.Round(seconds * 1e9)
	if !(ns < math.MaxInt64) {
		return 0, checked.ErrOverflow
	}
	return int64(ns), nil
}
