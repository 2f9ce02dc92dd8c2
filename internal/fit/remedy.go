package fit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"cnncalc/internal/memory"
	"cnncalc/internal/shape"
)

// Question is a batch that is to fit.
type Question struct {
	Network *shape.Network
	Options memory.Options
	Model   *memory.PyTorch // the account of the two
	Batch   int64
	Limit   int64 // bytes
	// Resize is the network with another input size, nil where it has problems then.
	Resize func(width, height int64) *shape.Network
}

// Remedy is something that makes a training or an inference need less.
type Remedy struct {
	Kind  string `json:"kind"`
	What  string `json:"what" jsonschema:"in words"`
	Bytes int64  `json:"bytes" jsonschema:"the peak of the batch then"`
	Fits  bool   `json:"fits"`
	Batch int64  `json:"largest_batch" jsonschema:"that fits then, 0 for none"`
	// Of checkpoints: the last layers of all segments but the last, and what is computed twice of one picture.
	Cuts      []string `json:"cuts,omitempty"`
	ExtraMACs int64    `json:"extra_macs,omitempty"`
}

// The kinds of remedies.
const (
	SmallerInput   = "input"
	SmallerType    = "dtype"
	OtherOptimizer = "optimizer"
	FirstStride    = "stride"
	Pooling        = "pooling"
	Checkpoints    = "checkpoints"
)

// maxSegments is the most segments that checkpoints are tried with.
const maxSegments = 10

// Remedies returns those that need less, the kinds in the order above.
func Remedies(q Question) ([]Remedy, error) {
	peak, err := q.Model.Peak(q.Batch)
	if err != nil {
		return nil, err
	}
	list := &remedies{Question: q, peak: peak}
	for _, add := range []func() error{list.input, list.types, list.optimizers, list.stride, list.pooling,
		list.checkpoints} {
		if err := add(); err != nil {
			return nil, err
		}
	}
	return list.found, nil
}

// remedies collects them.
type remedies struct {
	Question
	peak  int64 // without any
	found []Remedy
}

// add works out the figures of a remedy, and keeps it if they are less than without.
func (r *remedies) add(remedy Remedy, m *memory.PyTorch) error {
	var err error
	if remedy.Bytes, err = m.Peak(r.Batch); err != nil || remedy.Bytes >= r.peak {
		return err
	}
	remedy.Fits = remedy.Bytes <= r.Limit
	remedy.Batch, _, err = m.LargestBatch(r.Limit)
	r.found = append(r.found, remedy)
	return err
}

// with adds a remedy that changes the network or the options.
func (r *remedies) with(kind, what string, n *shape.Network, o memory.Options) error {
	m, err := memory.NewPyTorch(n, o)
	if err != nil {
		return err
	}
	return r.add(Remedy{Kind: kind, What: what}, m)
}

// input adds a smaller input size with which the batch fits: the largest of some sizes, unless the network has problems
// with sizes between them.
func (r *remedies) input() error {
	in := r.Network.InputShape()
	sizes := smallerSizes(in.W)
	var best Remedy
	var model *memory.PyTorch
	for len(sizes) > 0 {
		middle := len(sizes) / 2
		height := in.H - (in.W-sizes[middle])*in.H/in.W
		m, fits, err := r.resized(sizes[middle], height)
		if err != nil {
			return err
		}
		if !fits {
			sizes = sizes[middle+1:]
			continue
		}
		best, model = Remedy{Kind: SmallerInput, What: fmt.Sprintf("an input of %dx%d", sizes[middle], height)}, m
		sizes = sizes[:middle]
	}
	if model == nil {
		return nil
	}
	return r.add(best, model)
}

// resized returns the account with another input size, and whether the batch fits then.
func (r *remedies) resized(width, height int64) (m *memory.PyTorch, fits bool, err error) {
	n := r.Resize(width, height)
	if n == nil {
		return nil, false, nil
	}
	if m, err = memory.NewPyTorch(n, r.Options); err != nil {
		return nil, false, err
	}
	peak, err := m.Peak(r.Batch)
	return m, peak <= r.Limit, err
}

