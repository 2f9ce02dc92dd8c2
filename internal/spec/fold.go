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

// foldAfterStart folds a part of a file, except for its first item: a part starts with the input or with a label.
func foldAfterStart(items []string) []string {
	if len(items) == 0 {
		return nil
	}
	return append(items[:1:1], foldWhole(items[1:])...)
}

// foldWhole is fold, but a sequence does not start with a layer that belongs to the one before it.
func foldWhole(items []string) []string { return foldUnless(items, isChangeText) }

// isChangeText reports whether an item changes or moves the values of the layer before it.
func isChangeText(item string) bool {
	end := strings.IndexFunc(item, func(r rune) bool { return r < 'A' || r > 'Z' })
	if end < 0 {
		end = len(item)
	}
	return slices.Contains(activations, item[:end]) || slices.Contains(changes, item[:end])
}

// fold replaces sequences that occur several times in a row. It takes the shortest first, to find inner repeats before
// the outer ones that hold them.
func fold(items []string) []string { return foldUnless(items, func(string) bool { return false }) }

// foldUnless is fold that lets a sequence start one item later, if it then occurs as often, where the item says so.
func foldUnless(items []string, isLater func(item string) bool) []string {
	for changed := true; changed; {
		changed = false
		for period := 1; period <= min(maxPeriod, len(items)/2); period++ {
			folded := foldPeriod(items, period, isLater)
			if len(folded) < len(items) {
				items, changed = folded, true
				break
			}
		}
	}
	return items
}

// foldPeriod folds every run of equal sequences of one length. Without such a run, it returns the items.
func foldPeriod(items []string, period int, isLater func(item string) bool) []string {
	var folded []string
	copied := 0 // of the items, those that are in folded
	for i := 0; i < len(items); {
		turns, label := countTurns(items[i:], period)
		if turns > 1 && isLater(items[i]) {
			if later, _ := countTurns(items[i+1:], period); later >= turns {
				turns = 1
			}
		}
		if turns == 1 {
			i++
			continue
		}
		sequence := strings.Join(items[i:i+period], " -> ")
		hasOptions := strings.Contains(sequence, " ") && !strings.HasSuffix(sequence, ")")
		if period > 1 || hasOptions || strings.HasSuffix(strings.TrimRight(sequence, "0123456789"), "*") {
			sequence = "[" + sequence + "]"
		}
		folded = append(folded, items[copied:i]...)
		folded = append(folded, fmt.Sprintf("%s*%d%s", sequence, turns, label))
		i += turns * period
		copied = i
	}
	if folded == nil {
		return items
	}
	return append(folded, items[copied:]...)
}

// countTurns returns how many times in a row items starts with its first period items: 1 or more. The result of the
// last time may have a label.
func countTurns(items []string, period int) (turns int, label string) {
	for turns = 1; (turns+1)*period <= len(items); turns++ {
		if slices.Equal(items[:period], items[turns*period:(turns+1)*period]) {
			continue
		}
		last := (turns+1)*period - 1
		label, isLabel := strings.CutPrefix(items[last], items[period-1]+" @")
		if isLabel && isLabelText(label) && slices.Equal(items[:period-1], items[turns*period:last]) {
			return turns + 1, " @" + label
		}
		break
	}
	return turns, ""
}

// isLabelText reports whether a text is that of a label without its @: names joined by points.
func isLabelText(s string) bool {
	return all(strings.Split(s, "."), isName)
}
