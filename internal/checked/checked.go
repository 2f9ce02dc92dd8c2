// Package checked multiplies and adds sizes, and returns an error instead of wrapping around.
//
// Every size that comes from a file or a flag (values, weights, bytes, MACs) goes through it. It knows nothing of
// networks; callers turn ErrOverflow into a message with a place.
package checked

import (
	"errors"
	"math"
	"math/bits"
)

// ErrOverflow reports that a size does not fit in a signed 64-bit integer.
var ErrOverflow = errors.New("the size exceeds 2^63-1 and cannot be counted")

// Product returns the product of factors that are zero or more, or 1 if there are none.
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

// Sum returns the sum of terms that are zero or more.
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

// GCD returns the greatest common divisor of numbers that are zero or more. It cannot overflow.
func GCD(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
