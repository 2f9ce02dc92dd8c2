package main

import (
	"io"
	"strings"

	"cnncalc/internal/report"
)

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
