package figure

import (
	"errors"
	"fmt"
	"math"

	"cnncalc/internal/memory"
	"cnncalc/internal/shape"
	"cnncalc/internal/traffic"
)

func layers(s *Sheet, _ int64) (int64, error) {
	return int64(len(s.network.Nodes) - len(s.network.Inputs)), nil
}

func parameters(s *Sheet, _ int64) (int64, error) { return s.network.Total.Parameters(), nil }

func trainable(s *Sheet, _ int64) (int64, error) { return s.network.Total.Trainable(), nil }

func macs(s *Sheet, _ int64) (int64, error) { return s.network.Total.MACs, nil }

func activations(s *Sheet, _ int64) (int64, error) { return s.network.Total.Activations, nil }

func largest(s *Sheet, _ int64) (int64, error) {
	most := int64(0)
	for i, l := range s.network.Layers {
		if !s.network.IsTrainingOnly(i) {
			most = max(most, l.Activations)
		}
	}
	return most, nil
}

// receptiveField is that of the main output.
func receptiveField(s *Sheet, _ int64) (int64, error) {
	end := shape.Fields(s.network)[s.network.Outputs[0]]
	for _, axis := range []shape.FieldAxis{end.W, end.H} {
		if axis.Unknown != "" {
			return 0, errors.New(axis.Unknown)
		}
	}
	return max(end.W.Size, end.H.Size), nil
}

func notesInference(s *Sheet, batch int64) (int64, error) { return s.notes(memory.Inference, batch) }

func notesTraining(s *Sheet, batch int64) (int64, error) { return s.notes(memory.Training, batch) }

func (s *Sheet) notes(mode memory.Mode, batch int64) (int64, error) {
	model, err := memory.NewNotesModel(s.network, s.options(mode))
	if err != nil {
		return 0, err
	}
	bytes, _, err := model.AtPeak(batch)
	return bytes, err
}

func inferencePeak(s *Sheet, batch int64) (int64, error) {
	return s.pytorchPeak(memory.Inference, batch)
}

func trainingPeak(s *Sheet, batch int64) (int64, error) { return s.pytorchPeak(memory.Training, batch) }

func (s *Sheet) pytorchPeak(mode memory.Mode, batch int64) (int64, error) {
	model, err := s.PyTorch(mode)
	if err != nil {
		return 0, err
	}
	return model.Peak(batch)
}

func peak(s *Sheet, batch int64) (int64, error) {
	switch s.use.Account {
	case memory.NotesAccount:
		return s.notes(s.use.Options.Mode, batch)
	case memory.RunAccount:
		run, err := s.footprint(batch)
		if err != nil {
			return 0, err
		}
		return run.total, nil
	}
	return s.pytorchPeak(s.use.Options.Mode, batch)
}

func isPeakEstimate(u *Use) bool { return u.Account == memory.PyTorchAccount }

func arena(s *Sheet, batch int64) (int64, error) {
	run, err := s.footprint(batch)
	if err != nil {
		return 0, err
	}
	return run.arena, nil
}

func largestBatch(s *Sheet, _ int64) (int64, error) { return s.largestBatch(s.use.Options.Mode) }

func inferenceBatch(s *Sheet, _ int64) (int64, error) { return s.largestBatch(memory.Inference) }

func trainingBatch(s *Sheet, _ int64) (int64, error) { return s.largestBatch(memory.Training) }

func (s *Sheet) largestBatch(mode memory.Mode) (int64, error) {
	limit := s.use.Budget.Available
	switch s.use.Account {
	case memory.RunAccount:
		return 0, errors.New("the account of cnncalc run has no largest batch: choose pytorch or notes")
	case memory.NotesAccount:
		model, err := memory.NewNotesModel(s.network, s.options(mode))
		if err != nil {
			return 0, err
		}
		batch, _, err := model.LargestBatch(limit)
		return batch, err
	}
	model, err := s.PyTorch(mode)
	if err != nil {
		return 0, err
	}
	batch, _, err := model.LargestBatch(limit)
	return batch, err
}

func needsDevice(u *Use) string {
	if u.Budget == nil {
		return "a device"
	}
	return ""
}

func leastTime(s *Sheet, batch int64) (int64, error) {
	running, _ := s.network.Inference()
	account, err := traffic.New(running, batch)
	if err != nil {
		return 0, err
	}
	return wholeNanoseconds(account.LeastTime(*s.use.Machine))
}

func needsMachine(u *Use) string {
	if u.Machine == nil {
		return "the rates of a machine"
	}
	return ""
}

func needsRates(u *Use) string {
	switch {
	case u.Budget == nil || u.Budget.Device == nil:
		return "a device that is known by name"
	case !u.Budget.Device.Rates.AreKnown(u.Options.DType):
		return fmt.Sprintf("a device whose rate in %s is known", u.Options.DType)
	}
	return ""
}

func mostPictures(mode memory.Mode) func(*Sheet, int64) (int64, error) {
	return func(s *Sheet, batch int64) (int64, error) {
		model, err := s.PyTorch(mode)
		if err != nil {
			return 0, err
		}
		step, err := traffic.NewStep(s.network, model, batch)
		if err != nil {
			return 0, err
		}
		return int64(min(step.MostPictures(s.use.Budget.Device.Rates), math.MaxInt64/2)), nil
	}
}

func always(*Use) bool { return true }
