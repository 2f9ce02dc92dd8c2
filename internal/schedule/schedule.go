// Package schedule finds the order of execution in which a network's branches hold the least memory at once, for
// devices whose memory is a single arena. Orders matter where paths run side by side: a volume may wait for others to
// be computed, and the order decides how large those that wait are.
//
// It knows tasks and bytes, and nothing of layers. Liberis and Lane, "Neural networks on microcontrollers: saving
// memory at inference via operator reordering" (2019), and Ahn et al., "Ordering Chaos" (2020), search the same space.
package schedule

import (
	"container/heap"
	"math/bits"
	"slices"
)

// Task computes one result from others. All sizes are in bytes.
type Task struct {
	Inputs []int // earlier tasks
	Bytes  int64 // of the result
	Kept   bool  // after the last task, since the caller gets it
}

// Order is an order of execution.
type Order struct {
	Tasks []int // in the order of execution
	Peak  int64 // the most that is held at once: a task's inputs and result, and all results that wait
	Exact bool  // no order has a lower peak
	Least int64 // no order has a lower peak than this; the peak, if it is exact
}

// maxTasks is the size of a part of the network, between two results that all that follows waits for, up to which its
// orders are searched, and maxGreedy that up to which another order than the given one is tried. maxStates bounds the
// search.
const (
	maxTasks  = 64
	maxGreedy = 1000
	maxStates = 1 << 18
)

// Best returns the order with the least peak. Tasks that may run in several orders form parts: each is searched in
// full, unless it is too large, for which the better of two orders is taken: the given one, and the one that always
// runs the task next that holds the least.
func Best(tasks []Task) Order {
	s := newState(tasks)
	best := Order{Exact: true}
	for _, part := range parts(tasks) {
		order, exact := s.bestOfPart(part)
		best.Exact = best.Exact && exact
		for _, task := range order {
			best.Peak = max(best.Peak, s.run(task))
		}
		best.Tasks = append(best.Tasks, order...)
	}
	best.Least = best.Peak
	if !best.Exact {
		best.Least = leastOfTasks(tasks)
	}
	return best
}

// PeakOf returns the peak of an order that has every task after its inputs.
func PeakOf(tasks []Task, order []int) int64 {
	s, peak := newState(tasks), int64(0)
	for _, task := range order {
		peak = max(peak, s.run(task))
	}
	return peak
}

// leastOfTasks returns the largest sum of a task's inputs and its result.
func leastOfTasks(tasks []Task) int64 {
	least := int64(0)
	for _, t := range tasks {
		sum := t.Bytes
		for k, in := range t.Inputs {
			if !slices.Contains(t.Inputs[:k], in) {
				sum += tasks[in].Bytes
			}
		}
		least = max(least, sum)
	}
	return least
}

// parts divides the tasks after each one that needs all before it, directly or not, and that all after it need: it is
// the only one up to there whose result nobody reads yet, and the only one from there on that reads nothing later.
func parts(tasks []Task) [][]int {
	n := len(tasks)
	firstReader := slices.Repeat([]int{n}, n)
	lastInput := slices.Repeat([]int{-1}, n)
	for i, t := range tasks {
		for _, in := range t.Inputs {
			firstReader[in] = min(firstReader[in], i)
			lastInput[i] = max(lastInput[i], in)
		}
	}
	needed := make([]int, n+1) // by task: the least of the last inputs of all from it on
	needed[n] = n
	for i := n - 1; i >= 0; i-- {
		needed[i] = min(needed[i+1], lastInput[i])
	}
	var all [][]int
	var part []int
	unread := 0 // the last of the first readers of the tasks so far
	for i := range tasks {
		part = append(part, i)
		if unread <= i && needed[i+1] >= i {
			all = append(all, part)
			part = nil
		}
		unread = max(unread, firstReader[i])
	}
	if part != nil {
		all = append(all, part)
	}
	return all
}

// state is what is held after some tasks.
type state struct {
	tasks   []Task
	readers []int // by task: how many later ones are still to read it
	held    int64
}

func newState(tasks []Task) *state {
	s := &state{tasks: tasks, readers: make([]int, len(tasks))}
	for _, t := range tasks {
		for _, in := range t.Inputs {
			s.readers[in]++
		}
	}
	for i, t := range tasks {
		if t.Kept {
			s.readers[i]++
		}
	}
	return s
}

// run runs a task and returns what is held while it does.
func (s *state) run(task int) int64 {
	t := &s.tasks[task]
	s.held += t.Bytes
	now := s.held
	for _, in := range t.Inputs {
		if s.readers[in]--; s.readers[in] == 0 {
			s.held -= s.tasks[in].Bytes
		}
	}
	if s.readers[task] == 0 {
		s.held -= t.Bytes // nobody reads it
	}
	return now
}

func (s *state) clone() *state {
	return &state{tasks: s.tasks, readers: slices.Clone(s.readers), held: s.held}
}

// bestOfPart returns the best order of a part that begins here.
func (s *state) bestOfPart(part []int) (order []int, exact bool) {
	if len(part) == 1 {
		return part, true
	}
	if len(part) <= maxTasks {
		if order := s.search(part); order != nil {
			return order, true
		}
	}
	if len(part) > maxGreedy {
		return part, false
	}
	greedy := s.greedy(part)
	if s.peak(greedy) < s.peak(part) {
		return greedy, false
	}
	return part, false
}

