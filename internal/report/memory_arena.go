package report

import (
	"fmt"

	"cnncalc/internal/memory"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
)

// ArenaMemory is the view of a small device's arena, and of the order of execution that holds the least.
type ArenaMemory struct {
	Title string
	Batch int64
	DType memory.DType
	Order *memory.ArenaOrder
	More  bool // with the column that --columns chooses in addition
}

type arenaOrderDocument struct {
	Schema  string              `json:"schema"`
	Network string              `json:"network"`
	Batch   int64               `json:"batch"`
	DType   memory.DType        `json:"dtype"`
	Given   int64               `json:"given" jsonschema:"the peak in the order of the file, in bytes"`
	Peak    int64               `json:"peak" jsonschema:"in the order of the steps"`
	Exact   bool                `json:"exact" jsonschema:"no order has a lower peak"`
	Least   int64               `json:"least" jsonschema:"no order has a lower peak than this"`
	Arena   int64               `json:"arena" jsonschema:"what the layout takes"`
	Steps   []arenaStepDocument `json:"steps"`
}

type arenaStepDocument struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes" jsonschema:"of the volume that it computes"`
	Held   int64  `json:"held" jsonschema:"while it runs"`
	Offset int64  `json:"offset" jsonschema:"of the volume in the arena"`
}

// Document returns the account for programs.
func (v *ArenaMemory) Document() any {
	o := v.Order
	d := arenaOrderDocument{Schema: Schema, Network: v.Title, Batch: v.Batch, DType: v.DType, Given: o.Given,
		Peak: o.Peak, Exact: o.Exact, Least: o.Least, Arena: o.Arena}
	for _, t := range o.Tasks {
		d.Steps = append(d.Steps, arenaStepDocument{o.Network.Nodes[t.Node].Name, t.Bytes, t.Held, t.Offset})
	}
	return d
}

// Table has a row for each volume, in the order of execution.
func (v *ArenaMemory) Table(units Units) Table {
	t := Table{
		Title: fmt.Sprintf("%s: an arena of %s values, batch %s", v.Title, v.DType, plain.Count(v.Batch)),
		Columns: []Column{
			right("step", "step"), left("name", "name"), left("layer", "layer"), left("output", "output"),
			right("bytes", "bytes"), right("held", "held"), right("offset", "offset"),
		},
		Notes: v.notes(units), Minor: []string{"step", "offset", "layer"},
	}
	if v.More {
		t.Columns = append(t.Columns, left("origin", "origin"))
	}
	for at, task := range v.Order.Tasks {
		node, out := &v.Order.Network.Nodes[task.Node], v.Order.Network.Layers[task.Node].Out
		row := []Cell{
			Int(int64(at + 1)), Str(node.Name), Str(op.Short(node.Op)), Str("[" + out.String() + "]"),
			Int(task.Bytes), Int(task.Held), Int(task.Offset),
		}
		if v.More {
			row = append(row, Str(originOf(node)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (v *ArenaMemory) notes(units Units) []string {
	o := v.Order
	peak := "no order holds less"
	if !o.Exact {
		peak = "not all orders were tried; none holds less than " + BothSizes(o.Least, units)
	}
	given := fmt.Sprintf("In the order of the file they are %s.", BothSizes(o.Given, units))
	if o.Given == o.Peak {
		given = "The order of the file holds no more."
	}
	return []string{
		fmt.Sprintf("At most %s are held at once, in the order of the table: %s.", BothSizes(o.Peak, units), peak),
		given,
		fmt.Sprintf("Laid out, the arena takes %s, each volume aligned to 16 bytes.", BothSizes(o.Arena, units)),
		"A layer reads its inputs and writes to memory of its own. BN, activations and FLATTEN are computed in place where " +
			"nothing else reads their input. Inputs are in the arena; weights and scratch are not.",
	}
}
