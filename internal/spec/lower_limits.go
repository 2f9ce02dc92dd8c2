package spec

import (
	"cnncalc/internal/diag"
	"cnncalc/internal/plain"
)

// Limits of what a file may expand to. No published network has a hundredth of MaxLayers. At the limits every command
// takes about 1 GiB at most and 10 seconds; fit --inputs takes 3 seconds for each size. That was measured with chains,
// residual and dense blocks, BN and LRN. Steps are the items visited, turns, paths and
// operations of expressions, so that repeats of nothing also come to an end.
const (
	MaxLayers   = 100_000   // besides INPUT
	maxInputs   = 1_000_000 // of all layers
	maxPrefixes = 16 << 20  // bytes of layers' names that come from the blocks around them
	maxSteps    = 8_000_000
	maxList     = MaxLayers // values of a list, one for each turn of a repeat
	maxMistakes = 5_000     // including repeated ones in other turns
	maxCalls    = 16        // how deep blocks call blocks
)

// stop is the panic that ends lowering if the network is too large or has too many problems.
type stop struct{}

// spend counts steps and stops if there are too many.
func (l *lowerer) spend(steps int, pos diag.Pos, at *place) {
	l.steps += int64(steps)
	if l.steps > l.maxSteps {
		l.tooLarge("the network takes more than %s steps to expand, most of them repeats of nothing",
			l.maxSteps, fewerTurns, pos, at)
	}
}

const fewerTurns = "lower the counts of the repeats"

// tooLarge reports that the network exceeds a limit and stops. It keeps only the INPUT, since a part of the network
// means nothing.
func (l *lowerer) tooLarge(format string, bound int64, hint string, pos diag.Pos, at *place) {
	p := diag.ErrorfAt(pos, "network/too-large", format, plain.Count(bound)).WithHint("%s", hint)
	l.graph.Nodes, l.graph.Modules = l.graph.Nodes[:1], nil
	l.inputs, l.prefixes = 0, 0
	l.names.counters = nil
	l.fc, l.fcs = lastFC{node: none}, nil
	l.broken(p, pos, &place{within: at.within, names: &counter{}})
	panic(stop{})
}

// boundInputs stops if the layers so far and another one with more inputs have too many.
func (l *lowerer) boundInputs(more int, pos diag.Pos, at *place) {
	if l.inputs+more > maxInputs {
		l.tooLarge("the layers of the network have more than %s inputs", maxInputs, "join fewer results in a list", pos, at)
	}
}
