package report

import (
	"fmt"
	"io"
	"strings"

	"cnncalc/internal/explain"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// Width that the paragraphs of an explanation are filled to, in characters.
const explainWidth = 96

// Explain writes the arithmetic of layers out, as a teacher would: their shape, parameters, cost and memory, what they
// see of the picture, and what the backward pass does there. Figures are of one picture. For the layers of a model,
// tensor returns what it calls the tensor of a weight such as "conv1.weight", or "".
func Explain(w io.Writer, n *shape.Network, nodes []int, tensor func(weight string) string) error {
	fields := shape.Fields(n)
	for k, i := range nodes {
		text := explanation(n, fields[i], i, tensor)
		if k > 0 {
			text = "\n" + text
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
	return nil
}

func explanation(n *shape.Network, field shape.Field, i int, tensor func(weight string) string) string {
	var b strings.Builder
	node := &n.Nodes[i]
	fmt.Fprintf(&b, "%s: %s", plain.Escape(node.Name), op.Notation(node.Op))
	if within := node.Within.String(); within != "" {
		fmt.Fprintf(&b, "  (in %s)", plain.Escape(within))
	}
	b.WriteString("\n")
	lines := append(explain.Lines(n, i), op.Line{Topic: "receptive field", Text: FieldText(field, n.InputShape())})
	if node.Origin != "" {
		lines = append(lines, op.Line{Topic: "in the model", Text: modelText(n, i, tensor)})
	}
	for _, line := range lines {
		fmt.Fprintf(&b, "  %-16s %s\n", line.Topic, line.Text)
	}
	if backward := explain.Backward(node.Op); backward != "" {
		fmt.Fprintf(&b, "  backward pass\n")
		for _, line := range Fill(backward, explainWidth-4) {
			fmt.Fprintf(&b, "    %s\n", line)
		}
	}
	return b.String()
}

// modelText returns what the model calls a layer and the tensors of its weights.
func modelText(n *shape.Network, i int, tensor func(weight string) string) string {
	node, l := &n.Nodes[i], n.Layers[i]
	text := plain.Quote(node.Origin)
	if l.Owner != i {
		return text
	}
	for k, weight := range l.Weights {
		name := tensor(node.Name + "." + weight.Name)
		if name == "" {
			name = "computed"
		} else {
			name = plain.Quote(name)
		}
		separator := ", "
		if k == 0 {
			separator = " with "
		}
		text += separator + weight.Name + " " + name
	}
	return text
}

// Fill breaks a paragraph into lines of at most width characters.
func Fill(paragraph string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(paragraph) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
