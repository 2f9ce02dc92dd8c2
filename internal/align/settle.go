package align

import "cnncalc/internal/graph"

// settle moves runs of added layers, and of removed ones, up to where a block or a turn of a repeat begins and ends, if
// the script does not become longer. Where a block that begins as the next layers do was added, a search finds all of
// it but its beginning, and the beginning of what follows.
func settle(pairs []pair, from, to *graph.Graph, a, b []symbol) {
	removed := runs{pairs: pairs, long: from, short: to, longSymbols: a, shortSymbols: b,
		sides: func(p *pair) (long, short *int) { return &p.a, &p.b }}
	added := runs{pairs: pairs, long: to, short: from, longSymbols: b, shortSymbols: a,
		sides: func(p *pair) (long, short *int) { return &p.b, &p.a }}
	for i := range pairs {
		removed.settle(i)
		added.settle(i)
	}
}

// runs are the runs of layers that only one network, the long one, has.
type runs struct {
	pairs                     []pair
	long, short               *graph.Graph
	longSymbols, shortSymbols []symbol
	sides                     func(*pair) (long, short *int)
}

// settle moves the run before pair i, if there is one and the short network has no layers there.
func (r *runs) settle(i int) {
	if i == 0 {
		return
	}
	end, next := r.sides(&r.pairs[i])
	last, before := r.sides(&r.pairs[i-1])
	if *next != *before+1 || *end == *last+1 {
		return
	}
	start, best, most := *last+1, 0, r.ends(*last+1, *end)
	for k := 1; k <= i && r.moves(i, k, start-k, *end-k); k++ {
		if ends := r.ends(start-k, *end-k); ends > most {
			best, most = k, ends
		}
	}
	for k := 1; k <= best; k++ {
		l, _ := r.sides(&r.pairs[i-k])
		*l = *end - k
	}
}

// moves reports whether the run before pair i can move up by its k-th step: over the layer that is at start, to leave
// out the one at end.
func (r *runs) moves(i, k, start, end int) bool {
	l, s := r.sides(&r.pairs[i-k])
	_, next := r.sides(&r.pairs[i])
	symbol := r.shortSymbols[*s]
	return *l == start && *s == *next-k && r.longSymbols[start] == symbol && r.longSymbols[end] == symbol &&
		!sameLabel(&r.long.Nodes[start], &r.short.Nodes[*s])
}

// ends returns how many of the two ends of a run are between blocks or turns.
func (r *runs) ends(start, end int) int {
	n := 0
	for _, at := range []int{start, end} {
		if at == 0 || at == len(r.long.Nodes) || r.long.Nodes[at-1].Within != r.long.Nodes[at].Within {
			n++
		}
	}
	return n
}
