package onnxnet

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"

	"cnncalc/internal/onnx"
)

// errUncertain says that something cannot be computed before the network runs. The node is refused later, if it is
// needed.
var errUncertain = errors.New("it depends on the values of the input")

// checkInputs returns an error for a node that lacks an input which its operator requires.
func (n *node) checkInputs() error {
	if n.Domain != "" {
		return nil
	}
	needed := operators[n.op].inputs
	if needed == allInputs {
		needed = max(len(n.in), 1)
	}
	for i := range needed {
		if n.input(i) == nil {
			return fmt.Errorf("it lacks its input %d", i+1)
		}
	}
	return nil
}

// int returns an attribute, or its default.
func (n *node) int(name string, fallback int64) int64 {
	if a := n.Attribute(name); a != nil {
		return a.Int
	}
	return fallback
}

func (n *node) float(name string, fallback float64) float64 {
	if a := n.Attribute(name); a != nil {
		return shortest(a.Float)
	}
	return fallback
}

func (n *node) ints(name string, fallback []int64) []int64 {
	if a := n.Attribute(name); a != nil {
		return a.Ints
	}
	return fallback
}

// list returns a list that is an attribute up to some opset and an input from there on, nil if there is none. The error
// is errUncertain if the network computes it.
func (n *node) list(attribute string, input int) ([]int64, error) {
	v := n.input(input)
	switch {
	case v == nil:
		return n.ints(attribute, nil), nil
	case v.numbers == nil:
		return nil, errUncertain
	}
	return whole(v.numbers), nil
}

func (n *node) text(name, fallback string) string {
	if a := n.Attribute(name); a != nil {
		return a.String
	}
	return fallback
}

// castTo returns the type that a Cast makes, whose name the attribute is below opset 6.
func (n *node) castTo() onnx.Type {
	a := n.Attribute("to")
	switch {
	case a == nil:
		return 0
	case a.Kind == onnx.KindString:
		return onnx.TypeOf(a.String)
	}
	return onnx.Type(a.Int)
}

// shortest returns the decimal number that a float32 was most likely made from: 0.1 for float32(0.1).
func shortest(f float32) float64 {
	v, err := strconv.ParseFloat(strconv.FormatFloat(float64(f), 'g', -1, 32), 64)
	if err != nil {
		return float64(f)
	}
	return v
}

// normalAxes counts negative axes from the end.
func normalAxes(axes []int64, rank int) ([]int, error) {
	normal := make([]int, len(axes))
	seen := make([]bool, rank)
	for i, a := range axes {
		if a < 0 {
			a += int64(rank)
		}
		if a < 0 || a >= int64(rank) || seen[a] {
			return nil, fmt.Errorf("axis %d does not exist, or is named twice, in %d dimensions", axes[i], rank)
		}
		normal[i], seen[a] = int(a), true
	}
	return normal, nil
}

// whole converts numbers to integers. Those beyond the range, such as the end of a Slice that means "all", become its
// limits.
func whole(numbers []float64) []int64 {
	integers := make([]int64, len(numbers))
	for i, v := range numbers {
		switch {
		case v >= math.MaxInt64:
			integers[i] = math.MaxInt64
		case v <= math.MinInt64:
			integers[i] = math.MinInt64
		case v == v:
			integers[i] = int64(v)
		}
	}
	return integers
}

// product returns the product of dims.
func product(dims []int64) (int64, error) {
	total := uint64(1)
	for _, d := range dims {
		high, low := bits.Mul64(total, uint64(max(d, 0)))
		if high != 0 || low > math.MaxInt64 {
			return 0, fmt.Errorf("%s has more values than can be counted", sizes(dims))
		}
		total = low
	}
	return int64(total), nil
}

// sizes returns dims for a message: [1x3x224x224].
func sizes(dims []int64) string {
	var words []string
	for i, d := range dims {
		if i == 8 && len(dims) > 9 {
			words = append(words, "...")
			break
		}
		words = append(words, fmt.Sprint(d))
	}
	return "[" + strings.Join(words, "x") + "]"
}
