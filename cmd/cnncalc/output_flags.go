package main

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"cnncalc/internal/choice"
	"cnncalc/internal/report"
)

// outputFlags say how a command prints its report, and where to. A command registers those that it has, and reads them
// with parse before it does any work.
type outputFlags struct {
	formats []string // that the command writes
	format  string
	units   string
	columns []string
	path    string
}

// registerFormat adds --format for a command that writes these formats, the first where none is given.
func (f *outputFlags) registerFormat(flags *pflag.FlagSet, formats ...report.Format) {
	for _, format := range formats {
		f.formats = append(f.formats, string(format))
	}
	flags.StringVar(&f.format, "format", f.formats[0], choice.List(f.formats))
}

// registerTable adds --format for a command that writes tables and documents.
func (f *outputFlags) registerTable(flags *pflag.FlagSet) {
	f.registerFormat(flags, report.Text, report.Markdown, report.CSV, report.JSON)
}

// outputUsage describes --output.
const outputUsage = "write to this file, completely or not at all"

func (f *outputFlags) registerPath(flags *pflag.FlagSet) {
	flags.StringVarP(&f.path, "output", "o", "", outputUsage)
}

func (f *outputFlags) registerUnits(flags *pflag.FlagSet) {
	flags.StringVar(&f.units, "units", string(report.IEC), "iec (1 GiB = 2^30 bytes) or si (1 GB = 10^9)")
}

func (f *outputFlags) registerColumns(flags *pflag.FlagSet, usage string) {
	flags.StringSliceVar(&f.columns, "columns", nil, usage)
}

// registerBatch adds --batch, which is 1 by default.
func registerBatch(flags *pflag.FlagSet, batch *int64, usage string) {
	numberVar(flags, batch, "batch", 1, usage)
}

func checkBatch(batch int64) error {
	if batch < 1 {
		return usageError("--batch must be 1 or more, not %d", batch)
	}
	return nil
}

// output is how a report is printed, and where to.
type output struct {
	format  report.Format
	units   report.Units
	columns []string // nil for all
	path    string   // "" for standard output
}

// parse reads the flags of the named command. Those that it has not registered have their defaults.
func (f *outputFlags) parse(command string) (output, error) {
	o := output{format: report.Text, units: report.IEC, columns: f.columns, path: f.path}
	var err error
	if f.formats != nil {
		if o.format, err = report.ParseFormat(f.format); err != nil {
			return o, usageError("--format: %w", err)
		}
		if !slices.Contains(f.formats, f.format) {
			return o, usageError("--format: %s writes %s, not %s", command, choice.List(f.formats), f.format)
		}
	}
	if f.units != "" {
		if o.units, err = report.ParseUnits(f.units); err != nil {
			return o, usageError("--units: %w", err)
		}
	}
	if o.columns != nil && o.format == report.JSON {
		return o, usageError("--columns is for tables; JSON has all columns")
	}
	return o, nil
}

// print writes a report.
func (a *app) print(o output, v report.View) error {
	if o.format == report.JSON {
		return a.write(o.path, func(w io.Writer) error { return report.WriteJSON(w, v.Document()) })
	}
	return a.printTable(o, v.Table(o.units))
}

// printTable writes a table, or the columns of it that were asked for.
func (a *app) printTable(o output, t report.Table) error {
	if o.columns != nil {
		keys := make([]string, len(o.columns))
		for i, key := range o.columns {
			keys[i] = strings.TrimSpace(key)
		}
		var err error
		if t, err = t.Select(keys); err != nil {
			return usageError("--columns: %w", err)
		}
	}
	return a.write(o.path, func(w io.Writer) error { return t.Write(w, o.format) })
}
