package report

import "cnncalc/internal/shape"

// Networks is the view of a list of networks.
type Networks []ListedNetwork

// ListedNetwork is one of a list, in JSON as it is.
type ListedNetwork struct {
	Name        string `json:"name"`
	Input       string `json:"input"`
	Layers      int    `json:"layers" jsonschema:"without the input"`
	Parameters  int64  `json:"parameters"`
	MACs        int64  `json:"macs"`
	Description string `json:"description"`
}

type networksDocument struct {
	Schema   string          `json:"schema"`
	Networks []ListedNetwork `json:"networks"`
}

// NewListedNetwork describes a network without problems.
func NewListedNetwork(name string, n *shape.Network) ListedNetwork {
	return ListedNetwork{name, n.InputShapes(), len(n.Nodes) - len(n.Inputs), n.Total.Parameters(), n.Total.MACs,
		n.Description}
}

// Document returns the networks for programs.
func (v Networks) Document() any { return networksDocument{Schema, v} }

// Table returns a row for each network. It has no sizes in bytes.
func (v Networks) Table(Units) Table {
	t := Table{Minor: []string{"layers", "input"}, Columns: []Column{
		left("name", "name"), left("input", "input"), right("layers", "layers"), right("parameters",
			"parameters"), right("macs", "MACs"),
	}}
	for _, n := range v {
		t.Rows = append(t.Rows, []Cell{Str(n.Name), Str(n.Input), Int(int64(n.Layers)), Int(n.Parameters), Int(n.MACs)})
	}
	return t
}
