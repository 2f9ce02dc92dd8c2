package memory

import "cnncalc/internal/checked"

// Footprint is what a program of package exec takes, in bytes: exact, and known before anything is allocated. The Go
// runtime needs some megabytes more.
type Footprint struct {
	Weights int64 `json:"weights" jsonschema:"tensors that are kept as they are declared"`
	Packed  int64 `json:"packed" jsonschema:"tensors that are kept in the layout of a kernel only"`
	Arena   int64 `json:"arena" jsonschema:"all volumes and scratch"`
	Input   int64 `json:"input" jsonschema:"the batch of pictures, which the caller holds"`
	// Loading is what a tensor needs until it is packed, where the idle arena is too small to hold it. It is free again
	// once the weights are loaded.
	Loading int64 `json:"loading"`
	Total   int64 `json:"total" jsonschema:"all of the above: never more is needed"`
}

// AddUp sets the total. It fails if the total cannot be counted.
func (f *Footprint) AddUp() error {
	total, err := checked.Sum(f.Weights, f.Packed, f.Arena, f.Input, f.Loading)
	f.Total = total
	return err
}
