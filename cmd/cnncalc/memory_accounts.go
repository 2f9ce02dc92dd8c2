package main

import (
	"cnncalc/internal/exec"
	"cnncalc/internal/memory"
	"cnncalc/internal/report"
)

// notesMemory makes the notes' account.
func (l *loaded) notesMemory(f *memoryFlags, o memory.Options) (report.View, error) {
	account, err := memory.NewNotes(l.network, f.batch, o.DType, o.Optimizer)
	if err != nil {
		return nil, problemError("%s: %w", l.title(), err)
	}
	return &report.NotesMemory{
		Title: l.title(), Network: l.network, Account: account,
		Mode: memory.Mode(f.mode), DType: o.DType, Optimizer: o.Optimizer,
		Rows: f.rows(), More: f.columns != nil,
	}, nil
}

// pytorchMemory makes PyTorch's account.
func (l *loaded) pytorchMemory(f *memoryFlags, o memory.Options) (report.View, error) {
	model, err := memory.NewPyTorch(l.network, o)
	if err != nil {
		return nil, problemError("%s: %w", l.title(), err)
	}
	account, err := model.Account(f.batch)
	if err != nil {
		return nil, problemError("%s: %w", l.title(), err)
	}
	return &report.PyTorchMemory{Title: l.title(), Network: l.network, Account: account, Rows: f.rows(),
		More: f.columns != nil}, nil
}

// runMemory makes the account of cnncalc run. It is exact, but depends on the processor and the number of threads, as
// the kernels do.
func (l *loaded) runMemory(f *memoryFlags) (report.View, error) {
	threads := defaultThreads()
	program, err := l.planRun(f.batch, threads)
	if err != nil {
		return nil, err
	}
	return &report.RunMemory{
		Title: l.title(), Network: program.Network(), Batch: f.batch, Threads: threads,
		Arena: program.Arena(), Footprint: program.Footprint(), More: f.columns != nil,
	}, nil
}

// planRun plans what cnncalc run does without flags for its algorithms.
func (l *loaded) planRun(batch int64, threads int) (*exec.Program, error) {
	program, err := exec.Plan(l.network, batch, threads)
	if err != nil {
		return nil, problemError("%s: %w", l.title(), err)
	}
	return program, nil
}
