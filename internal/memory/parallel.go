package memory

import (
	"cmp"
	"fmt"
	"slices"

	"cnncalc/internal/checked"
	"cnncalc/internal/op"
)

// Strategy is how a training is spread over several devices, each of which has its own pictures.
type Strategy string

// The strategies.
const (
	// DDP is DistributedDataParallel: the gradients are summed over the devices bucket by bucket.
	DDP Strategy = "ddp"
	// ZeRO1 is DDP with ZeroRedundancyOptimizer: each device keeps the optimizer's state of some parameters.
	ZeRO1 Strategy = "zero1"
	// ZeRO2 is DeepSpeed's stage 2: each device also keeps only its part of the gradients.
	ZeRO2 Strategy = "zero2"
	// ZeRO3 is DeepSpeed's stage 3: each device also keeps only its part of every parameter, and gathers a layer's when
	// it runs.
	ZeRO3 Strategy = "zero3"
	// FSDP is FullyShardedDataParallel with full sharding: the same by units of layers.
	FSDP Strategy = "fsdp"
)

// Strategies returns the names of all.
func Strategies() []string {
	return []string{string(DDP), string(ZeRO1), string(ZeRO2), string(ZeRO3), string(FSDP)}
}

// IsSharded reports whether each device keeps only its part of the gradients at least.
func (s Strategy) IsSharded() bool { return s.IsDeepSpeed() || s == FSDP }

// IsDeepSpeed reports whether DeepSpeed runs the strategy.
func (s Strategy) IsDeepSpeed() bool { return s == ZeRO2 || s == ZeRO3 }

// Parallel is how a training is spread over devices, and how many passes there are for each update. The account is of
// the device that holds the most.
type Parallel struct {
	Devices  int64    `json:"devices" jsonschema:"1 for a single one"`
	Strategy Strategy `json:"strategy,omitempty" jsonschema:"of several devices"`
	// Views reports whether the gradients are parts of the buckets: DDP's gradient_as_bucket_view.
	Views bool `json:"gradient_as_bucket_view"`
	// Accumulate is the passes for each update. The gradients stay from one to the next.
	Accumulate int64 `json:"accumulate" jsonschema:"passes for each update"`
	// UnitSize is the parameters with which a unit of FSDP ends; 0 for the blocks of the file as units.
	UnitSize int64 `json:"unit_size,omitempty" jsonschema:"of fsdp: the parameters with which a unit ends"`
	// BucketSize is DeepSpeed's reduce_bucket_size, 0 for its default.
	BucketSize int64 `json:"bucket_size,omitempty" jsonschema:"of zero2 and zero3: reduce_bucket_size, in parameters"`
	// LiveParameters is stage3_max_live_parameters and stage3_max_reuse_distance, 0 for DeepSpeed's default.
	LiveParameters int64 `json:"live_parameters,omitempty" jsonschema:"of zero3: stage3_max_live_parameters"`
	// Offload reports whether the CPU keeps the optimizer's state and updates the parameters.
	Offload bool `json:"offload_optimizer,omitempty"`
}

// Check returns an error for what a strategy does not have.
func (p Parallel) Check(torch Torch) error {
	switch s := p.Strategy; {
	case !p.isSpread():
		return nil
	case s.IsSharded() && torch != Torch2CUDA:
		return fmt.Errorf("%s is for CUDA devices: take PyTorch %s", s, Torch2CUDA)
	case s.IsSharded() && p.Views:
		return fmt.Errorf("%s has no gradient_as_bucket_view: it is for %s and %s", s, DDP, ZeRO1)
	case !s.IsSharded() && p.Offload:
		return fmt.Errorf("%s updates on the devices: to offload the optimizer, take %s, %s or %s", s, ZeRO2, ZeRO3, FSDP)
	}
	return nil
}

// isSpread reports whether there are several devices.
func (p Parallel) isSpread() bool { return p.Devices > 1 }

// keepsGradients reports whether gradients are there when a pass begins, so that each new one is added to the old one
// and released.
func (p Parallel) keepsGradients() bool {
	return !p.isSharded() && (p.Accumulate > 1 || p.isSpread() && p.Views)
}

// isSharded reports whether a sharding decides what of gradients and parameters there is.
func (p Parallel) isSharded() bool { return p.isSpread() && p.Strategy.IsSharded() }

// isFromSource reports whether only sources say what is kept: nothing has measured it.
func (p Parallel) isFromSource() bool { return p.isSpread() && p.Strategy.IsDeepSpeed() }

// hasBuckets reports whether there are buckets in addition to the gradients.
func (p Parallel) hasBuckets() bool { return p.isSpread() && !p.isSharded() && !p.Views }

// Sizes of buckets: a bucket is full once it has as many bytes. The first is smaller, so that the reduction begins
// early (torch/nn/parallel/distributed.py, torch/csrc/distributed/c10d/reducer.hpp).
const (
	firstBucket = 1 << 20
	laterBucket = 25 << 20
)

