package spec

import (
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/graph"
)

// Longest sequence that folding looks for, in items. A residual block is one item.
const maxPeriod = 32

// Pattern is the network as one line of the notes' grammar: kinds only, and what repeats folded into brackets,
// as in INPUT -> [[CONV -> RELU]*2 -> POOL]*3 -> FC.
func Pattern(g *graph.Graph) string {
	folded := func(items []string) string { return joinArrows(fold(items)) }
	p := &printer{graph: g, chain: arrange(g), notation: graph.Op.Kind, join: folded, shorten: withoutLists}
	return folded(p.items())
}

// withoutLists leaves out the names of earlier results where a merge joins nothing but a list of them: DenseNet's
// layers are alike but for its length.
func withoutLists(paths []string) []string {
	isPath := func(path string) bool {
		return path != "IDENTITY" && !strings.HasPrefix(path, "@") || strings.Contains(path, "->")
	}
	if len(paths) < 3 || slices.ContainsFunc(paths, isPath) {
		return paths
	}
	return []string{"..."}
}

// fold replaces sequences that stand several times in a row, the shortest first, so that inner repeats are
// found before the outer ones that hold them.
func fold(items []string) []string {
	for changed := true; changed; {
		changed = false
		for period := 1; period <= min(maxPeriod, len(items)/2); period++ {
			folded := foldPeriod(items, period)
			if len(folded) < len(items) {
				items, changed = folded, true
				break
			}
		}
	}
	return items
}

// foldPeriod folds every run of equal sequences of one length.
func foldPeriod(items []string, period int) []string {
	var folded []string
	for i := 0; i < len(items); {
		turns := 1
		for start := i + period; start+period <= len(items) && slices.Equal(items[i:i+period], items[start:start+period]); start += period {
			turns++
		}
		if turns == 1 {
			folded = append(folded, items[i])
			i++
			continue
		}
		sequence := strings.Join(items[i:i+period], " -> ")
		if period > 1 || strings.HasSuffix(strings.TrimRight(sequence, "0123456789"), "*") {
			sequence = "[" + sequence + "]"
		}
		folded = append(folded, fmt.Sprintf("%s*%d", sequence, turns))
		i += turns * period
	}
	return folded
}
