package figure

import (
	"cmp"
	"slices"

	"cnncalc/internal/memory"
	"cnncalc/internal/shape"
	"cnncalc/internal/traffic"
)

// Share is what one layer has of a figure, or one tensor of a peak of PyTorch.
type Share struct {
	Name  string
	Value int64
	Unit  Unit // the figure's, but bytes for the largest batches
}

// Shares returns the largest shares of a figure, the largest first and at most so many. It returns none for figures of
// which layers have no share: layers, receptive_field, arena, and the peak of cnncalc run. Those of a largest batch are
// of the peak of that batch, or of one picture where none fits.
func (s *Sheet) Shares(f Figure, batch int64, most int) ([]Share, error) {
	if f.shares == nil {
		return nil, nil
	}
	shares, err := f.shares(s, batch)
	for i := range shares {
		shares[i].Unit = f.Unit
		if f.Better == More {
			shares[i].Unit = Bytes
		}
	}
	shares = slices.DeleteFunc(shares, func(s Share) bool { return s.Value == 0 })
	slices.SortStableFunc(shares, func(x, y Share) int { return cmp.Compare(y.Value, x.Value) })
	return slices.Clip(shares[:min(len(shares), most)]), err
}

// ofLayers returns the shares of a figure that each layer has by itself.
func (s *Sheet) ofLayers(value func(i int) int64) []Share {
	shares := make([]Share, len(s.network.Nodes))
	for i := range s.network.Nodes {
		shares[i] = Share{Name: s.network.Nodes[i].Name, Value: value(i)}
	}
	return shares
}

// ofCounts returns the shares of a count that shape inference makes. Layers that exist in training only have none of
// those of a run.
func ofCounts(count func(shape.Layer) int64, ofRun bool) func(*Sheet, int64) ([]Share, error) {
	return func(s *Sheet, _ int64) ([]Share, error) {
		return s.ofLayers(func(i int) int64 {
			if ofRun && s.network.IsTrainingOnly(i) {
				return 0
			}
			return count(s.network.Layers[i])
		}), nil
	}
}

func activationsOf(l shape.Layer) int64 { return l.Activations }

func macsOf(l shape.Layer) int64 { return l.MACs }

// notesShares returns every layer's share of the notes' memory: its volume and its parameters, and in training their
// gradients and the optimizer's cache. The batch of pictures is in no layer's.
func notesShares(mode memory.Mode) func(*Sheet, int64) ([]Share, error) {
	return func(s *Sheet, batch int64) ([]Share, error) {
		o := s.options(mode)
		account, err := memory.NewNotes(s.network, batch, o.DType, o.Optimizer)
		if err != nil {
			return nil, err
		}
		each := account.BytesPerValue
		return s.ofLayers(func(i int) int64 {
			l := s.network.Layers[i]
			if mode == memory.Training {
				return each * (2*batch*l.Activations + l.Parameters() + (1+o.Optimizer.Copies())*l.Trainable())
			}
			if s.network.IsTrainingOnly(i) {
				return each * l.Parameters()
			}
			return each * (batch*l.Activations + l.Parameters())
		}), nil
	}
}

// pytorchShares returns the largest tensors that are alive at PyTorch's peak.
func pytorchShares(mode memory.Mode) func(*Sheet, int64) ([]Share, error) {
	return func(s *Sheet, batch int64) ([]Share, error) {
		model, err := s.PyTorch(mode)
		if err != nil {
			return nil, err
		}
		account, err := model.Account(batch)
		if err != nil {
			return nil, err
		}
		var shares []Share
		for _, alive := range account.Peak.Alive {
			shares = append(shares, Share{Name: alive.Name, Value: alive.Bytes})
		}
		return shares, nil
	}
}

func peakShares(s *Sheet, batch int64) ([]Share, error) {
	return s.peakShares(s.use.Options.Mode, batch)
}

func (s *Sheet) peakShares(mode memory.Mode, batch int64) ([]Share, error) {
	switch s.use.Account {
	case memory.NotesAccount:
		return notesShares(mode)(s, batch)
	case memory.RunAccount:
		return nil, nil
	}
	return pytorchShares(mode)(s, batch)
}

func largestBatchShares(s *Sheet, _ int64) ([]Share, error) { return s.batchShares(s.use.Options.Mode) }

func inferenceBatchShares(s *Sheet, _ int64) ([]Share, error) { return s.batchShares(memory.Inference) }

func trainingBatchShares(s *Sheet, _ int64) ([]Share, error) { return s.batchShares(memory.Training) }

// batchShares returns the shares of the peak of the largest batch.
func (s *Sheet) batchShares(mode memory.Mode) ([]Share, error) {
	batch, err := s.largestBatch(mode)
	if err != nil {
		return nil, err
	}
	return s.peakShares(mode, max(1, batch))
}

func timeShares(s *Sheet, batch int64) ([]Share, error) {
	running, _ := s.network.Inference()
	account, err := traffic.New(running, batch)
	if err != nil {
		return nil, err
	}
	shares := make([]Share, len(running.Nodes))
	for i, l := range account.Layers {
		time, err := wholeNanoseconds(s.use.Machine.LeastTime(l))
		if err != nil {
			return nil, err
		}
		shares[i] = Share{Name: running.Nodes[i].Name, Value: time}
	}
	return shares, nil
}
