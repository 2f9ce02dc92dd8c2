package report

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"cnncalc/internal/align"
	"cnncalc/internal/ansi"
	"cnncalc/internal/baseline"
	"cnncalc/internal/diag"
	"cnncalc/internal/figure"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// Difference is the report of diff about one network: what has changed since an earlier state of it.
type Difference struct {
	File, Title string // of the network
	From        string // where the earlier state is from
	Figures     []baseline.Growth
	Layers      []baseline.LayerChange // nil if those of the earlier state are not known
	Network     *shape.Network
}

// growthCode is the code of a figure that has become worse than is allowed.
const growthCode = "diff/grown"

// Bounds of what a comment of a pull request holds: GitHub takes 65,536 characters.
const (
	maxLayersShown = 100
	maxCellShown   = 80 // characters
)

// IsFine reports whether no figure has become worse than is allowed.
func (d *Difference) IsFine() bool { return !slices.ContainsFunc(d.Figures, baseline.Growth.IsBroken) }

// WriteDifferences writes the report of diff as text for a screen, Markdown, JSON, commands of GitHub Actions or SARIF.
func WriteDifferences(w io.Writer, format Format, all []Difference, screen Screen) error {
	switch format {
	case JSON:
		return WriteJSON(w, newDiffDocument(all))
	case GitHub:
		return WriteGitHub(w, differenceAnnotations(all))
	case SARIF:
		return WriteSARIF(w, differenceAnnotations(all))
	}
	var b bytes.Buffer
	for i := range all {
		if i > 0 {
			b.WriteString("\n")
		}
		if err := all[i].write(&b, format, screen); err != nil {
			return err
		}
	}
	return writeAll(w, b.Bytes())
}

// write writes the figures, and the layers that differ, as text or Markdown. Markdown has the layers folded.
func (d *Difference) write(b *bytes.Buffer, format Format, screen Screen) error {
	figures, layers := d.figureTable(), d.layerTable()
	if format == Markdown {
		fmt.Fprintf(b, "### %s: %s\n\n", escapeMarkdown(plain.Escape(d.Title)), d.verdict())
		if err := figures.writeRows(b, Table.WriteMarkdown); err != nil || len(d.Layers) == 0 {
			return err
		}
		fmt.Fprintf(b, "\n<details><summary>%s</summary>\n\n", d.differ())
		if err := layers.WriteMarkdown(b); err != nil {
			return err
		}
		b.WriteString("\n</details>\n")
		return nil
	}
	figures.Notes = append(figures.Notes, d.verdict())
	fmt.Fprintf(b, "%s\n\n", plain.Escape(plain.CutMessage(d.Title+", compared with "+d.From)))
	if len(figures.Rows) == 0 {
		fmt.Fprintf(b, "%s\n", d.verdict())
	}
	if err := figures.On(screen).writeRows(b, Table.WriteText); err != nil || len(d.Layers) == 0 {
		return err
	}
	b.WriteString("\n")
	layers.Title = d.differ()
	return layers.On(screen).WriteText(b)
}

// writeRows writes a table if it has rows.
func (t Table) writeRows(w io.Writer, write func(Table, io.Writer) error) error {
	if len(t.Rows) == 0 {
		return nil
	}
	return write(t, w)
}

// verdict says how many figures have become worse than is allowed.
func (d *Difference) verdict() string {
	broken, changed := 0, 0
	for _, g := range d.Figures {
		if g.IsBroken() {
			broken++
		}
		if g.By() != 0 {
			changed++
		}
	}
	switch {
	case broken == 1:
		return "1 figure is worse than allowed"
	case broken > 1:
		return fmt.Sprintf("%d figures are worse than allowed", broken)
	case changed > 0:
		return "no figure is worse than allowed"
	}
	return "no figure has changed"
}

// differ counts the layers that were added, removed and changed.
func (d *Difference) differ() string {
	var counts []string
	for _, mark := range []align.Mark{align.Added, align.Removed, align.Changed} {
		n := 0
		for _, l := range d.Layers {
			if l.Mark == mark {
				n++
			}
		}
		if n > 0 {
			counts = append(counts, fmt.Sprintf("%s %s (%s)", plain.Count(int64(n)), mark, mark.Symbol()))
		}
	}
	return "Layers: " + strings.Join(counts, ", ")
}

