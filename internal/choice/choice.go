// Package choice parses words from a fixed list, such as the values of many flags.
package choice

import (
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/diag"
	"cnncalc/internal/plain"
)

// Parse returns word if it is one of the choices. Otherwise its error lists them and suggests the nearest. what names
// the kind of choice with its article, such as "a format".
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

// List returns the choices as help lists them: "text, markdown, csv or json".
func List[T ~string](choices []T) string {
	var b strings.Builder
	for i, c := range choices {
		switch {
		case i > 0 && i == len(choices)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(string(c))
	}
	return b.String()
}
