package align

import (
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// resolvedKeys are the settings that only say what a window's geometry is. A pad may be written or the default, and
// floor is the same as strict where the window fits a whole number of times.
var resolvedKeys = []string{"size", "stride", "pad", "dilation", "rounding"}

// settings returns what the settings of a node mean: the same text for layers that compute the same from volumes of
// one size, however they are written.
func settings(n *shape.Network, i int) string {
	windowed, ok := n.Nodes[i].Op.(op.Windowed)
	layer, isLayer := n.Nodes[i].Op.(op.Layer)
	if !ok || !isLayer {
		return op.Notation(n.Nodes[i].Op)
	}
	g, err := windowed.Geometry(n.InputsOf(i)[0])
	if err != nil {
		return op.Notation(n.Nodes[i].Op) // not reached: the network has no problems
	}
	var text strings.Builder
	text.WriteString(windowed.Kind())
	for _, a := range []op.Axis{g.W, g.H} {
		fmt.Fprint(&text, " ", []int64{a.Size, a.Stride, a.Dilation, a.Before, a.After})
	}
	for _, f := range layer.Fields() {
		if v := f.Setting.Value(); !v.IsZero() && !slices.Contains(resolvedKeys, f.Key) {
			fmt.Fprint(&text, " ", f.Key, "=", v)
		}
	}
	return text.String()
}
