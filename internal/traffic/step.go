package traffic

import (
	"fmt"

	"cnncalc/internal/checked"
	"cnncalc/internal/memory"
	"cnncalc/internal/op"
	"cnncalc/internal/shape"
)

// Step is what one step moves and computes: an inference of a batch, or an iteration of a training in PyTorch, in the
// types of its account. As for [Layer], every tensor is read and written once in each direction, and nothing is fused.
type Step struct {
	Batch    int64
	Options  memory.Options
	Forward  []Layer // by node
	Backward []Layer // by node; zero in inference
	Update   Layer   // by the optimizer
	// Gradients is the bytes of all gradients of parameters, which several devices add up.
	Gradients int64
	network   *shape.Network
}

// NewStep returns the step of a network without problems for a batch. It fails if a size cannot be counted.
func NewStep(n *shape.Network, m *memory.PyTorch, batch int64) (*Step, error) {
	moves, update, err := m.Moves(batch, func(i int) (int64, int64, error) { return moves(n, i) })
	if err != nil {
		return nil, err
	}
	s := &Step{Batch: batch, Options: m.Options(), Forward: make([]Layer, len(moves)), Backward: make([]Layer, len(moves)),
		network: n}
	var all Layer
	for i, l := range moves {
		for _, direction := range []struct {
			to   *Layer
			from memory.Moves
		}{{&s.Forward[i], l.Forward}, {&s.Backward[i], l.Backward}} {
			macs, err := checked.Product(n.Layers[i].MACs, direction.from.Products, batch)
			if err != nil {
				return nil, fmt.Errorf("%s, a batch of %d: %w", n.Nodes[i].Name, batch, err)
			}
			*direction.to = Layer{direction.from.Read, direction.from.Weights, direction.from.Written, macs}
			if all, err = all.plus(*direction.to); err != nil {
				return nil, err
			}
		}
	}
	s.Update = Layer{Read: update.Read, Written: update.Written}
	if _, err = all.plus(s.Update); err != nil {
		return nil, err
	}
	if s.Options.Mode == memory.Training {
		s.Gradients, err = checked.Product(n.Total.Trainable(), s.Options.DType.ValueBytes())
	}
	return s, err
}

// plus adds two layers up.
func (l Layer) plus(other Layer) (Layer, error) {
	for _, sum := range []struct {
		to  *int64
		add int64
	}{{&l.Read, other.Read}, {&l.Weights, other.Weights}, {&l.Written, other.Written}, {&l.MACs, other.MACs}} {
		total, err := checked.Sum(*sum.to, sum.add)
		if err != nil {
			return l, err
		}
		*sum.to = total
	}
	_, err := checked.Sum(l.Read, l.Weights, l.Written)
	return l, err
}

// Total returns the sums over the layers, which NewStep has found to be countable.
func (s *Step) Total() (forward, backward Layer) {
	for i := range s.Forward {
		forward, _ = forward.plus(s.Forward[i])
		backward, _ = backward.plus(s.Backward[i])
	}
	return forward, backward
}

// Rates are the rates of a device. 0 is not known.
type Rates struct {
	// Operations of arithmetic a second; a MAC is two. TF32, FP16 and INT8 are the tensor cores', without sparsity.
	FP32 float64 `json:"fp32,omitempty" jsonschema:"FLOP a second"`
	TF32 float64 `json:"tf32,omitempty" jsonschema:"FLOP a second of the tensor cores"`
	FP16 float64 `json:"fp16,omitempty" jsonschema:"FLOP a second of the tensor cores, which add up in float32; bf16 too"`
	INT8 float64 `json:"int8,omitempty" jsonschema:"operations a second of the tensor cores"`
	// Bytes a second. Interconnect is both directions together, as vendors state it.
	Bandwidth    float64 `json:"bandwidth,omitempty" jsonschema:"bytes a second"`
	Interconnect float64 `json:"interconnect,omitempty" jsonschema:"bytes a second, both directions together"`
}

// AreKnown reports whether they bound the time of a step in a type.
func (r Rates) AreKnown(d memory.DType) bool { return r.Of(d, true) > 0 && r.Bandwidth > 0 }

