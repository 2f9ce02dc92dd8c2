package main

import (
	"io"

	"cnncalc/internal/exec"
	"cnncalc/internal/report"
	"cnncalc/internal/weights"
)

// dumper writes every layer's output to a new folder.
type dumper struct {
	program *exec.Program
	folder  *report.Folder
}

// Computed writes NAME.npy, of shape [batch, D, H, W].
func (d *dumper) Computed(c exec.Computed) error {
	n := d.program.Network()
	out := n.Layers[c.Node].Out
	shape := []int{d.program.Batch(), int(out.D), int(out.H), int(out.W)}
	return d.folder.WriteFile(n.Nodes[c.Node].Name+".npy", func(w io.Writer) error {
		return weights.WriteNPY(w, shape, c.Output)
	})
}
