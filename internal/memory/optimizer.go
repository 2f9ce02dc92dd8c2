package memory

import (
	"cnncalc/internal/checked"
	"cnncalc/internal/choice"
)

// Optimizer is an optimizer of PyTorch with its usual settings: no weight decay.
type Optimizer string

// NoOptimizer is a forward and a backward pass alone.
const NoOptimizer Optimizer = "none"

// DefaultOptimizer is the notes': SGD with momentum.
const DefaultOptimizer Optimizer = "momentum"

// optimizerRule is what an optimizer keeps and takes.
type optimizerRule struct {
	name Optimizer
	// copies of all parameters that are kept, in the parameters' type
	copies int64
	// scalars of float32 kept for each parameter tensor, in the memory of the CPU
	scalars int64
	// single is the most copies of one parameter that the update also needs in PyTorch 1.13, which updates one after the
	// other; foreach is the copies of all parameters in PyTorch 2 on CUDA, which updates them together
	single, foreach int64
	keeps           string // for people
}

// optimizerRules follows the sources in torch/optim: the state is what step() puts into self.state, the copies what
// _single_tensor_NAME (1.13) and _multi_tensor_NAME (2.x) make. State and single were measured with PyTorch 1.13
// (testdata/memory); foreach was only read in the source.
func optimizerRules() []optimizerRule {
	return []optimizerRule{
		{name: NoOptimizer},
		{name: "sgd"},
		{name: "momentum", copies: 1, keeps: "momentum"},                                         // momentum_buffer
		{name: "nesterov", copies: 1, single: 1, keeps: "momentum"},                              // momentum_buffer
		{name: "adagrad", copies: 1, scalars: 1, single: 1, foreach: 2, keeps: "sum of squares"}, // sum, step
		{name: "rmsprop", copies: 1, single: 1, foreach: 1, keeps: "mean of squares"},            // square_avg
		// square_avg, acc_delta
		{name: "adadelta", copies: 2, single: 2, foreach: 2, keeps: "two means of squares"},
		// exp_avg, exp_avg_sq, step
		{name: "adam", copies: 2, scalars: 1, single: 2, foreach: 1, keeps: "two moments"},
		// and max_exp_avg_sq
		{name: "amsgrad", copies: 3, scalars: 1, single: 2, foreach: 1, keeps: "two moments, one maximum"},
		{name: "adamw", copies: 2, scalars: 1, single: 2, foreach: 1, keeps: "two moments"}, // as adam
		// exp_avg, exp_inf, step
		{name: "adamax", copies: 2, scalars: 1, single: 3, foreach: 1, keeps: "moment and maximum"},
		// as adam, and mu_product
		{name: "nadam", copies: 2, scalars: 2, single: 2, foreach: 1, keeps: "two moments"},
		{name: "radam", copies: 2, scalars: 1, single: 4, foreach: 1, keeps: "two moments"}, // as adam
	}
}

// Optimizers returns the names that ParseOptimizer takes.
func Optimizers() []string {
	var names []string
	for _, r := range optimizerRules() {
		names = append(names, string(r.name))
	}
	return names
}

// ParseOptimizer reads an optimizer's name.
func ParseOptimizer(s string) (Optimizer, error) {
	return choice.Parse[Optimizer](s, "an optimizer", Optimizers())
}

// rule returns the rule of a name that ParseOptimizer takes.
func (o Optimizer) rule() optimizerRule {
	for _, r := range optimizerRules() {
		if r.name == o {
			return r
		}
	}
	return optimizerRule{name: o}
}

// Copies returns how many tensors of a parameter's size the optimizer keeps for each parameter.
func (o Optimizer) Copies() int64 { return o.rule().copies }

// Keeps returns what the optimizer keeps, in words; "" for nothing.
func (o Optimizer) Keeps() string { return o.rule().keeps }

// update is what an optimizer keeps of a network's parameters, and what its step also needs. It does not depend on the
// batch.
type update struct {
	state   int64
	rounded int64 // the state in whole blocks
	scratch int64 // in whole blocks
}

// updateOf adds up over the parameters that are updated on the device. It fails if the sum cannot be counted.
func (o Optimizer) updateOf(p *pass) (update, error) {
	rule := o.rule()
	all, rounded, largest, scalars := int64(0), int64(0), int64(0), int64(0) // addUp has counted the gradients
	for _, id := range p.updated() {
		bytes := p.tensors[id].size.once
		all += bytes
		rounded += p.blocks(bytes) // addUp has counted them
		largest = max(largest, p.blocks(bytes))
		scalars += 4 * rule.scalars
	}
	copies, of := rule.single, largest
	if p.options.Torch == Torch2CUDA {
		copies, of = rule.foreach, rounded
		scalars = 0 // the device holds none
	}
	scratch, err := checked.Product(copies, of)
	if err != nil {
		return update{}, err
	}
	if o != NoOptimizer {
		scratch, err = checked.Sum(p.flatGradient, max(0, scratch-p.replaced))
		if err != nil {
			return update{}, err
		}
	}
	kept, err := checked.Product(rule.copies, rounded)
	if err != nil {
		return update{}, err
	}
	_, err = checked.Sum(kept, scalars, scratch, p.total.once)
	return update{state: rule.copies*all + scalars, rounded: kept + scalars, scratch: scratch}, err
}