func (s *state) peak(order []int) int64 {
	c, most := s.clone(), int64(0)
	for _, task := range order {
		most = max(most, c.run(task))
	}
	return most
}

// greedy runs next whatever holds the least while it runs, and then after it has run.
func (s *state) greedy(part []int) []int {
	c := s.clone()
	var order []int
	left := slices.Clone(part)
	for len(left) > 0 {
		best, during, after := -1, int64(0), int64(0)
		for at, task := range left {
			if !ready(c.tasks[task], left) {
				continue
			}
			next := c.clone()
			now := next.run(task)
			if best < 0 || now < during || now == during && next.held < after {
				best, during, after = at, now, next.held
			}
		}
		c.run(left[best])
		order = append(order, left[best])
		left = slices.Delete(left, best, best+1)
	}
	return order
}

// ready reports whether no input of a task is left to run.
func ready(t Task, left []int) bool {
	return !slices.ContainsFunc(t.Inputs, func(in int) bool { return slices.Contains(left, in) })
}

// search visits the sets of tasks that may have run, those first that a lower peak leads to, until all have run. What
// is held after a set does not depend on the order in it. It returns nil if there are too many sets.
func (s *state) search(part []int) []int {
	p := newProblem(s, part)
	reached := map[uint64]step{0: {last: -1}}
	queue := &queue{{0, 0}}
	all := uint64(1)<<len(part) - 1
	for queue.Len() > 0 {
		at := heap.Pop(queue).(entry)
		if at.done == all {
			return p.trace(reached, all)
		}
		if at.peak > reached[at.done].peak {
			continue // reached with a lower one since
		}
		for k := range part {
			if at.done&(1<<k) != 0 || p.needs[k]&^at.done != 0 {
				continue
			}
			done := at.done | 1<<k
			peak := max(at.peak, p.heldAfter(at.done)+p.bytes[k])
			if known, ok := reached[done]; ok && known.peak <= peak {
				continue
			}
			reached[done] = step{k, peak}
			heap.Push(queue, entry{done, peak})
		}
		if len(reached) > maxStates {
			return nil
		}
	}
	return nil // not reached: the tasks are in an order
}

// problem is a part in terms of sets of its tasks.
type problem struct {
	part  []int
	needs []uint64 // by task: the tasks of the part that it reads
	bytes []int64
	base  int64 // held whatever the order: results of earlier parts that later ones read
	// Results are freed when all their readers in the part have run; those that something after the part reads never
	// are. Earlier results that the part reads are in inputs.
	inputs []result
	own    []result // by task
}

type result struct {
	bytes   int64
	readers uint64
	stays   bool
}

func newProblem(s *state, part []int) *problem {
	p := &problem{part: part, needs: make([]uint64, len(part)), bytes: make([]int64, len(part)), base: s.held,
		own: make([]result, len(part))}
	place := map[int]int{}
	for k, task := range part {
		place[task] = k
	}
	reads := map[int]int{}      // by task: how often the part reads it
	readers := map[int]uint64{} // by task: which of the part do
	for k, task := range part {
		p.bytes[k] = s.tasks[task].Bytes
		for _, in := range s.tasks[task].Inputs {
			reads[in]++
			readers[in] |= 1 << k
			if at, ok := place[in]; ok {
				p.needs[k] |= 1 << at
			}
		}
	}
	for in, set := range readers {
		if _, ok := place[in]; !ok && s.readers[in] == reads[in] {
			p.base -= s.tasks[in].Bytes
			p.inputs = append(p.inputs, result{bytes: s.tasks[in].Bytes, readers: set})
		}
	}
	for k, task := range part {
		p.own[k] = result{s.tasks[task].Bytes, readers[task], s.readers[task] > reads[task]}
	}
	return p
}

// heldAfter returns what is held when a set of tasks has run.
func (p *problem) heldAfter(done uint64) int64 {
	held := p.base
	for _, in := range p.inputs {
		if in.readers&^done != 0 {
			held += in.bytes
		}
	}
	for rest := done; rest != 0; rest &= rest - 1 {
		if r := p.own[bits.TrailingZeros64(rest)]; r.stays || r.readers&^done != 0 {
			held += r.bytes
		}
	}
	return held
}

// trace returns the order that led to a set.
func (p *problem) trace(reached map[uint64]step, done uint64) []int {
	order := make([]int, 0, len(p.part))
	for done != 0 {
		last := reached[done].last
		order = append(order, p.part[last])
		done &^= 1 << last
	}
	slices.Reverse(order)
	return order
}

// step is how a set was reached with the lowest peak so far: the task that ran last.
type step struct {
	last int
	peak int64
}

type entry struct {
	done uint64
	peak int64
}

// queue has the lowest peak first, and of equal ones the set with the most tasks.
type queue []entry

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].peak != q[j].peak {
		return q[i].peak < q[j].peak
	}
	return bits.OnesCount64(q[i].done) > bits.OnesCount64(q[j].done)
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)   { *q = append(*q, x.(entry)) }
func (q *queue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
