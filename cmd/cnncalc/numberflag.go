package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"cnncalc/internal/numeral"
	"cnncalc/internal/plain"
)

// numberFlag is a flag that takes a whole number in decimal digits. The flags of package pflag read 010 as 8 and also
// take 0x10 and 1_000.
type numberFlag[T int | int64] struct{ to *T }

// numberVar adds a flag for a whole number.
func numberVar[T int | int64](flags *pflag.FlagSet, to *T, name string, value T, usage string) {
	*to = value
	flags.Var(numberFlag[T]{to}, name, usage)
}

func (f numberFlag[T]) String() string {
	if f.to == nil { // the zero value, which pflag compares defaults with
		return "0"
	}
	return strconv.FormatInt(int64(*f.to), 10)
}

func (f numberFlag[T]) Set(s string) error {
	n, err := wholeNumber(s)
	if err != nil {
		return err
	}
	if *f.to = T(n); int64(*f.to) != n {
		return explainNumber(s, numeral.ErrRange)
	}
	return nil
}

func (f numberFlag[T]) Type() string { return "int" }

// seedFlag is a flag that takes a whole number from 0 to 2^64-1.
type seedFlag struct{ to *uint64 }

func (f seedFlag) String() string {
	if f.to == nil {
		return "0"
	}
	return strconv.FormatUint(*f.to, 10)
}

func (f seedFlag) Set(s string) error {
	n, err := numeral.Uint(s)
	*f.to = n
	return explainNumber(s, err)
}

func (f seedFlag) Type() string { return "uint" }

// numbersFlag is a flag that takes whole numbers with commas between them, and may be given several times.
type numbersFlag struct{ to *[]int64 }

func (f numbersFlag) String() string {
	if f.to == nil || len(*f.to) == 0 {
		return ""
	}
	words := make([]string, len(*f.to))
	for i, n := range *f.to {
		words[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(words, ",")
}

func (f numbersFlag) Set(s string) error {
	for word := range strings.SplitSeq(s, ",") {
		n, err := wholeNumber(word)
		if err != nil {
			return err
		}
		*f.to = append(*f.to, n)
	}
	return nil
}

func (f numbersFlag) Type() string { return "ints" }

// wholeNumber reads a whole number of a flag. The error quotes it.
func wholeNumber(s string) (int64, error) {
	n, err := numeral.Int(s)
	return n, explainNumber(s, err)
}

// explainNumber makes an error of package numeral about s one that says what to do.
func explainNumber(s string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, numeral.ErrLeadingZero):
		return fmt.Errorf("%s %w; write %s", plain.Quote(s), err, plain.Cut(numeral.TrimZeros(s)))
	case errors.Is(err, numeral.ErrRange):
		return fmt.Errorf("%s is %w", plain.Quote(s), err)
	}
	return fmt.Errorf("%s is not a whole number", plain.Quote(s))
}
