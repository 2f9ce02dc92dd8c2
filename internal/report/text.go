package report

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"cnncalc/internal/plain"
)

// WriteText writes the table for a terminal: the title, the columns aligned by spaces, rules of ASCII dashes under the
// headers and above the footer, the notes. There are no borders, so that grep and awk read it as well. A row is one
// line however wide it is, unless [Table.Narrow] has made the table for a terminal, and no line ends in spaces.
func (t Table) WriteText(w io.Writer) error {
	if err := t.check(); err != nil {
		return err
	}
	parts := t.Parts
	if parts == nil {
		parts = [][]int{allOf(len(t.Columns))}
	}
	var body bytes.Buffer
	for i, columns := range parts {
		if i > 0 {
			body.WriteByte('\n')
		}
		part := Table{Title: t.Title, Columns: pick(t.Columns, columns), Rows: pickAll(t.Rows, columns),
			Footer: pickAll(t.Footer, columns), Colours: t.Colours}
		if err := part.renderText(&body); err != nil {
			return fmt.Errorf("table %q: %w", t.Title, err)
		}
	}
	var out bytes.Buffer
	if t.Title != "" {
		fmt.Fprintf(&out, "%s\n\n", plain.Escape(t.Title))
	}
	for line := range strings.Lines(body.String()) {
		out.WriteString(strings.TrimRight(line, " \n"))
		out.WriteByte('\n')
	}
	for i, note := range t.Notes {
		if i == 0 {
			out.WriteByte('\n')
		}
		fmt.Fprintln(&out, plain.Escape(note))
	}
	return writeAll(w, out.Bytes())
}

// allOf returns the indices of n columns.
func allOf(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// renderText writes the headers, rows and footer.
func (t Table) renderText(body *bytes.Buffer) error {
	tab := newTablewriter(body, t.Columns, renderer.NewBlueprint(openStyle()))
	gaps := gapsBetween(len(t.Columns))
	tab.Options(
		tablewriter.WithPadding(tw.PaddingNone),
		tablewriter.WithHeaderPaddingPerColumn(gaps),
		tablewriter.WithRowPaddingPerColumn(gaps),
		tablewriter.WithFooterPaddingPerColumn(gaps),
	)
	tab.Header(t.stackedHeaders())
	if err := tab.Bulk(t.painted(t.Rows)); err != nil {
		return err
	}
	if len(t.Footer) > 0 {
		tab.Footer(stack(t.painted(t.Footer)))
	}
	return tab.Render()
}

// stackedHeaders returns the headers, escaped and broken into lines. Those with fewer lines than others stand lower.
func (t Table) stackedHeaders() []string {
	height := 1
	for _, c := range t.Columns {
		height = max(height, len(headerLines(c)))
	}
	headers := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		lines := headerLines(c)
		for k := range lines {
			lines[k] = plain.Escape(lines[k])
		}
		headers[i] = strings.Repeat("\n", height-len(lines)) + strings.Join(lines, "\n")
	}
	return headers
}

// painted returns what people read in rows, in the style of each cell.
func (t Table) painted(rows [][]Cell) [][]string {
	lines := texts(rows, plain.Escape)
	for i, row := range rows {
		for j, c := range row {
			lines[i][j] = t.Colours.Paint(c.Style, lines[i][j])
		}
	}
	return lines
}

// newTablewriter returns a tablewriter that changes no text. Its defaults would split "MACs" into "MA CS", trim the
// spaces that indent a name, and wrap. It reports no failing writer either, so it always writes to a buffer.
func newTablewriter(buf *bytes.Buffer, columns []Column, r tw.Renderer) *tablewriter.Table {
	// Most texts of a table differ, and looking a width up takes longer than measuring it.
	twwidth.SetCacheCapacity(0)
	aligns := make(tw.Alignment, len(columns))
	for i, c := range columns {
		aligns[i] = tw.AlignLeft
		if c.Align == Right {
			aligns[i] = tw.AlignRight
		}
	}
	return tablewriter.NewTable(buf,
		tablewriter.WithRenderer(r),
		tablewriter.WithAlignment(aligns),
		tablewriter.WithHeaderAutoFormat(tw.Off), tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoFormat(tw.Off), tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithFooterAutoFormat(tw.Off), tablewriter.WithFooterAutoWrap(tw.WrapNone),
		tablewriter.WithTrimSpace(tw.Off), tablewriter.WithTrimTab(tw.Off), tablewriter.WithTrimLine(tw.Off),
	)
}

// openStyle has horizontal rules and nothing else. They are ASCII because tablewriter takes box-drawing characters for
// two columns wide in some locales.
func openStyle() tw.Rendition {
	return tw.Rendition{
		Borders: tw.BorderNone,
		Symbols: tw.NewSymbols(tw.StyleASCII),
		Settings: tw.Settings{
			Separators: tw.Separators{ShowHeader: tw.On, ShowFooter: tw.On, BetweenRows: tw.Off, BetweenColumns: tw.Off},
			Lines:      tw.Lines{ShowHeaderLine: tw.On, ShowFooterLine: tw.On, ShowTop: tw.Off, ShowBottom: tw.Off},
		},
	}
}

// gapsBetween pads every column but the last with two spaces, so that the rules end where the table does.
func gapsBetween(columns int) []tw.Padding {
	gaps := make([]tw.Padding, columns)
	for i := range gaps {
		gaps[i] = tw.Padding{Right: "  ", Overwrite: true}
	}
	gaps[columns-1] = tw.PaddingNone
	return gaps
}

// stack folds footer rows into the one that tablewriter has, whose cells may have several lines.
func stack(rows [][]string) []string {
	stacked := append([]string(nil), rows[0]...)
	for _, row := range rows[1:] {
		for i, s := range row {
			stacked[i] += "\n" + s
		}
	}
	return stacked
}