// figureTable has a row for each figure that is known.
func (d *Difference) figureTable() Table {
	t := Table{Columns: []Column{
		left("figure", "figure"), right("before", "before"), right("after", "after"), right("change", "change"),
		right("allowed", "allowed"), left("verdict", ""),
	}, Minor: []string{"allowed", "before", "after"}}
	same := 0
	for _, g := range d.Figures {
		switch {
		case g.IsKnown() && g.By() == 0:
			same++
		case g.Err == nil || g.NewErr == nil:
			t.Rows = append(t.Rows, growthRow(g))
		}
	}
	if same > 0 && len(t.Rows) > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("unchanged figures: %d", same))
	}
	return t
}

func growthRow(g baseline.Growth) []Cell {
	value := func(v int64, err error) Cell {
		if err != nil {
			return Str("unknown")
		}
		return Str(g.Unit.Text(v))
	}
	row := []Cell{Str(g.Name), value(g.Value, g.Err), value(g.New, g.NewErr), {}, Str(allowedText(g)), {}}
	if g.IsKnown() {
		row[3] = Str(g.Change())
	}
	if g.IsBroken() {
		row[5] = Str("worse than allowed")
		row[5].Style = ansi.Red
	}
	return row
}

// allowedText returns by how much a figure may become worse.
func allowedText(g baseline.Growth) string {
	switch g.Better {
	case figure.Less:
		return g.Tolerance.Written
	case figure.More:
		return "-" + g.Tolerance.Written[1:]
	}
	return "any"
}

// layerTable has a row for each layer that differs.
func (d *Difference) layerTable() Table {
	t := Table{Columns: []Column{
		left("mark", ""), left("layer", "layer"), left("before", "before"), left("after", "after"),
		right("parameters", "parameters"), right("macs", "MACs"),
	}, Minor: []string{"macs", "parameters"}}
	for _, c := range d.Layers[:min(len(d.Layers), maxLayersShown)] {
		parameters, macs := growthOf(c)
		t.Rows = append(t.Rows, []Cell{markCell(c.Mark), Str(plain.CutNames(c.Name())), Str(layerText(c.Old)),
			Str(layerText(c.New)), Str(signed(parameters, plain.Count)), Str(signed(macs, plain.Count))})
	}
	if more := len(d.Layers) - maxLayersShown; more > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("layers not shown: %s", plain.Count(int64(more))))
	}
	return t
}

func layerText(l *baseline.Layer) string {
	if l == nil {
		return "-"
	}
	text := []rune(l.Notation)
	if len(text) > maxCellShown {
		text = append(text[:maxCellShown], []rune("...")...)
	}
	return string(text) + " -> " + l.Output
}

// growthOf returns by how much the parameters and the MACs of a layer are more now.
func growthOf(c baseline.LayerChange) (parameters, macs int64) {
	if c.New != nil {
		parameters, macs = c.New.Parameters, c.New.MACs
	}
	if c.Old != nil {
		parameters, macs = parameters-c.Old.Parameters, macs-c.Old.MACs
	}
	return parameters, macs
}

// differenceAnnotations returns the figures that have become worse than is allowed, each at the layer that has most to
// do with it.
func differenceAnnotations(all []Difference) []Annotation {
	var annotations []Annotation
	for i := range all {
		d := &all[i]
		for _, g := range d.Figures {
			if g.IsBroken() {
				annotations = append(annotations, Annotation{File: d.File, Pos: d.place(g.Figure.Figure), Code: growthCode,
					Title: g.Name, Message: growthText(g, d.From)})
			}
		}
	}
	return annotations
}

func growthText(g baseline.Growth, from string) string {
	if g.NewErr != nil {
		return fmt.Sprintf("%s is no longer known: %v; it was %s in %s", g.Name, g.NewErr, g.Unit.Text(g.Value), from)
	}
	return fmt.Sprintf("%s is %s, %s compared with %s; %s is allowed", g.Name, g.Unit.Text(g.New), g.Change(), from,
		allowedText(g))
}

