package report

import (
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// Schema names the form of all JSON documents. Figures are raw integers: values, counts, bytes.
const Schema = "cnncalc/1"

// NetworkDocument is a network's table in JSON: every layer, also those that make no volume.
type NetworkDocument struct {
	Schema  string          `json:"schema"`
	Network string          `json:"network"`
	Input   ShapeDocument   `json:"input"`
	Batch   int64           `json:"batch"`
	Layers  []LayerDocument `json:"layers"` // counts of one picture
	Totals  CountsDocument  `json:"totals"`
	Memory  MemoryDocument  `json:"memory"` // bytes, for the batch
}

// MemoryDocument is the account that was asked for.
type MemoryDocument struct {
	Notes   *memory.Notes    `json:"notes,omitempty"`
	PyTorch *PyTorchDocument `json:"pytorch,omitempty"`
	CNNCalc *ArenaDocument   `json:"cnncalc,omitempty"`
}

// ShapeDocument is a volume in values.
type ShapeDocument struct {
	Width  int64 `json:"width"`
	Height int64 `json:"height"`
	Depth  int64 `json:"depth"`
}

// LayerDocument is one layer.
type LayerDocument struct {
	Name     string        `json:"name"`
	Kind     string        `json:"kind"`
	Notation string        `json:"notation"`
	Output   ShapeDocument `json:"output"`
	CountsDocument
	ReceptiveField *FieldDocument `json:"receptive_field"` // null where it is not known
}

// CountsDocument is what a layer or network counts.
type CountsDocument struct {
	Activations int64 `json:"activations"`
	Weights     int64 `json:"weights"`
	Biases      int64 `json:"biases"`
	Parameters  int64 `json:"parameters"`
	MACs        int64 `json:"macs"`
}

// NewNetworkDocument describes a network without problems.
func NewNetworkDocument(name string, n *shape.Network, batch int64, account MemoryDocument) NetworkDocument {
	d := NetworkDocument{Schema: Schema, Network: name, Input: shapeDocument(n.InputShape()), Batch: batch, Totals: countsDocument(n.Total), Memory: account}
	fields := shape.Fields(n)
	for i, l := range n.Layers {
		node := &n.Nodes[i]
		d.Layers = append(d.Layers, LayerDocument{node.Name, node.Op.Kind(), op.Short(node.Op), shapeDocument(l.Out), countsDocument(l),
			fieldDocument(fields[i])})
	}
	return d
}

func shapeDocument(s graph.Shape) ShapeDocument { return ShapeDocument{s.W, s.H, s.D} }

func countsDocument(l shape.Layer) CountsDocument {
	return CountsDocument{l.Activations, l.WeightCount, l.BiasCount, l.Parameters(), l.MACs}
}
