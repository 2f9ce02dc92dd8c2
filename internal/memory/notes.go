package memory

import (
	"fmt"
	"math"

	"cnncalc/internal/checked"
	"cnncalc/internal/shape"
)

// Notes is the memory account of the CS231n notes (section "Computational Considerations"): the volumes, the
// parameters, and miscellaneous memory, such as the batch of pictures. All figures are in bytes and exact by the notes'
// rules, which do not measure what a framework really uses.
type Notes struct {
	Batch           int64 `json:"batch"`
	BytesPerValue   int64 `json:"bytes_per_value"`
	VolumesForward  int64 `json:"volumes_forward" jsonschema:"every volume, the input included, for the batch"`
	VolumesBackward int64 `json:"volumes_backward" jsonschema:"their gradients: the same again"`
	Parameters      int64 `json:"parameters" jsonschema:"weights and biases"`
	Gradients       int64 `json:"gradients" jsonschema:"the same again, but for frozen ones"`
	OptimizerCache  int64 `json:"optimizer_cache" jsonschema:"momentum: the same again; two for Adam"`
	ImageBatch      int64 `json:"image_batch"`
	Training        int64 `json:"training" jsonschema:"all of the above"`
	Inference       int64 `json:"inference" jsonschema:"forward volumes, parameters and the image batch"`

	// VolumesRunning is the volumes without those that exist in training only.
	VolumesRunning int64 `json:"-"`
}

// NewNotes returns the account for a batch, in values of the given type and with what the optimizer keeps. It fails if
// a size cannot be counted, or if the type's values are not all of one size.
func NewNotes(n *shape.Network, batch int64, d DType, o Optimizer) (Notes, error) {
	if batch < 1 {
		return Notes{}, fmt.Errorf("the batch must be 1 or more, not %d", batch)
	}
	if err := d.CheckNotes(); err != nil {
		return Notes{}, err
	}
	account, err := newNotes(n, batch, d.valueBytes(), o.Copies())
	if err != nil {
		return Notes{}, fmt.Errorf("a batch of %d: %w", batch, err)
	}
	return account, nil
}

func newNotes(n *shape.Network, batch, bytesPerValue, copies int64) (Notes, error) {
	volumes, err := checked.Product(n.Total.Activations+n.TrainingOnly.Activations, batch, bytesPerValue)
	if err != nil {
		return Notes{}, err
	}
	running := n.Total.Activations * batch * bytesPerValue
	parameters, err := checked.Product(n.Total.Parameters(), bytesPerValue)
	if err != nil {
		return Notes{}, err
	}
	gradients, err := checked.Product(n.Total.Trainable(), bytesPerValue)
	if err != nil {
		return Notes{}, err
	}
	cache, err := checked.Product(gradients, copies)
	if err != nil {
		return Notes{}, err
	}
	images, err := inputBytes(n, batch, bytesPerValue)
	if err != nil {
		return Notes{}, err
	}
	training, err := checked.Sum(volumes, volumes, parameters, gradients, cache, images)
	if err != nil {
		return Notes{}, err
	}
	return Notes{
		Batch: batch, BytesPerValue: bytesPerValue,
		VolumesForward: volumes, VolumesBackward: volumes,
		Parameters: parameters, Gradients: gradients, OptimizerCache: cache,
		ImageBatch: images,
		Training:   training,
		Inference:  running + parameters + images,

		VolumesRunning: running,
	}, nil
}

// inputBytes returns the bytes of all inputs of a batch.
func inputBytes(n *shape.Network, batch, bytesPerValue int64) (int64, error) {
	total := int64(0)
	for _, i := range n.Inputs {
		s := n.Layers[i].Out
		bytes, err := checked.Product(s.W, s.H, s.D, batch, bytesPerValue)
		if err != nil {
			return 0, err
		}
		if total, err = checked.Sum(total, bytes); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// CheckNotes returns an error for a type that the notes' account cannot count in: its values are not all of one size.
func (d DType) CheckNotes() error {
	if d == AMP || d == INT8 {
		return fmt.Errorf("the notes count values of one size, and %s has two", d)
	}
	return nil
}

// NotesModel is the notes' account of a network, for any batch.
type NotesModel struct {
	network *shape.Network
	options Options
}

// NewNotesModel returns the notes' account of a network. It depends on the mode, the type and the optimizer.
func NewNotesModel(n *shape.Network, o Options) (*NotesModel, error) {
	return &NotesModel{n, o}, o.DType.CheckNotes()
}

// LargestBatch returns the largest batch that takes at most limit bytes, and its bytes; 0 where there is none. It fails
// where the limit is so large that the batch cannot be counted.
func (m *NotesModel) LargestBatch(limit int64) (batch, bytes int64, err error) {
	return LargestBatch(1, math.MaxInt64, limit, func(batch int64) (int64, error) {
		bytes, _, err := m.AtPeak(batch)
		return bytes, err
	})
}

// AtPeak returns what a batch takes, and its parts, which are all alive at once.
func (m *NotesModel) AtPeak(batch int64) (bytes int64, parts map[Part]int64, err error) {
	n, err := NewNotes(m.network, batch, m.options.DType, m.options.Optimizer)
	parts = map[Part]int64{Parameters: n.Parameters, InputBatch: n.ImageBatch, Volumes: n.VolumesForward}
	if m.options.Mode == Inference {
		parts[Volumes] = n.VolumesRunning
		return n.Inference, parts, err
	}
	parts[Gradients], parts[State], parts[VolumeGrads] = n.Gradients, n.OptimizerCache, n.VolumesBackward
	return n.Training, parts, err
}
