// Package checked multiplies and adds sizes without ever wrapping round.
//
// Every size that comes from a file or a flag (values, weights, bytes, MACs) goes through it. It knows
// nothing of networks; who calls it turns ErrOverflow into a message with a place.
package checked

import (
	"errors"
	"math"
	"math/bits"
)

// ErrOverflow says that a size does not fit a signed 64-bit integer.
var ErrOverflow = errors.New("the size passes 2^63-1 and cannot be counted")

// Product multiplies factors that are zero or more. The product of none is 1.
func Product(factors ...int64) (int64, error) {
	product := uint64(1)
	for _, f := range factors {
		if f < 0 {
			return 0, ErrOverflow
		}
		high, low := bits.Mul64(product, uint64(f))
		if high != 0 || low > math.MaxInt64 {
			// A later zero would make the product zero, but no real size has a zero factor.
			return 0, ErrOverflow
		}
		product = low
	}
	return int64(product), nil
}

// Sum adds terms that are zero or more.
func Sum(terms ...int64) (int64, error) {
	sum := uint64(0)
	for _, t := range terms {
		if t < 0 {
			return 0, ErrOverflow
		}
		sum += uint64(t)
		if sum > math.MaxInt64 {
			return 0, ErrOverflow
		}
	}
	return int64(sum), nil
}

// GCD is the greatest common divisor of numbers that are zero or more. It cannot overflow.
func GCD(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
