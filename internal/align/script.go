package align

import (
	"slices"
	"strconv"

	"cnncalc/internal/shape"
)

// symbol is what a layer is compared by.
type symbol struct {
	kind int32
	all  int32 // kind, settings and number of inputs
}

// symbols returns those of two networks. Equal numbers are equal texts.
func symbols(from, to *shape.Network) (a, b []symbol) {
	numbers := map[string]int32{}
	number := func(text string) int32 {
		n, known := numbers[text]
		if !known {
			n = int32(len(numbers))
			numbers[text] = n
		}
		return n
	}
	of := func(n *shape.Network) []symbol {
		all := make([]symbol, len(n.Nodes))
		for i := range n.Nodes {
			inputs := strconv.Itoa(len(n.Nodes[i].Inputs))
			all[i] = symbol{number(n.Nodes[i].Op.Kind()), number(settings(n, i) + " " + inputs)}
		}
		return all
	}
	return of(from), of(to)
}

// maxEdits bounds the edits that one search looks for, and so its time and memory, which grow with the square.
const maxEdits = 512

// script returns the pairs of the shortest edit script from a to b, in order. It adds, removes or changes a symbol into
// another of its kind at the same cost. A script of more than maxEdits edits is put together from parts.
func script(a, b []symbol) []pair {
	var pairs []pair
	start := pair{}
	for start.a < len(a) && start.b < len(b) {
		found, end := search(a[start.a:], b[start.b:])
		for _, p := range found {
			pairs = append(pairs, pair{start.a + p.a, start.b + p.b})
		}
		start = pair{start.a + end.a, start.b + end.b}
	}
	return pairs
}

// frontier holds, for a number of edits d and each diagonal k from -d to d, how many symbols of a are read at most
// after so many edits where k symbols more of a than of b are read; None if that is impossible. Beyond these diagonals
// it has two more on each side, which are impossible.
type frontier []int32

func newFrontier(d int) frontier {
	f := make(frontier, 2*d+5)
	for i := range f {
		f[i] = None
	}
	return f
}

func (f frontier) middle() int { return len(f) / 2 }

// search returns the pairs of the shortest edit script, and how far it goes: to the end, or, if that takes more than
// maxEdits edits, along the first half of the script that reads the most symbols.
//
// This is the O(N*D) search for the longest common subsequence by Myers (An O(ND) Difference Algorithm and Its
// Variations, 1986) with Ukkonen's third edit, the change (Algorithms for Approximate String Matching, 1985). Reading
// more symbols on a diagonal is never worse, as a change costs no more than a removal and an addition.
func search(a, b []symbol) (pairs []pair, end pair) {
	s := searcher{a: a, b: b}
	last := len(a) - len(b) // the diagonal of the ends
	for d := 0; d <= maxEdits; d++ {
		f := s.next(d)
		s.frontiers = append(s.frontiers, f)
		if -d <= last && last <= d && int(f[last+f.middle()]) == len(a) {
			return s.trace(d, last, d)
		}
	}
	return s.trace(maxEdits, s.furthest(), maxEdits/2)
}

// searcher holds the state of a search.
type searcher struct {
	a, b      []symbol
	frontiers []frontier // by number of edits
}

// next returns the frontier of d edits.
func (s *searcher) next(d int) frontier {
	f := newFrontier(d)
	for k := max(-d, -len(s.b)); k <= min(d, len(s.a)); k++ {
		x, _ := s.step(d, k)
		for x != None && x < len(s.a) && x-k < len(s.b) && s.a[x].all == s.b[x-k].all {
			x++
		}
		f[k+f.middle()] = int32(x)
	}
	return f
}

// edit is how a diagonal is reached.
type edit int

const (
	stay edit = iota // with fewer edits
	change
	remove
	add
)

// step returns the furthest place of a on diagonal k that is reached by the last of d edits, and by which; None if
// there is none.
func (s *searcher) step(d, k int) (x int, by edit) {
	if d == 0 {
		return 0, stay
	}
	before := s.frontiers[d-1]
	at := k + before.middle()
	x, by = int(before[at]), stay
	if x != None && x < len(s.a) && x-k < len(s.b) && s.a[x].kind == s.b[x-k].kind {
		x, by = x+1, change
	}
	if removed := int(before[at-1]) + 1; removed > max(x, 0) && removed <= len(s.a) {
		x, by = removed, remove
	}
	if added := int(before[at+1]); added > x && added-k <= len(s.b) {
		x, by = added, add
	}
	return x, by
}

// furthest returns the diagonal on which the last frontier has read the most symbols.
func (s *searcher) furthest() int {
	last := s.frontiers[len(s.frontiers)-1]
	best, most := 0, None
	for i, x := range last {
		if k := i - last.middle(); x != None && 2*int(x)-k > most {
			best, most = k, 2*int(x)-k
		}
	}
	return best
}

// trace follows the edits from the place of d edits on diagonal k back to the start, and returns the pairs of the first
// kept edits and the place where these end.
func (s *searcher) trace(d, k, kept int) (pairs []pair, end pair) {
	for ; d >= 0; d-- {
		f := s.frontiers[d]
		x := int(f[k+f.middle()])
		if d == kept {
			pairs, end = nil, pair{x, x - k}
		}
		start, by := s.step(d, k)
		for ; x > start; x-- {
			pairs = append(pairs, pair{x - 1, x - 1 - k})
		}
		switch by {
		case change:
			pairs = append(pairs, pair{start - 1, start - 1 - k})
		case remove:
			k--
		case add:
			k++
		}
	}
	slices.Reverse(pairs)
	return pairs, end
}
