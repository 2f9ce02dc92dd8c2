package align

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"cnncalc/internal/graph"
)

// symbolOf makes one of a few kinds with a few settings.
func symbolOf(kind, setting int) symbol { return symbol{int32(kind), int32(10*kind + setting)} }

func drawSymbol(t *rapid.T, label string) symbol {
	return symbolOf(rapid.IntRange(0, 2).Draw(t, label+" kind"), rapid.IntRange(0, 2).Draw(t, label+" setting"))
}

// checkPairs holds that pairs are in order and of one kind each, and returns the edits between them.
func checkPairs(t interface{ Fatalf(string, ...any) }, a, b []symbol, pairs []pair) (edits int) {
	next := pair{}
	for _, p := range pairs {
		if p.a < next.a || p.b < next.b || p.a >= len(a) || p.b >= len(b) || a[p.a].kind != b[p.b].kind {
			t.Fatalf("%v: the pair %v is out of order or of two kinds, in %v", pairs, p, []any{a, b})
		}
		if a[p.a] != b[p.b] {
			edits++
		}
		next = pair{p.a + 1, p.b + 1}
	}
	return edits + len(a) + len(b) - 2*len(pairs)
}

// A script has as few edits as the table of all of them says (Wagner and Fischer, 1974).
func TestScriptIsShortest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.Custom(func(t *rapid.T) symbol { return drawSymbol(t, "") })
		a, b := rapid.SliceOfN(draw, 0, 30).Draw(t, "a"), rapid.SliceOfN(draw, 0, 30).Draw(t, "b")
		if got, want := checkPairs(t, a, b, script(a, b)), fewestEdits(a, b); got != want {
			t.Fatalf("%d edits, want %d", got, want)
		}
	})
}

func fewestEdits(a, b []symbol) int {
	edits := make([][]int, len(a)+1)
	for i := range edits {
		edits[i] = make([]int, len(b)+1)
		for j := range edits[i] {
			switch {
			case i == 0 || j == 0:
				edits[i][j] = i + j
				continue
			case a[i-1] == b[j-1]:
				edits[i][j] = edits[i-1][j-1]
				continue
			}
			edits[i][j] = 1 + min(edits[i-1][j], edits[i][j-1])
			if a[i-1].kind == b[j-1].kind {
				edits[i][j] = min(edits[i][j], 1+edits[i-1][j-1])
			}
		}
	}
	return edits[len(a)][len(b)]
}

// A script is no longer than the edits that were made.
func TestScriptFindsPlantedEdits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		planted := rapid.IntRange(0, maxEdits/4).Draw(t, "edits")
		a := randomSymbols(rand.New(rand.NewPCG(seed, 1)), 3000)
		b := edited(rand.New(rand.NewPCG(seed, 2)), a, planted)
		if got := checkPairs(t, a, b, script(a, b)); got > planted {
			t.Fatalf("%d edits were made, %d are found", planted, got)
		}
	})
}

func randomSymbols(random *rand.Rand, n int) []symbol {
	all := make([]symbol, n)
	for i := range all {
		all[i] = symbolOf(random.IntN(3), random.IntN(10))
	}
	return all
}

// edited returns a copy with so many edits.
func edited(random *rand.Rand, a []symbol, edits int) []symbol {
	b := slices.Clone(a)
	for range edits {
		at := random.IntN(len(b))
		switch random.IntN(3) {
		case 0:
			b = slices.Delete(b, at, at+1)
		case 1:
			b = slices.Insert(b, at, symbolOf(random.IntN(3), random.IntN(10)))
		default:
			b[at] = symbolOf(int(b[at].kind), random.IntN(10))
		}
	}
	return b
}

// Sequences that have little in common are aligned too, in parts, and both ends are reached.
func TestScriptOfVeryManyEdits(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	a, b := randomSymbols(random, 20_000), randomSymbols(random, 18_000)
	// Of three kinds in random order, more than half can be paired.
	if edits := checkPairs(t, a, b, script(a, b)); edits > 26_000 {
		t.Errorf("%d edits", edits)
	}
	// Many edits of one sequence: one fifth of the symbols.
	b = edited(random, a, 4000)
	if edits := checkPairs(t, a, b, script(a, b)); edits > 4000 {
		t.Errorf("%d edits of 4000", edits)
	}
	// One is empty, or far shorter.
	if pairs := script(a, nil); pairs != nil {
		t.Errorf("%d pairs", len(pairs))
	}
	checkPairs(t, a, b, script(a, b[:1]))
	checkPairs(t, a, b, script(a[:1], b))
}

// Moving runs makes no script longer, and keeps the pairs in order.
func TestSettleKeepsTheEdits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := rapid.Custom(func(t *rapid.T) symbol { return drawSymbol(t, "") })
		a, b := rapid.SliceOfN(draw, 1, 30).Draw(t, "a"), rapid.SliceOfN(draw, 1, 30).Draw(t, "b")
		turns := []*graph.Scope{{}, {}, {}}
		withTurns := func(n int, name string) *graph.Graph {
			g := &graph.Graph{Nodes: make([]graph.Node, n)}
			for i := range g.Nodes {
				g.Nodes[i].Within = turns[rapid.IntRange(0, 2).Draw(t, name)]
			}
			return g
		}
		pairs := append(script(a, b), pair{len(a), len(b)})
		want := checkPairs(t, a, b, pairs[:len(pairs)-1])
		settle(pairs, withTurns(len(a), "turn of a"), withTurns(len(b), "turn of b"), a, b)
		if got := checkPairs(t, a, b, pairs[:len(pairs)-1]); got != want {
			t.Fatalf("%d edits, %d before", got, want)
		}
	})
}

func TestIncreasing(t *testing.T) {
	for _, c := range []struct{ all, want []pair }{
		{nil, nil},
		{[]pair{{0, 0}, {1, 1}}, []pair{{0, 0}, {1, 1}}},
		{[]pair{{0, 5}, {1, 1}, {2, 2}, {3, 0}, {4, 3}}, []pair{{1, 1}, {2, 2}, {4, 3}}},
		{[]pair{{0, 2}, {1, 1}, {2, 0}}, []pair{{2, 0}}},
	} {
		if got := increasing(c.all); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.all, got, c.want)
		}
	}
}