// smallerSizes returns some sizes below a width, the largest first. They differ from it by whole strides of the usual
// networks, so that windows that fit it a whole number of times fit these too.
func smallerSizes(width int64) []int64 {
	const most = 8
	step := int64(32)
	if width <= 64 {
		step = 8
	}
	step *= max(1, (width/step+most-1)/most)
	var sizes []int64
	for w := width - step; w >= step/2 && w > 0; w -= step {
		sizes = append(sizes, w)
	}
	return sizes
}

// types adds the smaller ones.
func (r *remedies) types() error {
	words := map[memory.DType]string{
		memory.AMP:  "amp: torch.autocast, the weights stay float32",
		memory.FP16: "fp16 for the whole network; bf16 takes the same",
		memory.BF16: "bf16 for the whole network",
		memory.INT8: "int8: a quantised network",
	}
	for _, d := range []memory.DType{memory.AMP, memory.FP16, memory.BF16, memory.INT8} {
		o := r.Options
		o.DType = d
		isTwin := d == memory.BF16 && r.Options.Torch != memory.Torch113CPU // takes what fp16 takes
		if d == r.Options.DType || isTwin || o.Check() != nil {
			continue
		}
		if err := r.with(SmallerType, words[d], r.Network, o); err != nil {
			return err
		}
	}
	return nil
}

// optimizers adds those that keep less.
func (r *remedies) optimizers() error {
	if r.Options.Mode != memory.Training {
		return nil
	}
	for _, o := range []memory.Optimizer{memory.DefaultOptimizer, "sgd"} {
		if o.Copies() >= r.Options.Optimizer.Copies() {
			continue
		}
		m, err := r.Model.WithOptimizer(o)
		if err != nil {
			return err
		}
		keeps := cmp.Or(o.Keeps(), "nothing")
		if err := r.add(Remedy{Kind: OtherOptimizer, What: fmt.Sprintf("the optimizer %s, which keeps %s", o, keeps)},
			m); err != nil {
			return err
		}
	}
	return nil
}

// stride adds the notes' compromise for the first layer.
func (r *remedies) stride() error {
	n, what := withFirstStride(r.Network)
	if n == nil {
		return nil
	}
	return r.with(FirstStride, what, n, r.Options)
}

// pooling adds a global average in place of all FC but the last.
func (r *remedies) pooling() error {
	n, what := withPooling(r.Network)
	if n == nil {
		return nil
	}
	return r.with(Pooling, what, n, r.Options)
}

// checkpoints adds as few segments as make the batch fit, or else as many as need the least.
func (r *remedies) checkpoints() error {
	if r.Options.Mode != memory.Training {
		return nil
	}
	ways, err := r.Model.BestCuts(r.Batch, maxSegments)
	if err != nil || len(ways) == 0 {
		return err
	}
	least := slices.MinFunc(ways, func(a, b memory.Cuts) int { return cmp.Compare(a.Model, b.Model) })
	for _, way := range ways {
		if way.Model > r.Limit && len(way.Nodes) != len(least.Nodes) {
			continue // the model is close to the account, which need not be asked
		}
		before := len(r.found)
		if err := r.checkpointed(way); err != nil {
			return err
		}
		if len(way.Nodes) == len(least.Nodes) || len(r.found) > before && r.found[before].Fits {
			break
		}
		r.found = r.found[:before]
	}
	return nil
}

func (r *remedies) checkpointed(way memory.Cuts) error {
	segments := memory.SegmentsTo(way.Nodes)
	m, err := r.Model.Checkpointed(segments)
	if err != nil {
		return err
	}
	remedy := Remedy{Kind: Checkpoints, ExtraMACs: r.Model.ExtraMACs(segments)}
	for _, i := range way.Nodes {
		remedy.Cuts = append(remedy.Cuts, r.Network.Nodes[i].Name)
	}
	remedy.What = fmt.Sprintf("checkpoints in %d segments, cut after %s", len(way.Nodes)+1,
		strings.Join(remedy.Cuts, ", "))
	return r.add(remedy, m)
}
