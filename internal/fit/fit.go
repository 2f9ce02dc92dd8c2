// Package fit answers whether a network and a batch fit a device: the largest batch that does, what other batches and
// input sizes take, the devices that are known by name, and what would make a batch fit that does not. Each remedy's
// figures are those of PyTorch's account of the network as it would be then.
//
// The accounts and the search for the largest batch are in package memory; package report prints the answer.
package fit

import (
	"fmt"
	"iter"
	"slices"

	"cnncalc/internal/memory"
	"cnncalc/internal/shape"
	"cnncalc/internal/traffic"
)

// Query is what is asked of a network: whether a batch fits, and what fits at most, with each of some options.
type Query struct {
	Account memory.AccountName // NotesAccount or PyTorchAccount
	Torch   memory.Torch       // of PyTorch's account
	Budget  Budget
	Options []memory.Options // a row or several for each
	// Networks yields the network, or with BySize the network with each of some input sizes. They are made one after the
	// other, since a large one takes hundreds of megabytes. An error ends the query.
	Networks iter.Seq2[*shape.Network, error]
	BySize   bool
	Batch    int64   // that is to fit
	IsNamed  bool    // whether the user named Batch, so that rows say what it takes
	Batches  []int64 // in place of the largest batch, what these take; nil otherwise
	// Resize returns the network with another input size, nil where it has problems then.
	Resize func(width, height int64) *shape.Network
}

// IsSpread reports whether trainings are on several devices, or accumulate gradients.
func (q *Query) IsSpread() bool {
	return slices.ContainsFunc(q.Options, func(o memory.Options) bool { return o.Parallel != memory.Parallel{} })
}

// IsCurve reports whether the rows are over batches or input sizes.
func (q *Query) IsCurve() bool { return q.Batches != nil || q.BySize }

// Answer is the answer to a query.
type Answer struct {
	Query  *Query
	Rows   []Row
	Advice *Advice // nil where Batch fits, or no advice was asked for
	// Basis says in sentences what the figures rest on.
	Basis []string
}

// Row is one network, mode, type and optimizer. Bytes and Parts are of Batch.
type Row struct {
	Input     string                `json:"input"`
	Mode      memory.Mode           `json:"mode"`
	DType     memory.DType          `json:"dtype"`
	Optimizer memory.Optimizer      `json:"optimizer,omitempty" jsonschema:"in training"`
	Parallel  *memory.Parallel      `json:"parallel,omitempty" jsonschema:"with --gpus or --accumulate"`
	Largest   int64                 `json:"largest_batch" jsonschema:"0 where one picture does not fit"`
	Batch     int64                 `json:"batch"`
	Bytes     int64                 `json:"bytes"`
	Fits      bool                  `json:"fits"`
	Parts     map[memory.Part]int64 `json:"parts" jsonschema:"at the peak"`
	// Pictures is the most pictures a second that all devices run by the roofline model, 0 where the device is not known.
	Pictures float64 `json:"images_per_second_at_most,omitempty" jsonschema:"of all devices, by the rates of the device"`
	// Named is what the query's batch takes, where the user named it and the row is of another.
	Named *NamedBatch `json:"named_batch,omitempty"`
}

// NamedBatch is what a batch takes.
type NamedBatch struct {
	Batch int64 `json:"batch"`
	Bytes int64 `json:"bytes"`
	Fits  bool  `json:"fits"`
}

// NamedFits reports whether the batch that the user named fits with all options and sizes, or none was named.
func (a *Answer) NamedFits() bool {
	return !a.Query.IsNamed || !slices.ContainsFunc(a.Rows, func(r Row) bool {
		if r.Named != nil {
			return !r.Named.Fits
		}
		return !r.Fits
	})
}

// Ask answers a query. It fails if a size cannot be counted or Networks yields an error.
func Ask(q *Query) (*Answer, error) {
	a := &asker{Answer: &Answer{Query: q}}
	for n, err := range q.Networks {
		if err != nil {
			return nil, err
		}
		if err := a.network(n); err != nil {
			return nil, err
		}
	}
	if err := a.advise(); err != nil {
		return nil, err
	}
	a.Basis = basis(q)
	return a.Answer, nil
}

// account is an account of a network, for any batch.
type account interface {
	LargestBatch(limit int64) (batch, bytes int64, err error)
	AtPeak(batch int64) (bytes int64, parts map[memory.Part]int64, err error)
}

// asker makes an answer.
type asker struct {
	*Answer
	unfit *unfit // nil while all fits
}

// unfit is the first network and options with which the query's batch does not fit, of those on several devices if
// there are such: a single one is beside them for comparison.
type unfit struct {
	network *shape.Network
	options memory.Options
	account account
	others  int // that do not fit either
}

