package memory

// MaxPairs is maxPairs, for tests.
const MaxPairs = maxPairs

// Pairs returns the number of pairs of buffers that bestFit visits to lay out a run of the given number of steps.
func (a *Arena) Pairs(steps int) int64 { return pairs(a.Buffers, steps) }
