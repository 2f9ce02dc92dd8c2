package snapshot

import (
	"cmp"
	"slices"

	"cnncalc/internal/memory"
)

// Comparison is what a recording has of what was predicted, at the peak of each. All bytes are in whole blocks.
type Comparison struct {
	Predicted, Recorded                 int64
	PredictedReserved, RecordedReserved int64
	Parts                               []PartFound         // those that are predicted
	Missing                             []memory.AliveBytes // predicted, but not in the recording; the largest first
	Others                              []Allocation        // in the recording, but not predicted; the largest first
}

// PartFound is how much of a part is in the recording.
type PartFound struct {
	Part             memory.Part
	Predicted, Found int64
}

// OtherBytes returns the bytes of what was not predicted.
func (c *Comparison) OtherBytes() int64 {
	sum := int64(0)
	for _, a := range c.Others {
		sum += inBlocks(a.Bytes)
	}
	return sum
}

// Compare looks for every predicted tensor in the recording by its size, which is all that the two have in common.
// Among tensors of the same size the parts get theirs in the order of predicted.
func Compare(predicted []memory.AliveBytes, recorded *Peak) *Comparison {
	c := &Comparison{Recorded: recorded.Bytes, RecordedReserved: recorded.Reserved}
	free := map[int64][]Allocation{}
	for _, a := range recorded.Alive {
		free[inBlocks(a.Bytes)] = append(free[inBlocks(a.Bytes)], a)
	}
	for _, t := range predicted {
		size := inBlocks(t.Bytes)
		at := slices.IndexFunc(c.Parts, func(p PartFound) bool { return p.Part == t.Part })
		if at < 0 {
			at = len(c.Parts)
			c.Parts = append(c.Parts, PartFound{Part: t.Part})
		}
		c.Predicted += size
		c.Parts[at].Predicted += size
		if same := free[size]; len(same) > 0 {
			c.Parts[at].Found += size
			free[size] = same[1:]
		} else {
			c.Missing = append(c.Missing, t)
		}
	}
	for _, same := range free {
		c.Others = append(c.Others, same...)
	}
	slices.SortStableFunc(c.Missing, func(a, b memory.AliveBytes) int { return cmp.Compare(b.Bytes, a.Bytes) })
	slices.SortFunc(c.Others, func(a, b Allocation) int {
		return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Address, b.Address))
	})
	return c
}
