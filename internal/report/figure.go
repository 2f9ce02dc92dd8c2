package report

import (
	"time"

	"cnncalc/internal/figure"
	"cnncalc/internal/plain"
)

// figureCell returns the cell of a figure. Its value for machines is in the figure's unit: times are nanoseconds.
func (u Units) figureCell(f figure.Figure, value int64) Cell {
	return Cell{Text: quantityText(value, f.Unit, u), Value: value}
}

// quantityText formats a quantity, or a difference of two, for people.
func quantityText(n int64, unit figure.Unit, units Units) string {
	switch {
	case unit == figure.Bytes:
		return Bytes(n, units)
	case unit != figure.Nanoseconds:
		return plain.Count(n)
	case n < 0:
		return "-" + quantityText(-n, unit, units)
	case n < 10_000:
		return plain.Count(n) + " ns"
	}
	return plain.Duration(time.Duration(n))
}
