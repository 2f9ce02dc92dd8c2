// Package choice reads words that must be one of a few, such as the values of many flags.
package choice

import (
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/plain"
)

// Parse returns the word where it is one of the choices. The error for another word lists them and suggests the
// nearest; what is the noun with its article, such as "a format".
func Parse[T ~string](word, what string, choices []string) (T, error) {
	if slices.Contains(choices, word) {
		return T(word), nil
	}
	hint := ""
	if near := diag.DidYouMean(word, choices); near != "" {
		hint = "; " + near
	}
	return "", fmt.Errorf("%s is not %s: choose from %s%s", plain.Quote(word), what, strings.Join(choices, ", "), hint)
}

// List writes the choices for help: "text, markdown, csv or json".
func List(choices []string) string {
	last := len(choices) - 1
	if last < 1 {
		return strings.Join(choices, "")
	}
	return strings.Join(choices[:last], ", ") + " or " + choices[last]
}
