// Package baseline compares a network with an earlier state of it: with another network, or with what a report said of
// it. It finds the figures that have grown beyond what is allowed, and the layers that differ.
package baseline

import (
	"fmt"
	"slices"

	"cnncalc/internal/align"
	"cnncalc/internal/figure"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// Record is what is known of the earlier network.
type Record struct {
	From    string // where it is from, for messages
	Network string // its name
	Figures []Figure
	// Layers are those of the network, with its inputs. They are nil if they are not known.
	Layers []Layer
	shapes *shape.Network // nil if the record is of a report
}

// Figure is a figure of a network with what the network is used for.
type Figure struct {
	figure.Figure
	Use   *figure.Use
	Batch int64
	Value int64
	Err   error // why the value is not known
}

// Layer is what is compared of a layer.
type Layer struct {
	Name, Notation, Output string
	Parameters, MACs       int64
}

// Of returns the record of a network without problems.
func Of(from, name string, n *shape.Network, u *figure.Use, batch int64, figures []figure.Figure) *Record {
	r := &Record{From: from, Network: name, shapes: n, Layers: layersOf(n)}
	sheet := figure.NewSheet(n, u)
	for _, f := range figures {
		value, err := sheet.Value(f, batch)
		r.Figures = append(r.Figures, Figure{f, u, batch, value, err})
	}
	return r
}

func layersOf(n *shape.Network) []Layer {
	layers := make([]Layer, len(n.Nodes))
	for i := range n.Nodes {
		l := &n.Layers[i]
		layers[i] = Layer{n.Nodes[i].Name, op.Short(n.Nodes[i].Op), l.Out.String(), l.Parameters(), l.MACs}
	}
	return layers
}

// Select keeps the figures with these names, in their order. Each must pass Check.
func (r *Record) Select(names []string) error {
	var chosen []Figure
	for _, name := range names {
		if err := r.Check(name); err != nil {
			return err
		}
		for _, f := range r.Figures {
			if f.Name == name {
				chosen = append(chosen, f)
			}
		}
	}
	r.Figures = chosen
	return nil
}

// LeaveOutTrainable leaves out the trainable parameters if these are all parameters, before and in a new network.
func (r *Record) LeaveOutTrainable(n *shape.Network) {
	value := map[string]int64{}
	for _, f := range r.Figures {
		value[f.Name] = f.Value
	}
	if n.Total.FrozenCount == 0 && value["trainable"] == value["parameters"] {
		r.Figures = slices.DeleteFunc(r.Figures, func(f Figure) bool { return f.Name == "trainable" })
	}
}

// Check returns a MissingError if the record does not have a figure, and an error if it does not know its value.
func (r *Record) Check(name string) error {
	for _, f := range r.Figures {
		if f.Name == name && f.Err != nil {
			return fmt.Errorf("%s: %w", plain.CutPath(r.From), f.Err)
		}
		if f.Name == name {
			return nil
		}
	}
	return &MissingError{r.From, name}
}

// MissingError is the error for a figure that a record does not have.
type MissingError struct{ From, Figure string }

// Error says how to write a report that has the figure.
func (e *MissingError) Error() string {
	text := plain.CutPath(e.From) + " does not have the figure " + e.Figure
	if remedy := reportWith(e.Figure); remedy != "" {
		text += "; a report of " + remedy + " has it"
	}
	return text
}

// LayerChange is a layer that was added, removed or changed.
type LayerChange struct {
	Mark     align.Mark
	Old, New *Layer // nil where there is none
	Node     int    // of the new network, or align.None
}

// Name returns the name of the layer, the new one if it has one.
func (c LayerChange) Name() string {
	if c.New != nil {
		return c.New.Name
	}
	return c.Old.Name
}

// LayerChanges returns the layers that differ in a new network, in order. It returns nil if those of the record are not
// known. Layers of a report are paired by their names, those of a network as package align pairs them.
func (r *Record) LayerChanges(n *shape.Network) []LayerChange {
	if r.Layers == nil {
		return nil
	}
	layers := layersOf(n)
	changes := []LayerChange{}
	for _, l := range r.pairs(n, layers) {
		change := LayerChange{Mark: l.Mark(), Node: l.To}
		if l.From != align.None {
			change.Old = &r.Layers[l.From]
		}
		if l.To != align.None {
			change.New = &layers[l.To]
		}
		if change.Mark == align.Same && *change.Old != *change.New && r.shapes == nil {
			change.Mark = align.Changed
		}
		if change.Mark != align.Same {
			changes = append(changes, change)
		}
	}
	return changes
}

func (r *Record) pairs(n *shape.Network, layers []Layer) []align.Layer {
	if r.shapes != nil {
		return align.Networks(r.shapes, n)
	}
	old := map[string]int{}
	for i := range r.Layers {
		old[r.Layers[i].Name] = i
	}
	var all []align.Layer
	paired := make([]bool, len(r.Layers))
	for j := range layers {
		i, ok := old[layers[j].Name]
		if !ok {
			i = align.None
		} else {
			paired[i] = true
		}
		all = append(all, align.Layer{From: i, To: j})
	}
	for i := range r.Layers {
		if !paired[i] {
			all = append(all, align.Layer{From: i, To: align.None})
		}
	}
	return all
}
