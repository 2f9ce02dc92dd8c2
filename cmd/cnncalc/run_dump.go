package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"cnncalc/internal/exec"
	"cnncalc/internal/report"
	"cnncalc/internal/weights"
)

// dumper writes every layer's output to a new folder, which gets its name when all of it is there.
type dumper struct {
	program *exec.Program
	folder  string
	partial string // "" once kept
}

func newDumper(folder string, program *exec.Program) (*dumper, error) {
	if _, err := os.Lstat(folder); err == nil {
		return nil, fmt.Errorf("--dump: %s is there already: name a new folder", folder)
	}
	partial, err := os.MkdirTemp(filepath.Dir(filepath.Clean(folder)), ".cnncalc-dump-*")
	var system *os.PathError
	if errors.As(err, &system) {
		err = fmt.Errorf("the folder %s cannot be made: %w", folder, system.Err)
	}
	if err != nil {
		return nil, fmt.Errorf("--dump: %w", err)
	}
	return &dumper{program: program, folder: folder, partial: partial}, nil
}

// Computed writes NAME.npy, of shape [batch, D, H, W].
func (d *dumper) Computed(c exec.Computed) error {
	n := d.program.Network()
	out := n.Layers[c.Node].Out
	shape := []int{d.program.Batch(), int(out.D), int(out.H), int(out.W)}
	path := filepath.Join(d.partial, n.Nodes[c.Node].Name+".npy")
	err := report.WriteFile(path, func(w io.Writer) error { return weights.WriteNPY(w, shape, c.Output) })
	if err != nil {
		return fmt.Errorf("--dump: %w", err)
	}
	return nil
}

// keep gives the folder its name.
func (d *dumper) keep() error {
	if err := os.Chmod(d.partial, 0o755); err != nil {
		return fmt.Errorf("--dump: %w", err)
	}
	if err := os.Rename(d.partial, d.folder); err != nil {
		return fmt.Errorf("--dump: %w", err)
	}
	d.partial = ""
	return nil
}

// abandon removes what was written of a run that failed.
func (d *dumper) abandon() {
	if d.partial != "" {
		os.RemoveAll(d.partial)
	}
}
