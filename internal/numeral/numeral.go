// Package numeral parses decimal numbers, and quantities with units: sizes in bytes, and rates. All numbers in flags
// and files go through it, because the parsers of package strconv also accept hexadecimal numbers, underscores,
// infinities and NaN, and with base 0 read 010 as 8.
package numeral

import (
	"errors"
	"strconv"
	"strings"
)

// Errors that the parsers return. A message writes "is" before ErrSyntax and ErrRange, not before ErrLeadingZero.
var (
	ErrSyntax      = errors.New("not a decimal number")
	ErrLeadingZero = errors.New("starts with a zero") // 010 is 8 to YAML 1.1 and C, and 10 to people
	ErrRange       = errors.New("too large a number")
)

// Int parses a whole number: digits, optionally preceded by a minus.
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

// Uint parses a whole number without a sign.
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

// Float parses a decimal number: digits, optionally with a sign, a decimal point and an exponent of ten. It accepts .5
// and 5. as YAML does, and returns 0 for a number too small for a float64.
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

// TrimZeros returns s without the leading zeros that ErrLeadingZero reports.
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

// hasLeadingZero reports whether s starts with a zero followed by another digit.
func hasLeadingZero(s string) bool {
	return len(s) > 1 && s[0] == '0' && isDigits(s[1:2])
}

func withoutSign(s string) string {
	if s != "" && (s[0] == '-' || s[0] == '+') {
		return s[1:]
	}
	return s
}
