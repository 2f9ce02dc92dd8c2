package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
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

// maxSuggested bounds the names that DidYouMean lists.
const maxSuggested = 3

// DidYouMean returns "did you mean X?" for the candidates that name was most likely meant to be, "did you mean X, Y or
// Z?" for several, or "" if there are none. Those are the ones with the same letters and digits, or with the name as a
// part between slashes, at an end of one, or anywhere; otherwise the one that is most of the name, or the nearest; or
// those that a word of the name, such as the t4 of "nvidia t4", is or begins.
func DidYouMean(name string, candidates []string) string {
	likely := suggest(name, candidates)
	last := len(likely) - 1
	switch {
	case last < 0:
		return ""
	case last == 0:
		return fmt.Sprintf("did you mean %s?", likely[0])
	}
	return fmt.Sprintf("did you mean %s or %s?", strings.Join(likely[:last], ", "), likely[last])
}

func suggest(name string, candidates []string) []string {
	if likely := suggestWhole(name, candidates); likely != nil {
		return likely
	}
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return lettersOf(string(r)) == "" }) {
		if word == name || !strings.ContainsFunc(word, unicode.IsDigit) {
			continue
		}
		isFrom := func(c string) bool { return len(c) <= maxTyped && strings.HasPrefix(lettersOf(c), lettersOf(word)) }
		var from []string
		for _, c := range candidates {
			if len(name) <= maxTyped && isFrom(c) {
				from = append(from, c)
			}
		}
		if from != nil {
			return shortest(from)
		}
	}
	return nil
}

// shortest returns the first candidates by length, each once.
func shortest(alike []string) []string {
	slices.SortFunc(alike, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	alike = slices.Compact(alike)
	return alike[:min(maxSuggested, len(alike))]
}

func suggestWhole(name string, candidates []string) []string {
	typed := lettersOf(name)
	if len(name) > maxTyped {
		return nil
	}
	best, alike := unlike, []string(nil)
	for _, c := range candidates {
		switch l := likenessOf(typed, c); {
		case l == unlike || l > best:
		case l < best:
			best, alike = l, []string{c}
		default:
			alike = append(alike, c)
		}
	}
	longest := ""
	if best == within {
		longest = slices.MaxFunc(alike, func(a, b string) int {
			return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
		})
	}
	if nearest, ok := Nearest(name, candidates); ok && best > atPart && 3*len(lettersOf(longest)) < 2*len(typed) {
		return []string{nearest}
	}
	if longest != "" {
		return []string{longest}
	}
	return shortest(alike)
}

// likeness is how a candidate is like a name, the closest first.
type likeness int

const (
	same     likeness = iota // but for case and separators
	segment                  // the name is a part between slashes
	atEnd                    // the candidate starts or ends with the name
	atPart                   // a part of it between slashes does
	anywhere                 // the candidate has the name in it
	within                   // the name has the candidate in it
	unlike
)

// Lengths from which a part says enough about the whole.
const (
	minEnd  = 2
	minPart = 3
)

// likenessOf compares a candidate with the letters of a name.
func likenessOf(typed, candidate string) likeness {
	letters := lettersOf(candidate)
	isSegment := func(s string) bool { return lettersOf(s) == typed }
	endsWith := func(s string) bool {
		return strings.HasPrefix(lettersOf(s), typed) || strings.HasSuffix(lettersOf(s), typed)
	}
	switch {
	case len(candidate) > maxTyped || typed == "" || letters == "":
		return unlike
	case letters == typed:
		return same
	case slices.ContainsFunc(strings.Split(candidate, "/"), isSegment):
		return segment
	case len(typed) >= minEnd && endsWith(candidate):
		return atEnd
	case len(typed) >= minEnd && slices.ContainsFunc(strings.Split(candidate, "/"), endsWith):
		return atPart
	case len(typed) >= minPart && strings.Contains(letters, typed):
		return anywhere
	case len(letters) >= minPart && strings.Contains(typed, letters):
		return within
	}
	return unlike
}

// lettersOf returns the letters and digits of a name, in lower case.
func lettersOf(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
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
