package report

import (
	"cnncalc/internal/memory"
	"cnncalc/internal/shape"
)

// PyTorchDocument is PyTorch's account in JSON.
type PyTorchDocument struct {
	Torch      memory.Torch           `json:"torch"`
	Mode       memory.Mode            `json:"mode"`
	DType      memory.DType           `json:"dtype"`
	Optimizer  memory.Optimizer       `json:"optimizer,omitempty"` // in training
	Peak       memory.PeakBytes       `json:"peak"`
	Parts      []memory.PartBytes     `json:"parts"`
	Saved      *memory.SavedBytes     `json:"saved,omitempty"`   // in training
	Volumes    *memory.VolumePeaks    `json:"volumes,omitempty"` // in inference
	SavedExact bool                   `json:"saved_exact"`       // of saved or volumes
	Layers     []PyTorchLayerDocument `json:"layers"`
	Checked    []string               `json:"checked"`
	Estimates  []string               `json:"estimates"`
	Warnings   []string               `json:"warnings"`
}

// PyTorchLayerDocument is what one layer takes.
type PyTorchLayerDocument struct {
	Name string `json:"name"`
	memory.LayerBytes
}

// NewPyTorchDocument describes an account.
func NewPyTorchDocument(n *shape.Network, a *memory.Account) *PyTorchDocument {
	d := &PyTorchDocument{
		Torch: a.Options.Torch, Mode: a.Options.Mode, DType: a.Options.DType,
		Peak: a.Peak, Parts: a.Parts, SavedExact: a.SavedExact,
		Checked: a.Checked(), Estimates: append([]string{}, a.Estimates...), Warnings: append([]string{}, a.Warnings...),
	}
	if a.Options.Mode == memory.Training {
		d.Optimizer, d.Saved = a.Options.Optimizer, &a.Saved
	} else {
		d.Volumes = &a.Volumes
	}
	for i, l := range a.Layers {
		d.Layers = append(d.Layers, PyTorchLayerDocument{n.Nodes[i].Name, l})
	}
	return d
}

// ArenaDocument is the executor's account in JSON.
type ArenaDocument struct {
	Threads   int              `json:"threads"`
	Footprint memory.Footprint `json:"footprint"`
	MaxLive   int64            `json:"max_live"` // bytes of the arena that are live at once
	Busiest   string           `json:"busiest"`  // the layer in which they are
	Buffers   []BufferDocument `json:"buffers"`
}

// BufferDocument is one place in the arena.
type BufferDocument struct {
	Name   string `json:"name"`  // of the layer
	Holds  string `json:"holds"` // "output" or "scratch"
	Offset int64  `json:"offset"`
	Bytes  int64  `json:"bytes"`
	From   string `json:"from"` // the layers during which it is live
	To     string `json:"to"`
}
