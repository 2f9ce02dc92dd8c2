package onnxnet

import (
	"slices"
	"strings"
)

// layout says what each dimension of a value is: the axes of the picture that it holds, outermost first, of N, C, H
// and W. A dimension of several axes is flattened: "CHW" has the order of PyTorch's Flatten. Axes that no dimension
// has are of size 1. An empty dimension is of size 1 and no axis.
type layout []string

// The usual layouts.
var (
	planar       = layout{"N", "C", "H", "W"}
	channelsLast = layout{"N", "H", "W", "C"}
)

func (l layout) is(other layout) bool { return slices.Equal(l, other) }

// at returns the dimension that is the axis alone, or -1.
func (l layout) at(axis string) int { return slices.Index(l, axis) }

// flat returns the order of the axes in a flattened value, "CHW", or "" if the value is not flat.
func (l layout) flat() string {
	if len(l) == 2 && l[0] == "N" {
		return l[1]
	}
	return ""
}

// regroup returns the layout of a value after a reshape from dims to target, which may merge neighbouring dimensions
// or take merged ones apart. size is the size of each axis. It returns false if the reshape does anything else.
func (l layout) regroup(target []int64, size map[byte]int64) (layout, bool) {
	axes := strings.Join(l, "")
	spare := "" // channels that have no dimension become the first one of size 1 that is no other axis
	if !strings.Contains(axes, "C") {
		spare = "C"
	}
	var result layout
	for i, want := range target {
		var group strings.Builder
		have := int64(1)
		for len(axes) > 0 && have < want {
			have *= size[axes[0]]
			group.WriteByte(axes[0])
			axes = axes[1:]
		}
		if have != want {
			return nil, false
		}
		// An axis of size 1 goes where the axes that the layer may ask for are: at the end, to the last group of a
		// flat value, else to a dimension of its own.
		if want == 1 && group.Len() == 0 && len(axes) > 0 && size[axes[0]] == 1 {
			group.WriteByte(axes[0])
			axes = axes[1:]
		}
		if want == 1 && group.Len() == 0 {
			group.WriteString(spare)
			spare = ""
		}
		if i == len(target)-1 {
			axes += spare
			for len(axes) > 0 && size[axes[0]] == 1 {
				group.WriteByte(axes[0])
				axes = axes[1:]
			}
		}
		result = append(result, group.String())
	}
	return result, axes == ""
}
