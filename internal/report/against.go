package report

import (
	"fmt"

	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
	"cnncalc/internal/snapshot"
)

// Against is the view of a predicted peak beside a recorded one.
type Against struct {
	Title, File string
	Batch       int64
	Options     memory.Options
	Device      int
	*snapshot.Comparison
}

// mostListed is how many tensors and allocations the notes name.
const mostListed = 10

type againstDocument struct {
	Schema     string             `json:"schema"`
	Network    string             `json:"network"`
	Snapshot   string             `json:"snapshot"`
	Device     int                `json:"device"`
	Batch      int64              `json:"batch"`
	Mode       memory.Mode        `json:"mode"`
	DType      memory.DType       `json:"dtype"`
	Optimizer  memory.Optimizer   `json:"optimizer,omitempty" jsonschema:"in training"`
	Torch      memory.Torch       `json:"torch"`
	Peak       predictedDocument  `json:"peak" jsonschema:"bytes, in whole blocks of the allocator"`
	Reserved   predictedDocument  `json:"reserved" jsonschema:"bytes of segments; an estimate"`
	Parts      []foundDocument    `json:"parts"`
	Missing    []tensorDocument   `json:"missing" jsonschema:"predicted, but not in the recording"`
	Unexpected []recordedDocument `json:"unexpected" jsonschema:"in the recording, but not predicted"`
}

type predictedDocument struct {
	Predicted int64 `json:"predicted"`
	Recorded  int64 `json:"recorded"`
}

type foundDocument struct {
	Part      memory.Part `json:"part"`
	Predicted int64       `json:"predicted"`
	Found     int64       `json:"found"`
}

type tensorDocument struct {
	Name  string      `json:"name"`
	Part  memory.Part `json:"part"`
	Bytes int64       `json:"bytes"`
}

type recordedDocument struct {
	Bytes int64  `json:"bytes"`
	Frame string `json:"frame,omitempty" jsonschema:"where it was allocated"`
}

// Document returns the comparison for programs.
func (v *Against) Document() any {
	d := againstDocument{
		Schema: Schema, Network: v.Title, Snapshot: v.File, Device: v.Device, Batch: v.Batch, Mode: v.Options.Mode,
		DType: v.Options.DType, Torch: v.Options.Torch,
		Peak:     predictedDocument{v.Predicted, v.Recorded},
		Reserved: predictedDocument{v.PredictedReserved, v.RecordedReserved},
		Parts:    []foundDocument{}, Missing: []tensorDocument{}, Unexpected: []recordedDocument{},
	}
	if v.Options.Mode == memory.Training {
		d.Optimizer = v.Options.Optimizer
	}
	for _, p := range v.Parts {
		d.Parts = append(d.Parts, foundDocument(p))
	}
	for _, t := range v.Missing {
		d.Missing = append(d.Missing, tensorDocument(t))
	}
	for _, a := range v.Others {
		d.Unexpected = append(d.Unexpected, recordedDocument{a.Bytes, a.Frame})
	}
	return d
}

// Table has a row for each part, with what of it the recording has.
func (v *Against) Table(units Units) Table {
	t := Table{
		Title: fmt.Sprintf("%s, batch %s, beside %s", v.Title, plain.Count(v.Batch), v.File),
		Columns: []Column{left("part", "part"), right("predicted", "predicted"), right("found", "found in the recording"),
			right("missing", "missing")},
		Notes: v.notes(units),
	}
	size := func(bytes int64) Cell { return Cell{Text: Bytes(bytes, units), Value: bytes} }
	for _, p := range v.Parts {
		t.Rows = append(t.Rows,
			[]Cell{Str(string(p.Part)), size(p.Predicted), size(p.Found), size(p.Predicted - p.Found)})
	}
	t.Rows = append(t.Rows, []Cell{Str("not predicted"), dash(), size(v.OtherBytes()), dash()})
	t.Footer = [][]Cell{{Str("peak"), size(v.Predicted), size(v.Recorded), size(v.Predicted - v.Recorded)}}
	return t
}

func (v *Against) notes(units Units) []string {
	notes := []string{
		fmt.Sprintf("The recorded peak, of device %d, is %s; %s was predicted (%s).", v.Device, BothSizes(v.Recorded, units),
			BothSizes(v.Predicted, units), offBy(v.Predicted, v.Recorded)),
	}
	if v.PredictedReserved > 0 {
		notes = append(notes, fmt.Sprintf("Reserved by the allocator: %s, %s beyond the peak; an estimated %s was predicted.",
			Bytes(v.RecordedReserved, units), Bytes(v.RecordedReserved-v.Recorded, units), Bytes(v.PredictedReserved, units)))
	}
	notes = append(notes, "Tensors are found by their size alone, in whole blocks of 512 bytes: among parts with tensors "+
		"of the same size, the first gets them.")
	if len(v.Missing) > 0 {
		notes = append(notes, "", "The largest tensors that the recording lacks:")
		for _, tensor := range v.Missing[:min(len(v.Missing), mostListed)] {
			notes = append(notes, fmt.Sprintf("  %s  %s (%s)", Bytes(tensor.Bytes, units), tensor.Name, tensor.Part))
		}
	}
	if len(v.Others) > 0 {
		notes = append(notes, "", "The largest allocations that were not predicted:")
		for _, a := range v.Others[:min(len(v.Others), mostListed)] {
			frame := a.Frame
			if frame == "" {
				frame = "without a stack in the recording"
			}
			notes = append(notes, fmt.Sprintf("  %s  %s", Bytes(a.Bytes, units), frame))
		}
	}
	return notes
}

// offBy says by how much a prediction differs from what was recorded.
func offBy(predicted, recorded int64) string {
	switch {
	case predicted == recorded:
		return "the same"
	case predicted > recorded:
		return fmt.Sprintf("%.2f%% too much", percent(predicted-recorded, recorded))
	}
	return fmt.Sprintf("%.2f%% too little", percent(recorded-predicted, recorded))
}
