package report

import (
	"cnncalc/internal/figure"
)

// figureCell returns the cell of a figure. Its value for machines is in the figure's unit: times are nanoseconds.
func (u Units) figureCell(f figure.Figure, value int64) Cell {
	switch f.Unit {
	case figure.Bytes:
		return u.size(value)
	case figure.Nanoseconds:
		return Cell{Text: secondsText(float64(value) / 1e9), Value: value}
	}
	return Int(value)
}
