// Package numeral reads numbers as people write them, in decimal digits. It is the one reader of numbers from flags and
// files: the parsers of package strconv also take hexadecimal numbers, underscores, infinities and NaN, and with base 0
// they read 010 as 8.
package numeral

import (
	"errors"
	"strconv"
	"strings"
)

// What may be wrong with a number.
var (
	ErrSyntax      = errors.New("not a decimal number")
	ErrLeadingZero = errors.New("starts with a zero") // 010 is 8 to YAML 1.1 and C, and 10 to people
	ErrRange       = errors.New("too large a number")
)

// Int reads a whole number: digits, after a minus or not.
func Int(s string) (int64, error) {
	if err := checkDigits(strings.TrimPrefix(s, "-")); err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, ErrRange
	}
	return n, nil
}

// Uint reads a whole number that has no sign.
func Uint(s string) (uint64, error) {
	if err := checkDigits(s); err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		return 0, ErrRange
	}
	return n, nil
}

// Float reads a decimal number: a sign or none, digits with a point or none, an exponent of ten or none. It takes .5 and
// 5. as YAML does. A number too small for a float64 is 0.
func Float(s string) (float64, error) {
	mantissa, exponent := s, "0"
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent = s[:i], withoutSign(s[i+1:])
	}
	whole, fraction, _ := strings.Cut(withoutSign(mantissa), ".")
	switch {
	case whole+fraction == "" || !isDigits(whole+fraction), exponent == "" || !isDigits(exponent):
		return 0, ErrSyntax
	case hasLeadingZero(whole):
		return 0, ErrLeadingZero
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, ErrRange
	}
	return x, nil
}

// TrimZeros returns s without the zeros that ErrLeadingZero is about.
func TrimZeros(s string) string {
	sign := s[:len(s)-len(withoutSign(s))]
	digits := s[len(sign):]
	for hasLeadingZero(digits) {
		digits = digits[1:]
	}
	return sign + digits
}

func checkDigits(s string) error {
	switch {
	case s == "" || !isDigits(s):
		return ErrSyntax
	case hasLeadingZero(s):
		return ErrLeadingZero
	}
	return nil
}

func isDigits(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}

// hasLeadingZero reports whether s starts with a zero that another digit follows.
func hasLeadingZero(s string) bool {
	return len(s) > 1 && s[0] == '0' && isDigits(s[1:2])
}

func withoutSign(s string) string {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[1:]
	}
	return s
}
