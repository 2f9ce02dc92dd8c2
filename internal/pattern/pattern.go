// Package pattern compiles regular expressions when they are first needed: compiled as package variables they would be
// a tenth of the time that a short command takes.
package pattern

import (
	"regexp"
	"sync"
)

// Lazy returns a function that compiles an expression at its first call, and then always returns the same one. The call
// panics if the expression does not compile.
func Lazy(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}
