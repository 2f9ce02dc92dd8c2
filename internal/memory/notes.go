package memory

import (
	"fmt"

	"cnncalc/internal/checked"
	"cnncalc/internal/shape"
)

// BytesPerValue is the size of a float32, in which the executor counts everything.
const BytesPerValue = 4

// Notes is the memory account of the CS231n notes (section "Computational Considerations"): the volumes, the
// parameters, and miscellaneous, of which they name the batch of pictures. All figures are in bytes and exact
// by the notes' rules, which are no measure of a framework's real use.
type Notes struct {
	Batch           int64 `json:"batch"`
	BytesPerValue   int64 `json:"bytes_per_value"`
	VolumesForward  int64 `json:"volumes_forward"`  // every volume of the table, the input included, for the batch
	VolumesBackward int64 `json:"volumes_backward"` // their gradients: the same again
	Parameters      int64 `json:"parameters"`       // weights and biases
	Gradients       int64 `json:"gradients"`        // the same again
	OptimizerCache  int64 `json:"optimizer_cache"`  // momentum: the same again; two for Adam
	ImageBatch      int64 `json:"image_batch"`
	Training        int64 `json:"training"`  // all of the above
	Inference       int64 `json:"inference"` // forward volumes, parameters and the image batch
}

// NewNotes makes the account for a batch, of values of the given type and with what the optimizer keeps. It fails where
// a size cannot be counted, and for types whose values are not all of one size.
func NewNotes(n *shape.Network, batch int64, d DType, o Optimizer) (Notes, error) {
	if batch < 1 {
		return Notes{}, fmt.Errorf("the batch must be 1 or more, not %d", batch)
	}
	if d == AMP || d == INT8 {
		return Notes{}, fmt.Errorf("the notes count values of one size, and %s has two", d)
	}
	account, err := newNotes(n, batch, d.valueBytes(), o.Copies())
	if err != nil {
		return Notes{}, fmt.Errorf("a batch of %d: %w", batch, err)
	}
	return account, nil
}

func newNotes(n *shape.Network, batch, bytesPerValue, copies int64) (Notes, error) {
	volumes, err := checked.Product(n.Total.Activations, batch, bytesPerValue)
	if err != nil {
		return Notes{}, err
	}
	parameters, err := checked.Product(n.Total.Parameters(), bytesPerValue)
	if err != nil {
		return Notes{}, err
	}
	cache, err := checked.Product(parameters, copies)
	if err != nil {
		return Notes{}, err
	}
	input := n.InputShape()
	images, err := checked.Product(input.W, input.H, input.D, batch, bytesPerValue)
	if err != nil {
		return Notes{}, err
	}
	training, err := checked.Sum(volumes, volumes, parameters, parameters, cache, images)
	if err != nil {
		return Notes{}, err
	}
	return Notes{
		Batch: batch, BytesPerValue: bytesPerValue,
		VolumesForward: volumes, VolumesBackward: volumes,
		Parameters: parameters, Gradients: parameters, OptimizerCache: cache,
		ImageBatch: images,
		Training:   training,
		Inference:  volumes + parameters + images,
	}, nil
}
