package op

import (
	"fmt"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

// Channels is CHANNELS, a slice of the depth.
type Channels struct {
	volume
	from, to bound
}

func channelsKind() Kind {
	return Kind{
		Name:     "CHANNELS",
		Summary:  "a slice of the depth: CHANNELS from=0 to=58 keeps the first 58 channels",
		Backward: "The gradient is the output's with zeros for the other channels; only shapes are needed.",
		New:      func() Layer { return &Channels{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*Channels) Counterparts() Counterparts { return Counterparts{Traced: []string{"slice"}} }

// Kind returns "CHANNELS".
func (*Channels) Kind() string { return "CHANNELS" }

// Fields returns the settings.
func (o *Channels) Fields() []Field {
	return []Field{
		{Key: "from", Doc: "the first channel, counted from 0; default 0", Setting: boundSetting{&o.from, "from", 0}},
		{Key: "to", Doc: "the channel after the last; default the depth", Setting: boundSetting{&o.to, "to", 1}},
	}
}

// First returns the first channel of the slice.
func (o *Channels) First() int64 { return o.from.n }

// Output returns the input's plane with the slice's depth.
func (o *Channels) Output(in []graph.Shape) (graph.Shape, error) {
	s := one(in)
	plane := graph.Shape{W: s.W, H: s.H}
	if !o.from.written && !o.to.written {
		return plane, missing("the slice", "CHANNELS from=0 to=58")
	}
	if o.to.written && o.from.n >= o.to.n {
		return plane, diag.Errorf("shape/channels", "from=%d to=%d selects no channel: to is the channel after the last",
			o.from.n,
			o.to.n).WithFits(fmt.Sprintf("to=%d or more", o.from.n+1))
	}
	to := o.to.n
	switch {
	case s.D == 0 && !o.to.written:
		return plane, nil
	case !o.to.written:
		to = s.D
	}
	if s.D > 0 && o.from.n >= s.D {
		return plane, diag.Errorf("shape/channels", "from=%d is past the last channel of a depth of %d", o.from.n, s.D).
			WithFits(fmt.Sprintf("from=%d at most", s.D-1))
	}
	if s.D > 0 && to > s.D {
		return plane, diag.Errorf("shape/channels", "channels from %d to %d cannot be cut out of a depth of %d", o.from.n,
			to, s.D).WithFits(fmt.Sprintf("to=%d at most", s.D))
	}
	return graph.Shape{W: s.W, H: s.H, D: to - o.from.n}, nil
}

// Explain returns the range.
func (o *Channels) Explain(in []graph.Shape, out graph.Shape) []Line {
	first := o.from.n
	text := fmt.Sprintf("%d to %d of 0 to %d: %d-%d = %d", first, first+out.D-1, one(in).D-1, first+out.D, first, out.D)
	return []Line{{"channels", text}}
}

// Moves returns the number of values in the slice, read and written.
func (*Channels) Moves(_ []graph.Shape, out graph.Shape) (read, written int64) {
	return values(out), values(out)
}

// Autograd reports that the layer saves nothing: x[:, from:to] is a view, as x.chunk's are, which keeps all of the
// input's memory alive. The gradient, the output's padded with zeros to the input's size, is made once for the depth
// and once for the batch, which is sliced too; the output's gradient is free by then.
func (*Channels) Autograd(_ Pass, in []graph.Shape, out graph.Shape) Autograd {
	return slicedView(one(in), out)
}

// slicedView describes a view of part of a volume. Its gradient is made once for each axis that is sliced.
func slicedView(in, out graph.Shape) Autograd {
	return Autograd{Shares: true, Backward: []Size{{Values: values(in) - values(out)}}}
}

// bound is a channel as written. 0 is a channel, so written says whether there is one.
type bound struct {
	n       int64
	written bool
}

type boundSetting struct {
	to   *bound
	what string
	min  int64
}

func (b boundSetting) Value() Value {
	if !b.to.written {
		return Value{}
	}
	return Value{Ints: []int64{b.to.n}}
}

func (b boundSetting) Set(v Value) error {
	if len(v.Ints) != 1 {
		return diag.Errorf("layer/value", "%s takes one whole number, not %s", b.what, v)
	}
	if err := inRange(b.what, v.Ints[0], b.min); err != nil {
		return err
	}
	*b.to = bound{v.Ints[0], true}
	return nil
}

func (b boundSetting) Schema() map[string]any { return wholeOrText(b.min) }
