package study

import (
	"cmp"
	"fmt"

	"cnncalc/internal/budget"
	"cnncalc/internal/draw"
	"cnncalc/internal/figure"
	"cnncalc/internal/lint"
	"cnncalc/internal/network"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// Make returns the document of a file with settings. A file with problems has a document too; the error is for settings
// that mean nothing.
func Make(f *network.File, s Settings) (*Document, error) { return MakeOnly(f, s, nil) }

// MakeOnly returns the document with only some parts; nil is all.
func MakeOnly(f *network.File, s Settings, only *Only) (*Document, error) {
	if err := only.check(); err != nil {
		return nil, err
	}
	p, err := s.read(f)
	if err != nil {
		return nil, err
	}
	n, problems := f.Network(p.network)
	_, wrong := budget.Read(n.Budget)
	problems = append(problems, wrong...)
	d := &Document{
		Name: cmp.Or(n.Name, f.Source.Name), Description: n.Description, Reference: n.Source, Sound: len(problems) == 0,
		Settings: p.Settings, Vars: variables(f, p.network), Inputs: inputs(n), Totals: []Total{},
		Problems: []Problem{}, Explanations: []Explanation{}, Backward: map[string]string{},
	}
	m := &maker{Document: d, file: f, network: n, plan: p, only: only, sheet: figure.NewSheet(n, &p.use)}
	if !d.Sound {
		m.problems(severe, problems)
		m.layers()
		return d, nil
	}
	m.problems(note, append(lint.Warnings(n), lint.Advice(n)...))
	m.layers()
	drawn := *m // what it fails to do comes last
	drawn.Document = &Document{Name: d.Name, Layers: d.Layers, Backward: d.Backward, Explanations: d.Explanations}
	together(func() {
		drawn.explain()
		drawn.draw()
	}, func() {
		m.totals()
		m.account()
		m.batches()
		m.roofline()
	})
	d.Explanations, d.Graph, d.FoldedGraph, d.Volumes = drawn.Explanations, drawn.Graph, drawn.FoldedGraph, drawn.Volumes
	d.Failures = append(d.Failures, drawn.Failures...)
	return d, nil
}

// maker makes a document.
type maker struct {
	*Document
	file    *network.File
	network *shape.Network
	plan    *plan
	only    *Only
	sheet   *figure.Sheet
}

// fail notes that something could not be computed.
func (m *maker) fail(what string, err error) {
	m.Failures = append(m.Failures, fmt.Sprintf("%s: %v", what, err))
}

// left lists the figures that the totals do not have: other names of the same, and what depends on the processor.
func left() map[string]bool {
	return map[string]bool{"peak": true, "arena": true, "largest_batch": true}
}

func (m *maker) totals() {
	for _, f := range figure.All() {
		if left()[f.Name] || f.Needs(&m.plan.use) != "" {
			continue
		}
		value, err := m.sheet.Value(f, m.plan.Batch)
		if err != nil {
			m.Failures = append(m.Failures, err.Error()) // names the figure
			continue
		}
		m.Totals = append(m.Totals, Total{Name: f.Name, Title: f.Title(), What: f.What, Value: value,
			Text: quantityText(f.Unit, value), Unit: f.Unit.String(), Estimate: f.IsEstimate(&m.plan.use)})
	}
}

// quantityText returns a figure for people, with its unit.
func quantityText(u figure.Unit, value int64) string {
	switch u {
	case figure.Bytes:
		return plain.Bytes(value)
	case figure.Nanoseconds:
		return plain.Duration(nanoseconds(value))
	case figure.Pixels:
		return plain.Count(value) + " px"
	}
	return plain.Count(value)
}

// maxDrawnVolumes is how many volumes a picture of them has at most: more are too small to read.
const maxDrawnVolumes = 40

func (m *maker) draw() {
	if m.only.has(Graph) {
		m.graph()
	}
	if !m.only.has(Volumes) {
		return
	}
	if volumes := draw.Volumes(m.network); len(volumes) <= maxDrawnVolumes {
		m.Volumes = string(draw.VolumesSVG(m.Name, volumes, draw.RootScale))
	}
}

func (m *maker) graph() {
	var err error
	if m.Graph, err = m.drawn(draw.Options{Depth: -1, Folded: m.plan.Folded}); err != nil {
		m.fail("graph", err)
		return
	}
	if !m.plan.DrawsFolded {
		return
	}
	folded, err := m.drawn(draw.Options{Depth: 0})
	if err != nil {
		m.fail("folded graph", err)
	} else if folded != m.Graph {
		m.FoldedGraph = folded
	}
}

// drawn returns the graph as SVG.
func (m *maker) drawn(o draw.Options) (string, error) {
	diagram := draw.New(m.network, o)
	diagram.Title, diagram.HasNames = m.Name, true
	picture, err := diagram.SVG()
	return string(picture), err
}
