package report

import (
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// Schema names the form of all JSON documents. Figures are raw integers: values, counts, bytes.
const Schema = "cnncalc/1"

// networkDocument is a network's table in JSON: every layer, also those that make no volume.
type networkDocument struct {
	Schema  string         `json:"schema"`
	Network string         `json:"network"`
	Input   volumeDocument `json:"input"`
	// Inputs are those of a network that has several. Input is the first of them.
	Inputs []namedVolumeDocument `json:"inputs,omitempty"`
	Batch  int64                 `json:"batch"`
	Layers []layerDocument       `json:"layers" jsonschema:"counts of one picture"`
	Totals countsDocument        `json:"totals"`
	// Outputs are those of a network with heads.
	Outputs []outputDocument `json:"outputs,omitempty"`
	Memory  memoryDocument   `json:"memory" jsonschema:"bytes, for the batch"`
}

// memoryDocument is the account that was asked for.
type memoryDocument struct {
	Notes   *memory.Notes    `json:"notes,omitempty"`
	PyTorch *pytorchDocument `json:"pytorch,omitempty"`
	Run     *arenaDocument   `json:"cnncalc,omitempty"`
}

// volumeDocument is a volume in values.
type volumeDocument struct {
	Width  int64 `json:"width"`
	Height int64 `json:"height"`
	Depth  int64 `json:"depth"`
}

// layerDocument is one layer.
type layerDocument struct {
	Name     string         `json:"name"`
	Kind     string         `json:"kind"`
	Notation string         `json:"notation"`
	Inputs   []string       `json:"inputs" jsonschema:"the layers that it reads, in order"`
	Output   volumeDocument `json:"output"`
	countsDocument
	SharesWith     string         `json:"shares_weights_of,omitempty" jsonschema:"the layer that counts them"`
	ReceptiveField *fieldDocument `json:"receptive_field" jsonschema:"null where it is not known"`
	TrainingOnly   bool           `json:"training_only,omitempty"`
	Origin         string         `json:"origin,omitempty" jsonschema:"its name in the model"`
	Line           int            `json:"line,omitempty" jsonschema:"in the file, unless it is a model"`
	Column         int            `json:"column,omitempty"`
}

// namedVolumeDocument is one of several inputs.
type namedVolumeDocument struct {
	Name   string         `json:"name"`
	Volume volumeDocument `json:"volume"`
}

// outputDocument is an output of a network with heads.
type outputDocument struct {
	Name     string         `json:"name"`
	Layer    string         `json:"layer"`
	Output   volumeDocument `json:"output"`
	Training bool           `json:"training,omitempty" jsonschema:"it exists in training only"`
	Loss     float64        `json:"loss" jsonschema:"the weight of its loss"`
}

// countsDocument is what a layer or network counts.
type countsDocument struct {
	Activations int64 `json:"activations"`
	Weights     int64 `json:"weights"`
	Biases      int64 `json:"biases"`
	Parameters  int64 `json:"parameters"`
	Frozen      int64 `json:"frozen,omitempty" jsonschema:"of the parameters"`
	MACs        int64 `json:"macs"`
}

// newNetworkDocument describes a network without problems.
func newNetworkDocument(name string, n *shape.Network, batch int64, account memoryDocument) networkDocument {
	d := networkDocument{Schema: Schema, Network: name, Input: newVolumeDocument(n.InputShape()), Batch: batch,
		Totals: newCountsDocument(n.Total), Memory: account}
	fields := shape.Fields(n)
	for i, l := range n.Layers {
		node := &n.Nodes[i]
		d.Layers = append(d.Layers,
			layerDocument{node.Name, node.Op.Kind(), op.Short(node.Op), inputNames(n, i), newVolumeDocument(l.Out),
				newCountsDocument(l), sharesWith(n, i), newFieldDocument(fields[i]), n.IsTrainingOnly(i), node.Origin,
				node.Pos.Line, node.Pos.Col})
	}
	for _, i := range n.Inputs {
		if len(n.Inputs) > 1 {
			d.Inputs = append(d.Inputs, namedVolumeDocument{n.Nodes[i].Name, newVolumeDocument(n.Layers[i].Out)})
		}
	}
	for k, h := range n.Heads {
		out := n.Outputs[k]
		d.Outputs = append(d.Outputs,
			outputDocument{n.OutputName(k), n.Nodes[out].Name, newVolumeDocument(n.Layers[out].Out), h.Training, h.Loss})
	}
	return d
}

// inputNames returns the names of the layers that node i reads.
func inputNames(n *shape.Network, i int) []string {
	names := make([]string, len(n.Nodes[i].Inputs))
	for k, in := range n.Nodes[i].Inputs {
		names[k] = n.Nodes[in].Name
	}
	return names
}

// sharesWith returns the name of the layer whose weights node i uses, "" for its own.
func sharesWith(n *shape.Network, i int) string {
	if owner := n.Layers[i].Owner; owner != i {
		return n.Nodes[owner].Name
	}
	return ""
}

func newVolumeDocument(s graph.Shape) volumeDocument { return volumeDocument{s.W, s.H, s.D} }

func newCountsDocument(l shape.Layer) countsDocument {
	return countsDocument{l.Activations, l.WeightCount, l.BiasCount, l.Parameters(), l.FrozenCount, l.MACs}
}
