package fit

import "cnncalc/internal/memory"

// Advice is about a batch that does not fit: what it takes, and what would take less.
type Advice struct {
	Mode      memory.Mode      `json:"mode"`
	DType     memory.DType     `json:"dtype"`
	Optimizer memory.Optimizer `json:"optimizer,omitempty"`
	Parallel  *memory.Parallel `json:"parallel,omitempty" jsonschema:"with --gpus or --accumulate"`
	Input     string           `json:"input"`
	Batch     int64            `json:"batch"`
	Peak      memory.PeakBytes `json:"peak"`
	Remedies  []Remedy         `json:"remedies"`

	Options memory.Options     `json:"-"`
	Parts   []memory.PartBytes `json:"-"`
	MACs    int64              `json:"-"` // of one picture forward
	Others  int                `json:"-"` // how many other combinations of network and options do not fit
}

// advise looks for what would make the batch fit where it does not.
func (a *asker) advise() error {
	q, u := a.Query, a.unfit
	if q.Batches != nil || u == nil {
		return nil
	}
	model, ok := u.account.(*memory.PyTorch)
	if !ok {
		return nil // the notes' account has no peak to lower
	}
	account, err := model.Account(q.Batch)
	if err != nil {
		return err
	}
	remedies, err := Remedies(Question{
		Network: u.network, Options: u.options, Model: model, Batch: q.Batch, Limit: q.Budget.Available, Resize: q.Resize,
	})
	a.Advice = &Advice{
		Mode: u.options.Mode, DType: u.options.DType, Optimizer: u.options.Optimizer, Batch: q.Batch, Peak: account.Peak,
		Remedies: append([]Remedy{}, remedies...), Parts: account.Parts, MACs: u.network.Total.MACs, Others: u.others,
		Parallel: parallelOf(u.options), Input: inputOf(u.network), Options: u.options,
	}
	return err
}
