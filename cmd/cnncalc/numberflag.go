package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"cnncalc/internal/fit"
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

// quantityFlag is a flag that takes a quantity with its unit, such as 12GiB.
type quantityFlag[T int64 | float64] struct {
	to     *quantity[T]
	parse  func(string) (T, error)
	typeOf string
}

// quantity is the value of a quantityFlag.
type quantity[T int64 | float64] struct {
	text  string // as it was written, "" where it was not given and has no default
	value T
}

// Types of flags with values of their own, which help shows in place of a value.
const (
	sizeType    = "size"
	countType   = "count"
	rateType    = "rate"
	reserveType = "size+share"
	widthType   = "width"
	colorType   = "when"
)

// sizeVar adds a flag for a size in bytes, which has no default.
func sizeVar(flags *pflag.FlagSet, to *quantity[int64], name, usage string) {
	flags.Var(quantityFlag[int64]{to, numeral.Bytes, sizeType}, name, usage)
}

// rateVar adds a flag for a rate, which has no default.
func rateVar(flags *pflag.FlagSet, to *quantity[float64], name string, parse func(string) (float64, error),
	usage string) {
	flags.Var(quantityFlag[float64]{to, parse, rateType}, name, usage)
}

// rateVarDefault is rateVar with a default.
func rateVarDefault(flags *pflag.FlagSet, to *quantity[float64], name, value string,
	parse func(string) (float64, error), usage string) {
	if err := (quantityFlag[float64]{to, parse, rateType}).Set(value); err != nil {
		panic(err) // the default is a constant
	}
	rateVar(flags, to, name, parse, usage)
}

// reserveVar adds a flag for a part of a memory. Its value is a placeholder until the memory is known.
func reserveVar(flags *pflag.FlagSet, to *quantity[int64], name, value, usage string) {
	to.text = value
	check := func(s string) (int64, error) { return fit.ParseReserve(s, math.MaxInt64) }
	flags.Var(quantityFlag[int64]{to, check, reserveType}, name, usage)
}

func (f quantityFlag[T]) String() string {
	if f.to == nil {
		return ""
	}
	return f.to.text
}

func (f quantityFlag[T]) Set(s string) error {
	value, err := f.parse(s)
	*f.to = quantity[T]{s, value}
	return err
}

func (f quantityFlag[T]) Type() string { return f.typeOf }

// explainsItself reports whether the errors of a flag's value say in plain words what it takes.
func explainsItself(f *pflag.Flag) bool {
	types := []string{"int", "uint", "ints", sizeType, rateType, reserveType, widthType, colorType}
	return slices.Contains(types, f.Value.Type())
}

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