// Of returns the operations a second of MACs in a type, 0 where the rate is not known. PyTorch lets cuDNN convolve
// float32 in TF32 unless told otherwise, but not cuBLAS multiply matrices (torch.backends.cudnn.allow_tf32,
// torch.backends.cuda.matmul.allow_tf32).
func (r Rates) Of(d memory.DType, isMatrix bool) float64 {
	switch {
	case d == memory.FP16 || d == memory.BF16 || d == memory.AMP:
		return r.FP16
	case d == memory.INT8:
		return r.INT8
	case isMatrix:
		return r.FP32
	}
	return max(r.TF32, r.FP32)
}

// Uniform returns the rates of a machine that computes as fast in each type.
func (m Machine) Uniform() Rates {
	return Rates{FP32: m.FLOPS, TF32: m.FLOPS, FP16: m.FLOPS, INT8: m.FLOPS, Bandwidth: m.Bandwidth}
}

// MachineFor returns the rates at which node i runs.
func (s *Step) MachineFor(i int, r Rates) Machine {
	_, isMatrix := s.network.Nodes[i].Op.(*op.FC)
	return Machine{FLOPS: r.Of(s.Options.DType, isMatrix), Bandwidth: r.Bandwidth}
}

// LeastTimes returns the least seconds of node i, forward and backward.
func (s *Step) LeastTimes(i int, r Rates) (forward, backward float64) {
	m := s.MachineFor(i, r)
	return m.LeastTime(s.Forward[i]), m.LeastTime(s.Backward[i])
}

// UpdateTime returns the least seconds of the optimizer's update, of which there is one for several passes.
func (s *Step) UpdateTime(r Rates) float64 {
	return float64(s.Update.Bytes()) / r.Bandwidth / float64(max(1, s.Options.Parallel.Accumulate))
}

// ComputeTime returns the least seconds of a step on its device, one layer after another.
func (s *Step) ComputeTime(r Rates) float64 {
	sum := s.UpdateTime(r)
	for i := range s.Forward {
		forward, backward := s.LeastTimes(i, r)
		sum += forward + backward
	}
	return sum
}

// Exchange is what a device sends to others for an update, and receives from them as well.
type Exchange struct {
	What  string  // "all-reduce"
	Bytes float64 // at least, in each direction
}

// Exchanges returns what several devices exchange for an update. A device that reduces or gathers S bytes over N
// devices sends at least S(N-1)/N, and twice that for both (Patarasuk and Yuan, Bandwidth optimal all-reduce
// algorithms, 2009). A network that adds up itself is not counted on.
func (s *Step) Exchanges() []Exchange {
	p := s.Options.Parallel
	if p.Devices < 2 || s.Options.Mode != memory.Training {
		return nil
	}
	share := float64(s.Gradients) * float64(p.Devices-1) / float64(p.Devices)
	gathered := share
	if s.Options.DType == memory.AMP && p.Strategy == memory.FSDP {
		gathered /= 2 // in half, as are the gradients
	}
	passes := float64(max(1, p.Accumulate))
	switch p.Strategy { // what is gathered a second time, backward, depends on the units, and is not counted on
	case memory.ZeRO1:
		return []Exchange{{"all-reduce of the gradients", 2 * share}, {"broadcast of the parameters", share}}
	case memory.ZeRO2:
		return []Exchange{{"all-reduce of the gradients", 2 * share * passes}, {"all-gather of the parameters", share}}
	case memory.ZeRO3, memory.FSDP:
		return []Exchange{{"all-gather of the parameters", gathered * passes},
			{"reduce-scatter of the gradients", gathered * passes}}
	}
	return []Exchange{{"all-reduce of the gradients", 2 * share}}
}

// Time returns the least seconds of an exchange; 0 where no rate is known.
func (e Exchange) Time(r Rates) float64 {
	if r.Interconnect == 0 {
		return 0
	}
	return e.Bytes / (r.Interconnect / 2)
}

// ExchangeTime returns the least seconds of the exchanges of an update; 0 where there are none or no rate is known.
func (s *Step) ExchangeTime(r Rates) float64 {
	sum := 0.0
	for _, e := range s.Exchanges() {
		sum += e.Time(r)
	}
	return sum
}

// LeastTime returns the least seconds of a step: of its computation, or of the exchanges for as many passes as an
// update has, which may overlap with it.
func (s *Step) LeastTime(r Rates) float64 {
	return max(s.ComputeTime(r), s.ExchangeTime(r)/float64(max(1, s.Options.Parallel.Accumulate)))
}

// MostPictures returns the most pictures that all devices run in a second.
func (s *Step) MostPictures(r Rates) float64 {
	return float64(s.Batch) * float64(max(1, s.Options.Parallel.Devices)) / s.LeastTime(r)
}
