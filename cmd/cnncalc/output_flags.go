package main

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"cnncalc/internal/choice"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
)

// outputFlags say how a command prints its report, and where to. A command registers those that it has, and reads them
// with parse before it does any work.
type outputFlags struct {
	flags   *pflag.FlagSet  // that the others are registered in; nil for a command that only writes text
	formats []report.Format // that the command writes
	format  string
	units   string
	columns []string
	path    string
}

// registerFormat adds --format for a command that writes these formats, the first where none is given.
func (f *outputFlags) registerFormat(flags *pflag.FlagSet, formats ...report.Format) {
	f.flags, f.formats = flags, formats
	wordVar(flags, &f.format, "format", string(formats[0]), f.formatNames(), choice.List(f.formatNames()))
}

func (f *outputFlags) formatNames() []string {
	names := make([]string, len(f.formats))
	for i, format := range f.formats {
		names[i] = string(format)
	}
	return names
}

// registerTable adds --format for a command that writes tables and documents.
func (f *outputFlags) registerTable(flags *pflag.FlagSet) {
	f.registerFormat(flags, report.TableFormats()...)
}

// outputUsage describes --output.
const outputUsage = "write to this file, completely or not at all; its ending chooses the format"

// registerPath adds --output. It comes after registerFormat, where a command has more than one format.
func (f *outputFlags) registerPath(flags *pflag.FlagSet) {
	if f.formats == nil {
		f.formats = []report.Format{report.Text}
	}
	flags.StringVarP(&f.path, "output", "o", "", outputUsage)
}

func (f *outputFlags) registerUnits(flags *pflag.FlagSet) {
	wordVar(flags, &f.units, "units", string(report.IEC), report.UnitNames(),
		"iec (1 GiB = 2^30 bytes) or si (1 GB = 10^9)")
}

// registerColumns adds --columns for a table with these.
func (f *outputFlags) registerColumns(flags *pflag.FlagSet, columns ...string) {
	wordsVar(flags, &f.columns, "columns", columns, "columns to print, in order: "+strings.Join(columns, ","))
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
	o := output{format: report.Text, units: report.IEC, columns: slices.Clone(f.columns), path: f.path}
	for i, key := range o.columns {
		o.columns[i] = strings.TrimSpace(key)
	}
	var err error
	if f.formats != nil {
		if o.format, err = f.chosenFormat(command); err != nil {
			return o, err
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

// chosenFormat returns the format of --format, or else that of the output's ending. One that the command does not write
// is an error, and so are two that differ.
func (f *outputFlags) chosenFormat(command string) (report.Format, error) {
	given, err := f.givenFormat(command)
	if err != nil {
		return "", err
	}
	ending := report.Ending(f.path)
	byEnding := report.FormatOf(ending, f.formats)
	switch {
	case given != "" && byEnding != "" && given != byEnding && given.Ending() == "":
		return "", usageError("--format %s and the ending %s contradict each other: leave out one of them", given, ending)
	case given != "" && byEnding != "" && given != byEnding:
		return "", usageError("--format %s and the ending %s contradict each other: leave out --format, or name the file *%s",
			given, ending, given.Ending())
	case given != "":
		return given, nil
	case ending == "":
		return f.formats[0], nil
	case !slices.Contains(f.formats, byEnding):
		return "", f.endingError(command, ending)
	}
	return byEnding, nil
}

// givenFormat returns the format of --format, "" where it is not given.
func (f *outputFlags) givenFormat(command string) (report.Format, error) {
	if f.flags == nil || !f.flags.Changed("format") {
		return "", nil
	}
	if known := report.Formats(); slices.Contains(known, f.format) && !slices.Contains(f.formatNames(), f.format) {
		return "", usageError("--format: %s writes %s, not %s", command, choice.List(f.formatNames()), f.format)
	}
	format, err := choice.Parse[report.Format](f.format, "a format that "+command+" writes", f.formatNames())
	if err != nil {
		return "", usageError("--format: %w", err)
	}
	return format, nil
}

// endingError returns the error for an output with an ending that the command does not write.
func (f *outputFlags) endingError(command, ending string) error {
	var written []string
	for _, format := range f.formats {
		if format.Ending() != "" {
			written = append(written, format.Ending())
		}
	}
	remedy := "name the file *" + written[0]
	if f.flags != nil {
		remedy = "with --format, a file may have any other ending"
	}
	return usageError("--output %s: %s writes %s, not %s; %s", plain.CutPath(f.path), command, choice.List(written),
		plain.Cut(ending), remedy)
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
		var err error
		if t, err = t.Select(o.columns); err != nil {
			return usageError("--columns: %w", err)
		}
	} else if o.format == report.Text {
		t = t.On(a.screen(o.path))
	}
	return a.write(o.path, func(w io.Writer) error { return t.Write(w, o.format) })
}