// Buckets returns the bytes of the buckets that gradients are reduced in, in order.
func (m *PyTorch) Buckets() ([]int64, error) {
	p, err := m.passes[0].get()
	if err != nil {
		return nil, err
	}
	return p.buckets(), nil
}

// buckets fills buckets with the gradients in the order in which the backward pass makes them, as DDP does after the
// first iteration.
func (p *pass) buckets() []int64 {
	var full []int64
	last, limit := int64(0), int64(firstBucket)
	seen := map[int]bool{}
	for i := range slices.Backward(p.network.Nodes) {
		ids := p.learntOf(i)
		if _, isFC := p.network.Nodes[i].Op.(*op.FC); isFC {
			slices.Reverse(ids) // of a matrix product, the gradient of the bias is there first
		}
		for _, id := range ids {
			if seen[id] {
				continue
			}
			seen[id] = true
			if last += p.tensors[id].size.once; last >= limit {
				full, last, limit = append(full, last), 0, laterBucket
			}
		}
	}
	if last > 0 {
		full = append(full, last)
	}
	return full
}

// learntOf returns the parameters of node i that training changes.
func (p *pass) learntOf(i int) []int {
	var ids []int
	for k, w := range p.network.Layers[i].Weights {
		if w.IsLearnt() {
			ids = append(ids, p.weights[i][k])
		}
	}
	return ids
}

// prepareGradients takes what there is of gradients before the pass begins.
func (p *builder) prepareGradients() {
	if p.options.Parallel.hasBuckets() {
		for k, bytes := range p.buckets() {
			p.add(none, fmt.Sprint("bucket ", k+1), GradientBuckets, linear{once: bytes})
		}
	}
	if !p.options.Parallel.keepsGradients() {
		return
	}
	for i := range p.network.Nodes {
		for _, id := range p.learntOf(i) {
			if t := p.tensors[id]; !p.hasGradient[id] {
				p.add(t.node, t.what, Gradients, t.size)
				p.hasGradient[id] = true
			}
		}
	}
}

// shard is the parameters whose state one device keeps.
type shard struct {
	values     int64
	parameters []int
}

// shards divides parameters among devices, the largest first, each to the device that has the fewest values so far
// (torch/distributed/optim/zero_redundancy_optimizer.py, _partition_parameters).
func (p *pass) shards(parameters []int, devices int64) []shard {
	order := slices.Clone(parameters)
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(p.tensors[b].size.once, p.tensors[a].size.once)
	})
	all := make([]shard, min(devices, int64(len(parameters)))) // others get nothing
	for _, id := range order {
		least := &all[0]
		for k := range all {
			if all[k].values < least.values {
				least = &all[k]
			}
		}
		least.values += p.tensors[id].size.once
		least.parameters = append(least.parameters, id)
	}
	return all
}

// learnt returns the parameters that training changes, in the order of the layers.
func (p *pass) learnt() []int {
	var all []int
	seen := map[int]bool{}
	for i := range p.network.Nodes {
		for _, id := range p.learntOf(i) {
			if !seen[id] {
				seen[id] = true
				all = append(all, id)
			}
		}
	}
	return all
}

// updated returns the tensors that the device with the most of the optimizer's state updates: parameters, or shards.
func (p *pass) updated() []int {
	if p.options.Parallel.isSharded() {
		return p.shardsUpdated
	}
	all := p.learnt()
	if !p.options.Parallel.isSpread() || p.options.Parallel.Strategy != ZeRO1 || len(all) == 0 {
		return all
	}
	return slices.MaxFunc(p.shards(all, p.options.Parallel.Devices), func(a, b shard) int {
		return cmp.Or(cmp.Compare(a.values, b.values), cmp.Compare(len(a.parameters), len(b.parameters)))
	}).parameters
}

// StateByDevice returns the bytes of the optimizer's state on each device that has any, the first ones first.
func (m *PyTorch) StateByDevice() ([]int64, error) {
	p, err := m.passes[0].get()
	if err != nil {
		return nil, err
	}
	if !m.options.Parallel.isSpread() || m.options.Parallel.Strategy != ZeRO1 { // all have as much
		return slices.Repeat([]int64{m.update.state}, int(max(1, m.options.Parallel.Devices))), nil
	}
	rule := m.options.Optimizer.rule()
	var states []int64
	for _, s := range p.shards(p.learnt(), m.options.Parallel.Devices) {
		bytes, err := checked.Product(rule.copies, s.values)
		if err != nil {
			return nil, err
		}
		if m.options.Torch != Torch2CUDA { // which keeps scalars on the CPU
			bytes += 4 * rule.scalars * int64(len(s.parameters))
		}
		states = append(states, bytes)
	}
	return states, nil
}