// place returns the place of the layer that has added most to a figure: to the MACs, or to the parameters.
func (d *Difference) place(f figure.Figure) diag.Pos {
	at, most := diag.Pos{}, int64(0)
	for _, c := range d.Layers {
		parameters, macs := growthOf(c)
		grown := parameters
		if f.Name == "macs" || f.Name == "time" {
			grown = macs
		}
		if c.Node != align.None && grown > most {
			at, most = d.Network.Nodes[c.Node].Pos, grown
		}
	}
	return at
}

// diffDocument is the report of diff in JSON.
type diffDocument struct {
	Schema   string                `json:"schema"`
	Networks []networkDiffDocument `json:"networks"`
}

type networkDiffDocument struct {
	File     string           `json:"file"`
	Network  string           `json:"network"`
	Baseline string           `json:"baseline"`
	OK       bool             `json:"ok"`
	Figures  []growthDocument `json:"figures"`
	// Layers are those that differ; null if the layers of the baseline are not known.
	Layers []layerChangeDocument `json:"layers"`
}

// growthDocument is a figure before and after. A value that is not known is null.
type growthDocument struct {
	Figure   string `json:"figure"`
	Unit     string `json:"unit"`
	Batch    int64  `json:"batch,omitempty"`
	Before   *int64 `json:"before"`
	After    *int64 `json:"after"`
	Allowed  string `json:"allowed"`
	Estimate bool   `json:"estimate,omitempty"`
	OK       bool   `json:"ok"`
}

type layerChangeDocument struct {
	Change string               `json:"change" jsonschema:"added, removed or changed"`
	Name   string               `json:"name"`
	Line   int                  `json:"line" jsonschema:"in the new file, 0 if it is not there"`
	Column int                  `json:"column"`
	Before *comparedLayerObject `json:"before" jsonschema:"null for a layer that was added"`
	After  *comparedLayerObject `json:"after" jsonschema:"null for a layer that was removed"`
}

type comparedLayerObject struct {
	Name       string `json:"name"`
	Notation   string `json:"notation"`
	Output     string `json:"output"`
	Parameters int64  `json:"parameters"`
	MACs       int64  `json:"macs"`
}

func newDiffDocument(all []Difference) diffDocument {
	d := diffDocument{Schema: Schema, Networks: []networkDiffDocument{}}
	for i := range all {
		d.Networks = append(d.Networks, all[i].document())
	}
	return d
}

func (d *Difference) document() networkDiffDocument {
	doc := networkDiffDocument{File: d.File, Network: d.Title, Baseline: d.From, OK: d.IsFine(),
		Figures: []growthDocument{}}
	for _, g := range d.Figures {
		f := growthDocument{Figure: g.Name, Unit: g.Unit.String(), Allowed: allowedText(g), OK: !g.IsBroken(),
			Estimate: g.IsEstimate(g.Use)}
		if slices.Contains(g.Takes, figure.Batch) {
			f.Batch = g.Batch
		}
		if g.Err == nil {
			f.Before = &g.Value
		}
		if g.NewErr == nil {
			f.After = &g.New
		}
		doc.Figures = append(doc.Figures, f)
	}
	if d.Layers != nil {
		doc.Layers = []layerChangeDocument{}
	}
	for _, c := range d.Layers {
		l := layerChangeDocument{Change: string(c.Mark), Name: c.Name(), Before: comparedLayer(c.Old),
			After: comparedLayer(c.New)}
		if c.Node != align.None {
			pos := d.Network.Nodes[c.Node].Pos
			l.Line, l.Column = pos.Line, pos.Col
		}
		doc.Layers = append(doc.Layers, l)
	}
	return doc
}

func comparedLayer(l *baseline.Layer) *comparedLayerObject {
	if l == nil {
		return nil
	}
	return &comparedLayerObject{l.Name, l.Notation, l.Output, l.Parameters, l.MACs}
}
