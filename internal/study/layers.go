package study

import (
	"time"

	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

func nanoseconds(n int64) time.Duration { return time.Duration(n) }

// variables returns those of the file, with a slider from about a quarter of each value to four times of it.
func variables(f *network.File, o graph.Options) []Variable {
	vars := []Variable{}
	for _, name := range f.Variables() {
		v := Variable{Name: name, Values: f.Variable(name), File: f.Variable(name)}
		if set, ok := o.Vars[name]; ok {
			v.Values = set
		}
		if len(v.File) == 1 {
			v.Min, v.Max = min(v.File[0], 1), max(4*v.File[0], 4)
			if v.File[0] >= 8 {
				v.Min = v.File[0] / 4
			}
		}
		vars = append(vars, v)
	}
	return vars
}

func inputs(n *shape.Network) []Input {
	list := []Input{}
	for _, i := range n.Inputs {
		list = append(list, Input{n.Nodes[i].Name, n.Layers[i].Out.String()})
	}
	return list
}

// layers adds those before the first problem.
func (m *maker) layers() {
	n := m.network
	m.Layers = make([]Layer, 0, n.Sound)
	for i := range n.Sound {
		node, l := &n.Nodes[i], n.Layers[i]
		layer := Layer{
			Name: node.Name, Origin: node.Origin, Kind: node.Op.Kind(), Text: op.Short(node.Op), Within: node.Within.String(),
			Output: l.Out.String(), Values: l.Activations, Weights: l.WeightCount, Biases: l.BiasCount,
			Parameters: l.Parameters(), Frozen: l.FrozenCount, MACs: l.MACs, Training: n.IsTrainingOnly(i),
			Line: node.Pos.Line, Column: node.Pos.Col,
		}
		for _, in := range node.Inputs {
			layer.Inputs = append(layer.Inputs, n.Nodes[in].Name)
		}
		m.Layers = append(m.Layers, layer)
	}
	if m.Sound {
		m.fields()
	}
}

// fields adds the receptive fields.
func (m *maker) fields() {
	for i, f := range shape.Fields(m.network) {
		if f.W.Unknown != "" || f.H.Unknown != "" {
			continue
		}
		m.Layers[i].Field = &Field{
			Size:  [2]int64{f.W.Size, f.H.Size},
			Jump:  [2]float64{f.W.Jump.Float(), f.H.Jump.Float()},
			Start: [2]int64{f.W.Start, f.H.Start},
		}
	}
}
