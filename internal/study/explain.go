package study

import (
	"strings"

	"cnncalc/internal/explain"
)

// explain adds the explanations of the layers and what their backward passes compute.
func (m *maker) explain() {
	known := map[string]int{}
	kinds := map[string]bool{}
	for i := range m.network.Nodes {
		if !m.only.explains(m.Layers[i].Name) {
			m.Layers[i].Explained = -1
			continue
		}
		var e Explanation
		var text strings.Builder
		for _, line := range explain.Lines(m.network, i) {
			e.Lines = append(e.Lines, Line{line.Topic, line.Text})
			text.WriteString(line.Topic + "\n" + line.Text + "\n")
		}
		key := text.String()
		at, ok := known[key]
		if !ok {
			at = len(m.Explanations)
			known[key] = at
			m.Explanations = append(m.Explanations, e)
		}
		m.Layers[i].Explained = at
		o := m.network.Nodes[i].Op
		if kinds[o.Kind()] {
			continue
		}
		kinds[o.Kind()] = true
		if text := explain.Backward(o); text != "" {
			m.Backward[o.Kind()] = text
		}
	}
}
