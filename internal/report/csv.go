package report

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"cnncalc/internal/plain"
)

// formulaStarts begin a formula in a spreadsheet. The wide forms count in some languages.
const formulaStarts = "=+-@\t\r\n＝＋－＠"

// WriteCSV writes the table for machines, by RFC 4180 with lines that end in "\n": a first line of column keys, then
// the values of the rows, whole numbers as digits and sizes as bytes. Title, footers and notes are left out.
//
// Text is escaped by [plain.Escape]. A text that starts with = + - @, a tab or a line end gets an apostrophe in front,
// because a spreadsheet would run it as a formula (OWASP, "CSV Injection"). Numbers never get one.
func (t Table) WriteCSV(w io.Writer) error {
	if err := t.check(); err != nil {
		return err
	}
	var out bytes.Buffer
	cw := csv.NewWriter(&out)
	record := make([]string, len(t.Columns))
	for i, key := range t.Keys() {
		record[i] = csvText(key)
	}
	if err := cw.Write(record); err != nil {
		return fmt.Errorf("table %q: %w", t.Title, err)
	}
	for _, row := range t.Rows {
		for i, c := range row {
			record[i] = c.csv()
		}
		if err := cw.Write(record); err != nil {
			return fmt.Errorf("table %q: %w", t.Title, err)
		}
	}
	cw.Flush()
	return writeAll(w, out.Bytes())
}

// csv returns the cell for machines. Floats have the fewest digits that read back as the same number.
func (c Cell) csv() string {
	switch v := c.Value.(type) {
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		return csvText(v)
	default:
		return ""
	}
}

func csvText(s string) string {
	escaped := plain.Escape(s)
	if s == "" {
		return escaped
	}
	if first, _ := utf8.DecodeRuneInString(s); strings.ContainsRune(formulaStarts, first) {
		return "'" + escaped
	}
	return escaped
}
