package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// NetworkTable returns the notes' VGG table of a network, one picture: a row for each layer that makes a new volume
// or has parameters, or for each layer of all. It goes as far as the network is checked; the totals are there
// where that is the whole network.
func NetworkTable(n *shape.Network, all bool) Table {
	t := Table{Minor: []string{"biases", "output", "layer", "macs"}, Columns: []Column{
		{Key: "name", Header: "name"},
		{Key: "layer", Header: "layer"},
		{Key: "output", Header: "output"},
		{Key: "memory", Header: "memory"},
		{Key: "weights", Header: "weights"},
		{Key: "biases", Header: "biases", Align: Right},
		{Key: "macs", Header: "MACs", Align: Right},
	}}
	for i := range n.Sound {
		if inTable(n, i, all) {
			t.Rows = append(t.Rows, layerRow(n, i))
		}
	}
	if n.Sound == len(n.Nodes) {
		total := n.Total
		t.Footer = [][]Cell{{Str("total"), {}, {}, Int(total.Activations), Int(total.WeightCount), Int(total.BiasCount),
			Int(total.MACs)}}
		t.Notes = trainingLines(n)
	}
	return t
}

// withFrozen adds the column frozen, of parameters, to a table of [NetworkTable], made with the same n and all.
func withFrozen(t Table, n *shape.Network, all bool) Table {
	t.Columns = append(t.Columns, Column{Key: "frozen", Header: "frozen", Align: Right})
	row := 0
	for i := range n.Sound {
		if inTable(n, i, all) {
			t.Rows[row] = append(t.Rows[row], Int(n.Layers[i].FrozenCount))
			row++
		}
	}
	for i := range t.Footer {
		t.Footer[i] = append(t.Footer[i], Int(n.Total.FrozenCount))
	}
	return t
}

// frozenText returns ", 9,408 trainable and 64 frozen", or "" where nothing is frozen.
func frozenText(l shape.Layer) string {
	if l.FrozenCount == 0 {
		return ""
	}
	return fmt.Sprintf(", %s trainable and %s frozen", plain.Count(l.Trainable()), plain.Count(l.FrozenCount))
}

// trainingLines returns the note about the figures of layers that exist in training only, which the totals leave out.
func trainingLines(n *shape.Network) []string {
	layers := 0
	for i := range n.Nodes {
		if n.IsTrainingOnly(i) {
			layers++
		}
	}
	if layers == 0 {
		return nil
	}
	var heads []string
	for _, h := range n.Heads {
		if h.Training {
			heads = append(heads, h.Name)
		}
	}
	return []string{fmt.Sprintf("For training only: %s. The totals have the parameters of these layers (%d), but not their "+
		"%s values and %s MACs.", plain.CutNames(strings.Join(heads, ", ")), layers,
		plain.Count(n.TrainingOnly.Activations), plain.Count(n.TrainingOnly.MACs)), ""}
}

// inTable reports whether a layer has a row.
func inTable(n *shape.Network, i int, all bool) bool {
	l := n.Layers[i]
	return all || l.Activations > 0 || l.Parameters() > 0
}

func layerRow(n *shape.Network, i int) []Cell {
	l := n.Layers[i]
	return []Cell{
		Str(n.Nodes[i].Name),
		Str(op.Short(n.Nodes[i].Op)),
		Str("[" + l.Out.String() + "]"),
		{Text: memoryText(l), Value: l.Activations},
		{Text: weightsText(n, i), Value: l.WeightCount},
		Int(l.BiasCount),
		Int(l.MACs),
	}
}

// memoryText returns the volume as the notes write it: "224*224*64=3.2M", and without the product where it is 1x1.
func memoryText(l shape.Layer) string {
	switch {
	case l.Activations == 0:
		return "0"
	case l.Out.W == 1 && l.Out.H == 1:
		return strconv.FormatInt(l.Activations, 10)
	}
	return fmt.Sprintf("%d*%d*%d=%s", l.Out.W, l.Out.H, l.Out.D, Short(l.Activations))
}

// weightsText returns the product of the weights and its value: "(3*3*64)*64 = 36,864".
func weightsText(n *shape.Network, i int) string {
	l := n.Layers[i]
	if l.Owner != i {
		return "those of " + n.Nodes[l.Owner].Name
	}
	product := weightProduct(n, i)
	if product == "" {
		return plain.Count(l.WeightCount)
	}
	return product + " = " + plain.Count(l.WeightCount)
}

// weightProduct returns the product that gives a layer's weights, as its kind writes it, or (FW*FH*C)*K from the
// dimensions of its weight tensor; "" where there is nothing to multiply.
func weightProduct(n *shape.Network, i int) string {
	l := n.Layers[i]
	if l.WeightCount == 0 {
		return ""
	}
	if own, ok := n.Nodes[i].Op.(op.WeightProduct); ok {
		return own.WeightProduct(n.InputsOf(i), l.Out)
	}
	at := slices.IndexFunc(l.Weights, func(w graph.Weight) bool { return w.Role == graph.RoleWeight })
	dims := l.Weights[at].Dims
	if len(dims) == 1 {
		return ""
	}
	factors := make([]string, len(dims)-1)
	for k, d := range dims[1:] {
		factors[len(factors)-1-k] = strconv.FormatInt(d, 10)
	}
	return fmt.Sprintf("(%s)*%d", strings.Join(factors, "*"), dims[0])
}
