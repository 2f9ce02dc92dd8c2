package report

import (
	"fmt"
	"strconv"

	"cnncalc/internal/graph"
	"cnncalc/internal/shape"
)

// fieldColumns are the size, jump and start of the receptive field of a value of the output.
func fieldColumns(n *shape.Network) []layerColumn {
	fields := shape.Fields(n)
	columns := make([]layerColumn, 3)
	for k, key := range []string{"field", "jump", "start"} {
		cell := func(r layerRow) Cell { return fieldCells(fields[r.last()], n.InputShape())[k] }
		columns[k] = layerColumn{right(key, key), cell, Cell{}}
	}
	return columns
}

// fieldCells returns the size, jump and start of a field. People read "all" where it is the whole picture, a dash where
// there is no jump, and a question mark where nothing is known.
func fieldCells(f shape.Field, picture graph.Shape) []Cell {
	unknown := Cell{Text: "?", Value: ""}
	if f.W.Unknown != "" || f.H.Unknown != "" {
		return []Cell{unknown, unknown, unknown}
	}
	cells := []Cell{pairCell("%dx%d", f.W.Size, f.H.Size), ratioCell(f.W.Jump, f.H.Jump),
		pairCell("[%d,%d]", f.W.Start, f.H.Start)}
	if isWhole(f, picture) {
		cells[0].Text, cells[2].Text = "all", "-"
	}
	if f.W.IsShared() && f.H.IsShared() {
		cells[1].Text = "-"
	}
	return cells
}

// isWhole reports whether every value is computed from the whole picture.
func isWhole(f shape.Field, picture graph.Shape) bool {
	return f.W.IsShared() && f.H.IsShared() && f.W.Size == picture.W && f.H.Size == picture.H
}

// pairCell returns one number where both axes have the same, else both in the given form.
func pairCell(form string, w, h int64) Cell {
	if w == h {
		return Cell{Text: strconv.FormatInt(w, 10), Value: w}
	}
	return Str(fmt.Sprintf(form, w, h))
}

func ratioCell(w, h shape.Ratio) Cell {
	switch {
	case w != h:
		return Str(ratioText(w) + "x" + ratioText(h))
	case w.Den == 1:
		return Cell{Text: ratioText(w), Value: w.Num}
	}
	return Cell{Text: ratioText(w), Value: w.Float()}
}

// ratioText returns "32" or "1/2".
func ratioText(r shape.Ratio) string {
	if r.Den == 1 {
		return strconv.FormatInt(r.Num, 10)
	}
	return fmt.Sprintf("%d/%d", r.Num, r.Den)
}

// FieldText describes a field in words: "7x7 pixels of the picture, jump 1, from pixel -3 on".
func FieldText(f shape.Field, picture graph.Shape) string {
	for _, axis := range []shape.FieldAxis{f.W, f.H} {
		if axis.Unknown != "" {
			return "not known: " + axis.Unknown
		}
	}
	cells := fieldCells(f, picture)
	size := fmt.Sprintf("%dx%d pixels of the picture", f.W.Size, f.H.Size)
	switch {
	case isWhole(f, picture):
		return size + ": all of it"
	case f.W.IsShared() && f.H.IsShared():
		return fmt.Sprintf("%s, the same for every value, from pixel %s on", size, cells[2].Text)
	}
	return fmt.Sprintf("%s, jump %s, from pixel %s on", size, cells[1].Text, cells[2].Text)
}

// fieldDocument is a receptive field in JSON, in pixels of the picture.
type fieldDocument struct {
	Field pairDocument[int64]   `json:"field"`
	Jump  pairDocument[float64] `json:"jump" jsonschema:"0 where every value sees the same pixels"`
	Start pairDocument[int64]   `json:"start"`
}

// pairDocument is a figure for each axis.
type pairDocument[T any] struct {
	Width  T `json:"width"`
	Height T `json:"height"`
}

// newFieldDocument returns nil where the field is not known.
func newFieldDocument(f shape.Field) *fieldDocument {
	if f.W.Unknown != "" || f.H.Unknown != "" {
		return nil
	}
	return &fieldDocument{
		Field: pairDocument[int64]{f.W.Size, f.H.Size},
		Jump:  pairDocument[float64]{f.W.Jump.Float(), f.H.Jump.Float()},
		Start: pairDocument[int64]{f.W.Start, f.H.Start},
	}
}
