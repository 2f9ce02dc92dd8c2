package report

import (
	"cnncalc/internal/figure"
)

// figureCell returns the cell of a figure. Its value for machines is in the figure's unit: times are nanoseconds.
func (u Units) figureCell(f figure.Figure, value int64) Cell {
	return Cell{Text: quantityText(value, f.Unit, u), Value: value}
}
