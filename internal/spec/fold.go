package spec

import (
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/graph"
)

// The longest sequence that folding looks for, in items. A residual block is one item.
const maxPeriod = 32

// Pattern returns the network in the notes' grammar, with kinds only and repeats folded into brackets:
// INPUT -> [[CONV -> RELU]*2 -> POOL]*3 -> FC. The first line is that of the layers; the others are those of the heads,
// each after its name and a colon.
func Pattern(g *graph.Graph) []string {
	g, parts := partsOf(g)
	folded := func(items []string) string { return joinArrows(fold(items)) }
	p := &printer{graph: g, join: folded, shorten: withoutLists}
	var lines []string
	for _, of := range parts {
		line := folded(p.items(&of))
		if of.isHead() {
			line = of.head.Name + ": " + line
		}
		lines = append(lines, line)
	}
	return lines
}

// withoutLists leaves out the labels if a merge joins only a list of earlier results: the layers of DenseNet are alike
// except for the length of that list.
func withoutLists(paths []string) []string {
	isPath := func(path string) bool {
		return path != "IDENTITY" && !strings.HasPrefix(path, "@") || strings.Contains(path, "->")
	}
	if len(paths) < 3 || slices.ContainsFunc(paths, isPath) {
		return paths
	}
	return []string{"..."}
}

// fold replaces sequences that occur several times in a row. It takes the shortest first, to find inner repeats before
// the outer ones that hold them.
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
		turns := countTurns(items[i:], period)
		if turns == 1 {
			folded = append(folded, items[i])
			i++
			continue
		}
		sequence := strings.Join(items[i:i+period], " -> ")
		hasOptions := strings.Contains(sequence, " ") && !strings.HasSuffix(sequence, ")")
		if period > 1 || hasOptions || strings.HasSuffix(strings.TrimRight(sequence, "0123456789"), "*") {
			sequence = "[" + sequence + "]"
		}
		folded = append(folded, fmt.Sprintf("%s*%d", sequence, turns))
		i += turns * period
	}
	return folded
}

// countTurns returns how many times in a row items starts with its first period items: 1 or more.
func countTurns(items []string, period int) int {
	turns := 1
	for ; (turns+1)*period <= len(items); turns++ {
		if !slices.Equal(items[:period], items[turns*period:(turns+1)*period]) {
			break
		}
	}
	return turns
}
