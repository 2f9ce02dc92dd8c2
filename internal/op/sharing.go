package op

import (
	"slices"
	"strconv"
	"strings"

	"cnncalc/internal/graph"
)

// ShareKey is the key of the setting share=@label, in Fields and in a node's Refs.
const ShareKey = "share"

// sharing is the setting share=@label of layers with weights: the layer uses those of an earlier one. The node's Refs
// say which that is. Package shape checks that both have the same tensors.
type sharing struct {
	label string // as written, "" if it was not
}

func (s *sharing) shareField() Field {
	return Field{
		Key:     ShareKey,
		Doc:     "use the weights of the layer with this label, which has the same kind and the same tensors",
		Setting: label{&s.label, ShareKey},
	}
}

// ShareRef returns the node whose weights the node's setting share=@label names. ok is false without the setting.
func ShareRef(n *graph.Node) (node int, ok bool) {
	at := slices.IndexFunc(n.Refs, func(r graph.Ref) bool { return r.Key == ShareKey })
	if at < 0 {
		return 0, false
	}
	return n.Refs[at].Node, true
}

// DifferentWeights returns what keeps a layer from using the weights of another, "its weight is 8x3x3x3, not 8x3x5x5";
// "" if nothing does.
func DifferentWeights(own, other []graph.Weight) string {
	for k, w := range own {
		switch {
		case k >= len(other) || other[k].Name != w.Name:
			return "it has a " + w.Name + ", the other has none"
		case !slices.Equal(w.Dims, other[k].Dims):
			return "its " + w.Name + " is " + dimsText(w.Dims) + ", the other's " + dimsText(other[k].Dims)
		}
	}
	if len(other) > len(own) {
		return "it has no " + other[len(own)].Name + ", the other has one"
	}
	return ""
}

func dimsText(dims []int64) string {
	texts := make([]string, len(dims))
	for i, d := range dims {
		texts[i] = strconv.FormatInt(d, 10)
	}
	return strings.Join(texts, "x")
}
