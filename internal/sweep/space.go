// Package sweep makes the combinations of several settings of a network, and computes the figures of each over all
// processors; and it searches the values of one setting for the largest that keeps a budget.
package sweep

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"math/bits"
	"strings"

	"cnncalc/internal/checked"
	"cnncalc/internal/graph"
	"cnncalc/internal/memory"
	"cnncalc/internal/numeral"
)

// Space is the combinations of settings, in an order: the last setting changes first.
type Space struct {
	Variables []Axis
	Inputs    []Axis           // by input; "" for all
	Options   []memory.Options // of the accounts, at least one
	Batches   Axis
}

// Point is one combination.
type Point struct {
	Network   int64   // of the variables and inputs: points of one network follow each other
	Variables []Value // of Space.Variables
	Inputs    []Value
	Option    int // in Space.Options
	Batch     int64
}

// Len returns the number of combinations. It fails if an int64 cannot count them.
func (s *Space) Len() (int64, error) {
	n, err := checked.Product(int64(len(s.Options)), s.Batches.Len())
	for _, axes := range [][]Axis{s.Variables, s.Inputs} {
		for i := range axes {
			if err == nil {
				n, err = checked.Product(n, axes[i].Len())
			}
		}
	}
	if err != nil {
		return 0, fmt.Errorf("there are more than %d combinations: give fewer values", int64(math.MaxInt64))
	}
	return n, nil
}

// At returns combination i.
func (s *Space) At(i int64) Point {
	p := Point{Variables: make([]Value, len(s.Variables)), Inputs: make([]Value, len(s.Inputs))}
	p.Batch = s.Batches.At(i % s.Batches.Len()).Number
	i /= s.Batches.Len()
	options := int64(len(s.Options))
	p.Option = int(i % options)
	i /= options
	p.Network = i
	i = choose(s.Inputs, p.Inputs, i)
	choose(s.Variables, p.Variables, i)
	return p
}

// choose sets the values of axes, of which the last changes first, and returns what is left of i.
func choose(axes []Axis, values []Value, i int64) int64 {
	for k := len(axes) - 1; k >= 0; k-- {
		values[k] = axes[k].At(i % axes[k].Len())
		i /= axes[k].Len()
	}
	return i
}

// Describe names the settings of a point, "w=16, input 160x160, batch 8, fp32".
func (s *Space) Describe(p *Point) string {
	var words []string
	for k, v := range p.Variables {
		words = append(words, s.Variables[k].Name+"="+v.String())
	}
	for k, v := range p.Inputs {
		words = append(words, cmp.Or(s.Inputs[k].Name, "input")+" "+v.String())
	}
	if s.Batches.Len() > 1 {
		words = append(words, fmt.Sprint("batch ", p.Batch))
	}
	if o := s.Options[p.Option]; len(s.Options) > 1 {
		words = append(words, strings.TrimSpace(fmt.Sprint(o.DType, " ", o.Optimizer)))
	}
	if words == nil {
		return "the network"
	}
	return strings.Join(words, ", ")
}

// apply returns options with the settings of a point.
func (s *Space) apply(base graph.Options, p *Point) graph.Options {
	vars, inputs := base.Vars, base.Inputs
	base.Vars = make(map[string][]int64, len(vars)+len(p.Variables))
	maps.Copy(base.Vars, vars)
	for k, v := range p.Variables {
		base.Vars[s.Variables[k].Name] = v.Numbers()
	}
	base.Inputs = make(map[string]graph.Shape, len(inputs)+len(p.Inputs))
	maps.Copy(base.Inputs, inputs)
	for k, v := range p.Inputs {
		if name := s.Inputs[k].Name; name != "" {
			base.Inputs[name] = v.Size
			continue
		}
		base.InputWidth, base.InputHeight = v.Size.W, v.Size.H
		base.InputDepth = cmp.Or(v.Size.D, base.InputDepth)
	}
	return base
}

// Shard is one of several parts of a whole. Each is a run of it, and in order they are the whole.
type Shard struct{ Index, Count int64 } // from 1 to Count

// ParseShard reads "3/16".
func ParseShard(text string) (Shard, error) {
	index, count, _ := strings.Cut(text, "/")
	i, err := numeral.Int(index)
	n, errCount := numeral.Int(count)
	if err != nil || errCount != nil || i < 1 || i > n {
		return Shard{}, fmt.Errorf("%s is not a shard: write 3/16 for the third of 16 parts, from 1/16 to 16/16", quote(text))
	}
	return Shard{i, n}, nil
}

// Range returns the shard's part of so many things: those from first to before end.
func (s Shard) Range(total int64) (first, end int64) {
	return share(total, s.Index-1, s.Count), share(total, s.Index, s.Count)
}

// share returns total*i/n, for i from 0 to n.
func share(total, i, n int64) int64 {
	high, low := bits.Mul64(uint64(total), uint64(i))
	quotient, _ := bits.Div64(high, low, uint64(n))
	return int64(quotient)
}
