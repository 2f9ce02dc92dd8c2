package diag

import (
	"fmt"
	"strings"
)

// MaxCandidates bounds the names that Nearest searches. Only a hostile file has more.
const MaxCandidates = 500

// maxTyped bounds the length of a name that Nearest looks for: a longer one is not a typing error.
const maxTyped = 64

// Nearest returns the candidate that name was most likely meant to be: ignoring case, at most a third of its letters
// (at least one, but not all) are changed, added, dropped or swapped with a neighbour. Of equally near candidates it
// returns the first in alphabetical order. ok is false if none is near.
func Nearest(name string, candidates []string) (nearest string, ok bool) {
	typed := []rune(strings.ToLower(name))
	if len(typed) > maxTyped || len(candidates) > MaxCandidates {
		return "", false
	}
	best := min(max(1, len(typed)/3), len(typed)-1)
	for _, c := range candidates {
		if len(c) > 4*(len(typed)+best) {
			continue
		}
		d := distance(typed, []rune(strings.ToLower(c)))
		if d < best || d == best && (!ok || c < nearest) {
			best, nearest, ok = d, c, true
		}
	}
	return nearest, ok
}

// DidYouMean returns "did you mean X?" for the nearest candidate, or "" if none is near.
func DidYouMean(name string, candidates []string) string {
	nearest, ok := Nearest(name, candidates)
	if !ok {
		return ""
	}
	return fmt.Sprintf("did you mean %s?", nearest)
}

// distance returns the optimal string alignment distance: Levenshtein's, but a swap of two neighbours counts as one.
func distance(a, b []rune) int {
	previous2 := make([]int, len(b)+1)
	previous := make([]int, len(b)+1)
	current := make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], previous2[j-2]+1)
			}
		}
		previous2, previous, current = previous, current, previous2
	}
	return previous[len(b)]
}
