package main

import (
	"io"
	"strings"

	"cnncalc/internal/report"
)

// checkColumns refuses a choice of columns where there is no table.
func checkColumns(columns []string, format report.Format) error {
	if columns != nil && format == report.JSON {
		return usageError("--columns is for tables; JSON has all of them")
	}
	return nil
}

// writeSelected writes a table, or the columns of it that were asked for.
func (a *app) writeSelected(t report.Table, columns []string, output string, format report.Format) error {
	if columns != nil {
		keys := make([]string, len(columns))
		for i, key := range columns {
			keys[i] = strings.TrimSpace(key)
		}
		var err error
		if t, err = t.Select(keys); err != nil {
			return usageError("--columns: %w", err)
		}
	}
	return a.write(output, func(w io.Writer) error { return t.Write(w, format) })
}
