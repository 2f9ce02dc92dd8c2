package report

import (
	"fmt"
	"strconv"
	"time"

	"cnncalc/internal/plain"
)

// View is one report: a struct of figures that a command fills, and how they are shown. A new report is such a struct
// in a file here, with these two methods.
type View interface {
	// Table returns the figures for people and spreadsheets, with sizes for people in these units.
	Table(Units) Table
	// Document returns the figures for programs: a value that marshals to a JSON object with the [Schema].
	Document() any
}

func left(key, header string) Column { return Column{Key: key, Header: header} }

func right(key, header string) Column { return Column{Key: key, Header: header, Align: Right} }

// dash returns the cell of a figure that does not exist.
func dash() Cell { return Cell{Text: "-", Value: ""} }

// size returns a cell of bytes.
func (u Units) size(bytes int64) Cell { return Cell{Text: Bytes(bytes, u), Value: bytes} }

// decimal returns a cell of a number that people read with so many digits after the point.
func decimal(x float64, digits int) Cell {
	return Cell{Text: strconv.FormatFloat(x, 'f', digits, 64), Value: x}
}

// seconds returns a cell of a time, whose value is in seconds.
func seconds(s float64) Cell { return Cell{Text: secondsText(s), Value: s} }

// secondsText writes seconds, also those that are too many for a time.Duration.
func secondsText(s float64) string {
	if s > 1e9 {
		return fmt.Sprintf("%.3g s", s)
	}
	return plain.Duration(time.Duration(s * float64(time.Second)))
}
