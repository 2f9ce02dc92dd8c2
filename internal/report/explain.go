package report

import (
	"fmt"
	"io"
	"strings"

	"cnncalc/internal/checked"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
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
	lines := append(ExplainLines(n, i), op.Line{Topic: "receptive field", Text: FieldText(field, n.InputShape())})
	if node.Origin != "" {
		lines = append(lines, op.Line{Topic: "in the model", Text: modelText(n, i, tensor)})
	}
	for _, line := range lines {
		fmt.Fprintf(&b, "  %-16s %s\n", line.Topic, line.Text)
	}
	if backward := Backward(node.Op); backward != "" {
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

// ExplainLines returns the arithmetic of node i: all but its receptive field and its names in a model.
func ExplainLines(n *shape.Network, i int) []op.Line {
	node, l, in := &n.Nodes[i], n.Layers[i], n.InputsOf(i)
	lines := []op.Line{{Topic: "shape", Text: shapeText(in, l.Out)}}
	if own, ok := node.Op.(op.Explainer); ok {
		lines = append(lines, own.Explain(in, l.Out)...)
	}
	lines = append(lines, op.Line{Topic: "parameters", Text: parametersText(n, i)})
	if l.MACs > 0 {
		lines = append(lines, op.Line{Topic: "MACs", Text: macsText(l, macsPlane(node.Op, in, l.Out))})
	}
	return append(lines, op.Line{Topic: "memory", Text: volumeText(l)})
}

func shapeText(in []graph.Shape, out graph.Shape) string {
	if len(in) == 0 {
		return out.String()
	}
	texts := make([]string, len(in))
	for i, s := range in {
		texts[i] = s.String()
	}
	return strings.Join(texts, ", ") + " -> " + out.String()
}

func parametersText(n *shape.Network, i int) string {
	l := n.Layers[i]
	if other := sharesWith(n, i); other != "" {
		return fmt.Sprintf("none of its own: the %s of %s", plain.Count(l.Used().Parameters()), other)
	}
	if l.Parameters() == 0 {
		return "none"
	}
	text := weightsText(n, i) + " weights"
	if l.BiasCount > 0 {
		text += fmt.Sprintf(" + %s biases = %s", plain.Count(l.BiasCount), plain.Count(l.Parameters()))
	}
	switch {
	case l.FrozenCount == l.Parameters():
		text += ", frozen"
	default:
		text += frozenText(l)
	}
	if l.BufferCount > 0 {
		text += fmt.Sprintf(", and %s running statistics that are not learnt", plain.Count(l.BufferCount))
	}
	return text
}

// macsPlane returns the volume at each of whose places the filters are multiplied: UPCONV's is its input.
func macsPlane(o graph.Op, in []graph.Shape, out graph.Shape) graph.Shape {
	if _, ok := o.(*op.UpConv); ok {
		return in[0]
	}
	return out
}

// macsText divides by the places, so that the factors of the product show.
func macsText(l shape.Layer, plane graph.Shape) string {
	text := plain.Count(l.MACs) + " multiply-accumulates"
	if flops, err := checked.Product(2, l.MACs); err == nil {
		text += fmt.Sprintf(" (%s FLOPs)", plain.Count(flops))
	}
	if places := plane.W * plane.H; places > 1 && l.MACs%places == 0 {
		return fmt.Sprintf("%d*%d places * %s = %s", plane.W, plane.H, plain.Count(l.MACs/places), text)
	}
	return text
}

func volumeText(l shape.Layer) string {
	if l.Activations == 0 {
		return "none: it works in place on its input's volume"
	}
	text := fmt.Sprintf("%d*%d*%d = %s values", l.Out.W, l.Out.H, l.Out.D, plain.Count(l.Activations))
	if bytes, err := checked.Product(l.Activations, memory.BytesPerValue); err == nil {
		text += fmt.Sprintf(", %s in float32; the same again for its gradient", Bytes(bytes, IEC))
	}
	return text
}

// Backward says what the backward pass computes at a layer; "" if there is nothing to say.
func Backward(o graph.Op) string {
	for _, k := range op.Kinds() {
		if k.Name == o.Kind() {
			return k.Backward
		}
	}
	return ""
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
