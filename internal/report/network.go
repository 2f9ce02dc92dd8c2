package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/explain"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// NetworkTable returns the notes' VGG table of a network, one picture: a row for each layer that makes a new volume
// or has parameters, or for each layer of all, with blocks folded as asked. It goes as far as the network is checked;
// the totals are there where that is the whole network.
func NetworkTable(n *shape.Network, o LayerRows) Table { return networkTable(n, o, nil) }

// NetworkColumns are the keys of the notes' table and, from field on, of the columns that are in it only if chosen.
func NetworkColumns() []string {
	return []string{"name", "layer", "output", "memory", "weights", "biases", "macs", "field", "jump", "start",
		"frozen", "input", "origin", "parameters", "%memory", "%parameters", "%macs"}
}

// CheckNetworkColumns returns an error for keys that cannot be chosen from NetworkColumns.
func CheckNetworkColumns(keys []string) error {
	var t Table
	for _, key := range NetworkColumns() {
		t.Columns = append(t.Columns, left(key, key))
	}
	_, err := t.Select(keys)
	return err
}

func networkTable(n *shape.Network, o LayerRows, extra []layerColumn) Table {
	rows := o.of(n, n.Sound, func(i int) bool { return n.Layers[i].Activations > 0 || n.Layers[i].Parameters() > 0 })
	isWhole := n.Sound == len(n.Nodes)
	t := layerTable(rows, append(notesColumns(n), extra...), isWhole)
	t.Minor = []string{"biases", "output", "layer", "macs", "weights"}
	if isWhole {
		t.Notes = trainingLines(n)
	}
	return t
}

// notesColumns are the columns of the notes' table.
func notesColumns(n *shape.Network) []layerColumn {
	counts := func(figure func(shape.Layer) int64) func(r layerRow) Cell {
		return func(r layerRow) Cell { return Int(r.sum(func(i int) int64 { return figure(n.Layers[i]) })) }
	}
	volumes, weights := counts(activationsOf), counts(weightCountOf)
	memory := func(r layerRow) Cell {
		if r.block != nil {
			return volumes(r)
		}
		l := n.Layers[r.first()]
		return Cell{Text: memoryText(l), Value: l.Activations}
	}
	products := func(r layerRow) Cell {
		if r.block != nil {
			return weights(r)
		}
		return Cell{Text: explain.Weights(n, r.first()), Value: n.Layers[r.first()].WeightCount}
	}
	total := n.Total
	return append(nameColumns(n),
		layerColumn{left("memory", "memory"), memory, Int(total.Activations)},
		layerColumn{left("weights", "weights"), products, Int(total.WeightCount)},
		layerColumn{right("biases", "biases"), counts(biasCountOf), Int(total.BiasCount)},
		layerColumn{right("macs", "MACs"), counts(macsOf), Int(total.MACs)},
	)
}

// moreColumns are those that --columns chooses from in addition to the notes'.
func moreColumns(n *shape.Network) []layerColumn {
	of := func(figure func(shape.Layer) int64) func(int) int64 {
		return func(i int) int64 { return figure(n.Layers[i]) }
	}
	parameters := func(r layerRow) Cell { return Int(r.sum(of(shape.Layer.Parameters))) }
	total := n.Total
	return slices.Concat(fieldColumns(n), []layerColumn{
		frozenColumn(n),
		inputColumn(n),
		originColumn(n),
		{right("parameters", "parameters"), parameters, Int(total.Parameters())},
		shareColumn("memory", total.Activations, of(activationsOf)),
		shareColumn("parameters", total.Parameters(), of(shape.Layer.Parameters)),
		shareColumn("macs", total.MACs, of(macsOf)),
	})
}

// frozenColumn has the parameters that are frozen.
func frozenColumn(n *shape.Network) layerColumn {
	frozen := func(r layerRow) Cell { return Int(r.sum(func(i int) int64 { return n.Layers[i].FrozenCount })) }
	return layerColumn{right("frozen", "frozen"), frozen, Int(n.Total.FrozenCount)}
}

func activationsOf(l shape.Layer) int64 { return l.Activations }
func weightCountOf(l shape.Layer) int64 { return l.WeightCount }
func biasCountOf(l shape.Layer) int64   { return l.BiasCount }
func macsOf(l shape.Layer) int64        { return l.MACs }

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
	return []string{fmt.Sprintf("For training only: %s, and the layers that no other output needs (%d). The totals have "+
		"the parameters of these layers, but not their %s values and %s MACs.", plain.CutNames(strings.Join(heads, ", ")),
		layers, plain.Count(n.TrainingOnly.Activations), plain.Count(n.TrainingOnly.MACs)), ""}
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
