// Package explain says in words and products how the figures of a layer come about.
package explain

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/checked"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// Lines returns the arithmetic of node i: all but its receptive field and its names in a model.
func Lines(n *shape.Network, i int) []op.Line {
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
	if l.Owner != i {
		return fmt.Sprintf("none of its own: the %s of %s", plain.Count(l.Used().Parameters()), n.Nodes[l.Owner].Name)
	}
	if l.Parameters() == 0 {
		return "none"
	}
	text := Weights(n, i) + " weights"
	if l.BiasCount > 0 {
		text += fmt.Sprintf(" + %s biases = %s", plain.Count(l.BiasCount), plain.Count(l.Parameters()))
	}
	switch {
	case l.FrozenCount == l.Parameters():
		text += ", frozen"
	default:
		text += Frozen(l)
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
		text += fmt.Sprintf(", %s in float32; the same again for its gradient", plain.Bytes(bytes))
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

// Weights returns the product of the weights and its value: "(3*3*64)*64 = 36,864".
func Weights(n *shape.Network, i int) string {
	l := n.Layers[i]
	if l.Owner != i {
		return "those of " + n.Nodes[l.Owner].Name
	}
	product := weightProduct(n, i)
	if product == "" {
		return plain.Count(l.WeightCount)
	}
	return product + " = " + plain.Count(l.WeightCount)
}

// weightProduct returns the product that gives a layer's weights, as its kind writes it, or (FW*FH*C)*K from the
// dimensions of its weight tensor; "" where there is nothing to multiply.
func weightProduct(n *shape.Network, i int) string {
	l := n.Layers[i]
	if l.WeightCount == 0 {
		return ""
	}
	if own, ok := n.Nodes[i].Op.(op.WeightProduct); ok {
		return own.WeightProduct(n.InputsOf(i), l.Out)
	}
	at := slices.IndexFunc(l.Weights, func(w graph.Weight) bool { return w.Role == graph.RoleWeight })
	dims := l.Weights[at].Dims
	if len(dims) == 1 {
		return ""
	}
	factors := make([]string, len(dims)-1)
	for k, d := range dims[1:] {
		factors[len(factors)-1-k] = strconv.FormatInt(d, 10)
	}
	return fmt.Sprintf("(%s)*%d", strings.Join(factors, "*"), dims[0])
}

// Frozen returns ", 9,408 trainable and 64 frozen", or "" where nothing is frozen.
func Frozen(l shape.Layer) string {
	if l.FrozenCount == 0 {
		return ""
	}
	return fmt.Sprintf(", %s trainable and %s frozen", plain.Count(l.Trainable()), plain.Count(l.FrozenCount))
}
