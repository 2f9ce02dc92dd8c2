package sweep

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"cnncalc/internal/checked"
	"cnncalc/internal/figure"
	"cnncalc/internal/memory"
	"cnncalc/internal/plain"
)

// Settings that a search may be for, other than a variable of the file.
const (
	ForBatch     = "batch"
	ForInputSize = "input-size" // the side of square inputs
)

// Search looks for the largest value of one setting with which a network keeps limits.
type Search struct {
	For     string // ForBatch, ForInputSize, or the name of a variable
	Values  Axis   // a range
	Limits  []figure.Limit
	Query   *Query // of all else: each of its settings has one value, and it has no condition
	Workers int
	// Tried is called, if it is not nil, after some values have been tried.
	Tried func(values int64)
}

// space returns the query's with values of the setting.
func (s *Search) space(values Axis) Space {
	space := s.Query.Space
	switch s.For {
	case ForBatch:
		space.Batches = values
	case ForInputSize:
		space.Inputs = []Axis{values.Squares()}
	default:
		values.Name = s.For
		space.Variables = []Axis{values}
	}
	return space
}

// row returns that of a value, in the order of the space.
func (s *Search) row(value int64) *Row {
	q := *s.Query
	q.Space = s.space(Range(value, value, 1))
	e := evaluator{query: &q, network: -1}
	row := e.row(0)
	return &row
}

// Value returns the value of a row's setting.
func (s *Search) Value(row *Row) int64 {
	switch s.For {
	case ForBatch:
		return row.Batch
	case ForInputSize:
		return row.Inputs[0].Size.W
	}
	return row.Variables[0].Number
}

// Setting returns the value of a row's setting as people write it: "w=26", "640x640" or "batch 8".
func (s *Search) Setting(row *Row) string {
	switch s.For {
	case ForBatch:
		return "batch " + plain.Count(row.Batch)
	case ForInputSize:
		return row.Inputs[0].String()
	}
	return fmt.Sprintf("%s=%d", s.For, row.Variables[0].Number)
}

// Solution is what a search found.
type Solution struct {
	Best *Row // with the largest value; nil if no value keeps the limits
	// Next is the nearest larger value that has figures, or the smallest of all if there is no best; nil if there is none.
	// It keeps the limits only if it is larger than all values that were searched.
	Next     *Row
	Tried    int64
	Problems []Row // values between the two that have no figures: the first few of the Skipped
	Skipped  int64
}

// maxBeyond is how many values after the last are tried for the next one that has figures.
const maxBeyond = 64

// maxProblems is how many values with problems a solution has.
const maxProblems = 3

// errFound ends a run.
var errFound = errors.New("found")

// All tries the values from the largest down until one keeps the limits. However the figures depend on the values, it
// finds what trying all of them finds.
func (s *Search) All(ctx context.Context) (*Solution, error) {
	q := *s.Query
	q.Space = s.space(s.Values.reversed())
	q.Where = figure.Conjunction(s.Limits) // computes no more figures than decide
	found := &Solution{}
	err := q.Run(ctx, 0, s.Values.Len(), s.Workers, func(rows []Row) error {
		for i := range rows {
			found.Tried++
			switch row := &rows[i]; {
			case row.Problem != nil:
				found.skip(row)
			case row.LeftOut:
				found.Next, found.Problems, found.Skipped = row, nil, 0
			default:
				found.Best = row
				return errFound
			}
		}
		if s.Tried != nil {
			s.Tried(found.Tried)
		}
		return nil
	})
	switch {
	case err != nil && err != errFound:
		return nil, err
	case found.Next != nil:
		found.Next = s.row(s.Value(found.Next)) // with its figures
	case found.Best != nil:
		found.Next = s.beyond()
	}
	return found, nil
}

// beyond returns the row of the first value after the largest that has figures, nil if that is far.
func (s *Search) beyond() *Row {
	last := s.Values.At(s.Values.Len() - 1).Number
	for range maxBeyond {
		next, err := checked.Sum(last, s.Values.parts[0].step)
		if err != nil {
			return nil
		}
		if row := s.row(next); row.Problem == nil {
			return row
		}
		last = next
	}
	return nil
}

// skip counts a value that has no figures.
func (s *Solution) skip(row *Row) {
	if s.Skipped++; s.Skipped <= maxProblems {
		s.Problems = append(s.Problems, *row)
	}
}

// ErrUnbounded is the error of Batches if no limit depends on the batch.
var ErrUnbounded = errors.New("no limit depends on the batch")

// CanBisect reports whether Batches can search with the limits: each that depends on the batch is an upper one, of a
// figure that grows with the batch.
func (s *Search) CanBisect() bool {
	return !slices.ContainsFunc(s.Limits, func(l figure.Limit) bool {
		isUpper := l.Relation == figure.AtMost || l.Relation == figure.Below
		return dependsOnBatch(l) && !(isUpper && s.growsWithBatch(l.Figure))
	})
}

func dependsOnBatch(l figure.Limit) bool { return slices.Contains(l.Figure.Takes, figure.Batch) }

// growsWithBatch reports whether a figure is known never to shrink within the classes of batches. The plan of cnncalc
// run chooses kernels by the batch.
func (s *Search) growsWithBatch(f figure.Figure) bool {
	return f.Name != "arena" && (f.Name != "peak" || s.Query.Use.Account != memory.RunAccount)
}

// Batches finds the largest of all batches that keeps the limits, in a logarithmic number of steps. CanBisect must
// hold.
func (s *Search) Batches() (*Solution, error) {
	q := *s.Query
	q.Space.Batches = Range(1, math.MaxInt64, 1)
	q.Figures, q.Where = nil, figure.Conjunction(s.Limits)
	e := evaluator{query: &q, network: -1}
	found := &Solution{}
	breaks := func(batch int64) (int64, error) {
		found.Tried++
		if row := e.row(batch - 1); row.Problem != nil || row.LeftOut { // a figure that cannot be counted exceeds any limit
			return 1, nil
		}
		return 0, nil
	}
	if first := e.row(0); first.Problem != nil {
		return nil, first.Problem
	}
	if !slices.ContainsFunc(s.Limits, dependsOnBatch) {
		return nil, ErrUnbounded
	}
	high := int64(math.MaxInt64)
	for _, low := range slices.Backward(q.Use.Options.Torch.BatchClasses()) {
		batch, _, err := memory.LargestBatch(low, high, 0, breaks)
		if err != nil {
			return nil, err
		}
		if batch > 0 {
			found.Best, found.Next = s.row(batch), s.row(batch+1)
			return found, nil
		}
		high = low - 1
	}
	found.Next = s.row(1)
	return found, nil
}
