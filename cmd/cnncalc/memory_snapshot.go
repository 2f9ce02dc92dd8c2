package main

import (
	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
	"cnncalc/internal/regular"
	"cnncalc/internal/report"
	"cnncalc/internal/snapshot"
)

// snapshot writes the pass as a snapshot of PyTorch's memory.
func (a *app) snapshot(args []string, f *memoryFlags, out output) error {
	l, model, err := a.pytorchModel(args, f)
	if err != nil {
		return err
	}
	recording, err := model.Record(f.batch)
	if err != nil {
		return problemError("%s: %w", l.title(), err)
	}
	pass := snapshot.Pass{Recording: recording, File: l.name, Place: func(node int) int64 {
		return int64(l.network.Nodes[node].Pos.Line)
	}}
	return a.write(out.path, pass.Write)
}

// compareWithSnapshot compares the predicted peak with that of a recorded snapshot.
func (a *app) compareWithSnapshot(args []string, f *memoryFlags, out output) error {
	recorded, err := readSnapshot(f.against)
	if err != nil {
		return err
	}
	l, model, err := a.pytorchModel(args, f)
	if err != nil {
		return err
	}
	alive, err := model.AliveAtPeak(f.batch)
	if err != nil {
		return problemError("%s: %w", l.title(), err)
	}
	reserved, err := model.Reserved(f.batch)
	if err != nil {
		return problemError("%s: %w", l.title(), err)
	}
	comparison := snapshot.Compare(alive, recorded)
	comparison.PredictedReserved = reserved
	return a.print(out, &report.Against{
		Title: l.title(), File: plain.CutPath(f.against), Batch: f.batch, Options: model.Options(), Device: recorded.Device,
		Comparison: comparison,
	})
}

// pytorchModel returns a SPEC with PyTorch's account of it.
func (a *app) pytorchModel(args []string, f *memoryFlags) (*loaded, *memory.PyTorch, error) {
	_, options, err := f.accountOptions()
	if err != nil {
		return nil, nil, err
	}
	l, err := a.loadSound(args, &f.specFlags)
	if err != nil {
		return nil, nil, err
	}
	a.noteFolded(l)
	model, err := memory.NewPyTorch(l.network, options)
	if err != nil {
		return nil, nil, problemError("%s: %w", l.title(), err)
	}
	return l, model, nil
}

func readSnapshot(path string) (*snapshot.Peak, error) {
	file, _, err := regular.Open(path, "a snapshot of PyTorch's memory")
	if err != nil {
		return nil, problemError("%w", err)
	}
	defer file.Close()
	recorded, err := snapshot.Read(file)
	if err != nil {
		return nil, problemError("%s: %w", plain.CutPath(path), err)
	}
	peak, err := recorded.Peak()
	if err != nil {
		return nil, problemError("%s: %w", plain.CutPath(path), err)
	}
	return peak, nil
}
