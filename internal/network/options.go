package network

import (
	"fmt"
	"strings"

	"cnncalc/internal/graph"
	"cnncalc/internal/numeral"
	"cnncalc/internal/plain"
)

// AddInputSize reads the size of an input into options: 384, 640x480 or 32x32x3, which may follow the input's name and
// "=". The error continues a sentence about the size.
func AddInputSize(o *graph.Options, text string) error {
	name, size, isNamed := strings.Cut(text, "=")
	if !isNamed {
		size = text
	}
	s, err := ParseSize(size)
	switch _, twice := o.Inputs[name]; {
	case err != nil:
		return err
	case isNamed && name == "":
		return fmt.Errorf("%s has no name before =", plain.Cut(text))
	case isNamed && twice:
		return fmt.Errorf("%s is given twice", plain.Cut(name))
	case !isNamed && o.InputWidth > 0:
		return fmt.Errorf("without a name is given twice")
	case isNamed:
		o.Inputs[name] = s
	default:
		o.InputWidth, o.InputHeight, o.InputDepth = s.W, s.H, s.D
	}
	return nil
}

// ParseSize reads a size, with a depth of 0 where it has none. The error continues a sentence about the size.
func ParseSize(text string) (graph.Shape, error) {
	var sizes []int64
	for _, part := range strings.Split(text, "x") {
		n, err := numeral.Int(part)
		if err != nil || n < 1 || n > graph.MaxExtent || len(sizes) == 3 {
			return graph.Shape{}, fmt.Errorf("takes 384, 640x480 or 32x32x3, each number from 1 to %d, not %s",
				int64(graph.MaxExtent), plain.Cut(text))
		}
		sizes = append(sizes, n)
	}
	s := graph.Shape{W: sizes[0], H: sizes[0]}
	if len(sizes) > 1 {
		s.H = sizes[1]
	}
	if len(sizes) > 2 {
		s.D = sizes[2]
	}
	return s, nil
}
