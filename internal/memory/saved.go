package memory

// SavedBytes is what autograd keeps for the backward pass, every storage counted once, by what it is. The names are
// those of the reference (testdata/memory).
type SavedBytes struct {
	Parameters  int64 `json:"param"`
	Buffers     int64 `json:"buffer"`
	Input       int64 `json:"input"`
	Activations int64 `json:"act"`
	Statistics  int64 `json:"stat"`
	Masks       int64 `json:"mask"`
	Indices     int64 `json:"index"`
	Scalars     int64 `json:"scalar"`
	Targets     int64 `json:"target"`
	Loss        int64 `json:"loss"`
	Total       int64 `json:"total"`
}

// savedBytes adds up what was held for the layers and for the loss.
func (p *pass) savedBytes(batch int64) SavedBytes {
	var s SavedBytes
	seen := make([]bool, len(p.tensors))
	held := append([][]int{p.lossSaved}, p.saved...)
	for _, ids := range held {
		for _, id := range ids {
			if seen[id] {
				continue
			}
			seen[id] = true
			bytes := p.tensors[id].size.at(batch)
			*s.of(p.tensors[id].part) += bytes
			s.Total += bytes
		}
	}
	return s
}

// of returns where a part is counted. Half copies of weights count as parameters.
func (s *SavedBytes) of(p Part) *int64 {
	switch p {
	case Parameters, WeightCasts:
		return &s.Parameters
	case Buffers:
		return &s.Buffers
	case InputBatch:
		return &s.Input
	case Statistics:
		return &s.Statistics
	case Masks:
		return &s.Masks
	case Indices:
		return &s.Indices
	case Scalars:
		return &s.Scalars
	case Targets:
		return &s.Targets
	case Loss:
		return &s.Loss
	}
	return &s.Activations
}
