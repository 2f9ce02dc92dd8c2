package kernel

import (
	"math"
	"slices"
)

// Summary describes values. NaNs are counted and otherwise ignored.
type Summary struct {
	Min, Max float32 // +Inf and -Inf where all values are NaN
	Sum      float64
	NaNs     int
}

// Summarizer makes summaries. It keeps its memory for the next one. The zero Summarizer is ready for use.
type Summarizer struct {
	parts []Summary // one for each task
	local []float32 // three blocks for each worker
}

// Of returns the summary of values, which does not depend on the number of workers.
func (s *Summarizer) Of(values []float32, w *Workers) Summary { return s.of(values, w, active) }

func (s *Summarizer) of(values []float32, w *Workers, r *routines) Summary {
	tasks := ceilDiv(len(values), chunk)
	s.parts = slices.Grow(s.parts[:0], tasks)[:tasks]
	s.local = slices.Grow(s.local[:0], 3*summaryBlock*w.Size())[:3*summaryBlock*w.Size()]
	launch(w, tasks, summaryJob{values, s.parts, s.local, r})
	all := noValues()
	for _, part := range s.parts {
		all.Min, all.Max = min(all.Min, part.Min), max(all.Max, part.Max)
		all.Sum += part.Sum
		all.NaNs += part.NaNs
	}
	return all
}

func noValues() Summary { return Summary{Min: float32(math.Inf(1)), Max: float32(math.Inf(-1))} }

// summaryBlock is the number of values that summaries compare with others at a time.
const summaryBlock = 256

type summaryJob struct {
	values []float32
	parts  []Summary
	local  []float32
	r      *routines
}

func (j *summaryJob) do(task, worker int) {
	values := j.values[task*chunk : min((task+1)*chunk, len(j.values))]
	whole := len(values) / summaryBlock * summaryBlock
	part := j.whole(values[:whole], j.local[worker*3*summaryBlock:][:3*summaryBlock])
	part.add(values[whole:])
	j.parts[task] = part
}

// whole summarizes whole blocks with routines. These do not find NaNs, which only a sum that is NaN can have: then
// values are added one by one.
func (j *summaryJob) whole(values, local []float32) Summary {
	s := noValues()
	if len(values) == 0 {
		return s
	}
	if s.Sum = j.r.sum(values); math.IsNaN(s.Sum) {
		s.Sum = 0
		s.add(values)
		return s
	}
	largest, negated := local[:summaryBlock], local[summaryBlock:2*summaryBlock] // of each place in a block
	opposite := local[2*summaryBlock:][:summaryBlock]
	inf := float32(math.Inf(1))
	for i := range largest {
		largest[i], negated[i] = -inf, -inf
	}
	for at := 0; at < len(values); at += summaryBlock {
		block := values[at : at+summaryBlock]
		j.r.maxRow(largest, block, 1)
		j.r.affine(opposite, block, -1, 0, bounds{-inf, inf})
		j.r.maxRow(negated, opposite, 1)
	}
	for i := range largest {
		s.Min, s.Max = min(s.Min, 0-negated[i]), max(s.Max, largest[i])
	}
	return s
}

// add includes values one by one.
func (s *Summary) add(values []float32) {
	for _, v := range values {
		if v != v {
			s.NaNs++
			continue
		}
		s.Min, s.Max = min(s.Min, v), max(s.Max, v)
		s.Sum += float64(v)
	}
}