// network makes the rows of a network.
func (a *asker) network(n *shape.Network) error {
	var last *memory.PyTorch
	var of memory.Options
	for _, o := range a.Query.Options {
		o.ComputeMajor = a.Query.Budget.computeMajor()
		by, err := a.account(n, o, last, of)
		if err != nil {
			return err
		}
		last, _ = by.(*memory.PyTorch)
		of = o
		if err := a.rows(n, o, by); err != nil {
			return err
		}
	}
	return nil
}

// account returns the account with some options. last is that of the options before, nil for none: one that differs in
// the optimizer alone shares most of it.
func (a *asker) account(n *shape.Network, o memory.Options, last *memory.PyTorch, of memory.Options) (account, error) {
	switch {
	case a.Query.Account == memory.NotesAccount:
		return memory.NewNotesModel(n, o)
	case last == nil || of.Mode != o.Mode || of.DType != o.DType || of.Parallel != o.Parallel:
		return memory.NewPyTorch(n, o)
	}
	return last.WithOptimizer(o.Optimizer)
}

// rows makes the rows of a network with some options.
func (a *asker) rows(n *shape.Network, o memory.Options, by account) error {
	q := a.Query
	largest, _, err := by.LargestBatch(q.Budget.Available)
	if err != nil {
		return fmt.Errorf("the memory is too large: %w", err)
	}
	needed, _, err := by.AtPeak(q.Batch)
	if err != nil {
		return err
	}
	if needed > q.Budget.Available {
		a.refuse(n, o, by)
	}
	var named *NamedBatch
	if q.IsNamed && !q.IsCurve() {
		named = &NamedBatch{q.Batch, needed, needed <= q.Budget.Available}
	}
	for _, batch := range q.batches(largest) {
		bytes, parts, err := by.AtPeak(batch)
		if err != nil {
			return err
		}
		pictures, err := q.mostPictures(n, by, o, batch)
		if err != nil {
			return err
		}
		a.Rows = append(a.Rows, Row{
			Parallel: parallelOf(o),
			Input:    inputOf(n), Mode: o.Mode, DType: o.DType, Optimizer: o.Optimizer,
			Largest: largest, Batch: batch, Bytes: bytes, Fits: bytes <= q.Budget.Available, Parts: parts,
			Named: named, Pictures: pictures,
		})
	}
	return nil
}

// mostPictures returns the most pictures of a batch that all devices run in a second, 0 where that is not known.
func (q *Query) mostPictures(n *shape.Network, by account, o memory.Options, batch int64) (float64, error) {
	m, isPyTorch := by.(*memory.PyTorch)
	if !isPyTorch || q.Torch != memory.Torch2CUDA || q.Budget.Device == nil || !q.Budget.Device.Rates.AreKnown(o.DType) {
		return 0, nil
	}
	step, err := traffic.NewStep(n, m, batch)
	if err != nil {
		return 0, err
	}
	return step.MostPictures(q.Budget.Device.Rates), nil
}

// batches returns those that have a row.
func (q *Query) batches(largest int64) []int64 {
	switch {
	case q.Batches != nil:
		return q.Batches
	case q.BySize:
		return []int64{q.Batch}
	}
	return []int64{max(largest, 1)}
}

// refuse notes what does not fit.
func (a *asker) refuse(n *shape.Network, o memory.Options, by account) {
	first := &unfit{network: n, options: o, account: by}
	switch {
	case a.unfit == nil:
		a.unfit = first
	case o.Parallel.Devices > 1 && a.unfit.options.Parallel.Devices <= 1:
		first.others = a.unfit.others + 1
		a.unfit = first
	default:
		a.unfit.others++
	}
}

// parallelOf returns how trainings are spread, nil for one device and one pass.
func parallelOf(o memory.Options) *memory.Parallel {
	if o.Parallel == (memory.Parallel{}) {
		return nil
	}
	return &o.Parallel
}

// inputOf returns the size of a network's input.
func inputOf(n *shape.Network) string {
	in := n.InputShape()
	return fmt.Sprintf("%dx%d", in.W, in.H)
}

func basis(q *Query) []string {
	if q.Account == memory.NotesAccount {
		return []string{"The notes' account is exact by their rules, but is not what a framework takes: --account pytorch " +
			"estimates that."}
	}
	o := memory.Options{Torch: q.Torch, DType: memory.FP32, ComputeMajor: q.Budget.computeMajor()}
	lines := o.Basis()
	if d := q.Budget.Device; d != nil && q.Torch == memory.Torch2CUDA && d.Rates.AreKnown(memory.FP32) {
		lines = append(lines, "images/s is an upper bound by the roofline model and the rates of the device ("+d.RatesBy+
			"): cnncalc traffic --device has it layer by layer.")
	}
	for _, of := range q.Options {
		o.Parallel = of.Parallel
		for _, line := range o.Basis() {
			if !slices.Contains(lines, line) {
				lines = append(lines, line)
			}
		}
	}
	return lines
}
