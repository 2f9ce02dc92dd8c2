package kernel

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Workers is a fixed set of goroutines that share the tasks of one kernel
// call. Calls from several goroutines are taken one after the other. Make one
// with [NewWorkers] and end it with [Workers.Close].
type Workers struct {
	size int

	mu     sync.Mutex // held for the length of one call
	closed atomic.Bool
	job    job
	tasks  int64
	next   atomic.Int64
	failed atomic.Pointer[TaskPanic]

	// round counts the jobs that were handed out; a helper that sees it change
	// takes part. pending is the helpers that have not finished the round.
	round   atomic.Uint32
	pending atomic.Int32
	helpers []*sleeper // of workers 1 and up
	caller  *sleeper

	// jobs holds one argument block for each kind of kernel that has run, for
	// the next call of that kind to use again. See launch.
	jobs []any
}

// job is one kernel call cut into tasks. Tasks run in any order and at the
// same time; worker is in [0, Size) and no two tasks that run at the same time
// have the same worker.
type job interface {
	do(task, worker int)
}

// TaskPanic is the value that a kernel call panics with when one of its tasks
// panicked: the goroutine that failed is gone by then, so its stack is kept.
type TaskPanic struct {
	Value any
	Stack []byte
}

// Error says what the task panicked with, and where.
func (p *TaskPanic) Error() string {
	return fmt.Sprintf("kernel task panicked: %v\n%s", p.Value, p.Stack)
}

// NewWorkers starts a set of size workers; the calling goroutine of each
// kernel is one of them. A size below 1 counts as 1.
func NewWorkers(size int) *Workers {
	size = max(size, 1)
	w := &Workers{size: size, caller: newSleeper()}
	for id := 1; id < size; id++ {
		s := newSleeper()
		w.helpers = append(w.helpers, s)
		go w.help(id, s)
	}
	return w
}

// help is the life of a worker that is not the caller.
func (w *Workers) help(id int, s *sleeper) {
	for seen := uint32(0); ; seen++ {
		s.wait(func() bool { return w.round.Load() != seen })
		if w.closed.Load() {
			return
		}
		w.work(id)
		if w.pending.Add(-1) == 0 {
			w.caller.wake()
		}
	}
}

// spins is how often a sleeper looks before it sleeps: some tens of
// microseconds, as long as it takes to wake a goroutine. Layers follow each
// other faster than that.
const spins = 1 << 15

// sleeper lets one goroutine wait for a condition that others make true.
type sleeper struct {
	asleep atomic.Bool
	signal chan struct{}
}

func newSleeper() *sleeper { return &sleeper{signal: make(chan struct{}, 1)} }

// wait returns when ready does. It looks for a while, and then sleeps until
// wake is called.
func (s *sleeper) wait(ready func() bool) {
	for i := range spins {
		if ready() {
			return
		}
		if i%64 == 63 {
			runtime.Gosched() // there may be fewer processors than workers
		}
	}
	for !ready() {
		s.asleep.Store(true)
		// What became true before the store would not have woken it.
		if ready() && s.asleep.CompareAndSwap(true, false) {
			return
		}
		<-s.signal
	}
}

// wake ends the sleep of a goroutine whose condition has become true.
func (s *sleeper) wake() {
	if s.asleep.CompareAndSwap(true, false) {
		s.signal <- struct{}{}
	}
}

// Size is the number of workers: what the ...Scratch functions ask for.
func (w *Workers) Size() int { return w.size }

// Close ends the goroutines. Kernels called afterwards run on the calling
// goroutine alone. Closing twice is harmless.
func (w *Workers) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed.Swap(true) {
		return
	}
	w.begin()
}

// begin starts a round.
func (w *Workers) begin() {
	w.round.Add(1)
	for _, s := range w.helpers {
		s.wake()
	}
}

// Run calls f once for each task in [0, tasks) and returns when all have
// ended. The worker passed to f is in [0, Size); tasks that run at the same
// time have different ones, so it may pick a piece of scratch memory. When a
// task panics, tasks not yet begun are dropped and Run panics with a
// [*TaskPanic]. f must not call Run or a kernel on the same Workers.
func (w *Workers) Run(tasks int, f func(task, worker int)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.run(tasks, funcJob(f))
}

type funcJob func(task, worker int)

func (f funcJob) do(task, worker int) { f(task, worker) }

// launch runs args as a job. The job must live on the heap, as other
// goroutines read it; keeping one block per type in w, instead of a closure per
// call, is what makes a repeated kernel call free of allocation.
func launch[T any, P interface {
	*T
	job
}](w *Workers, tasks int, args T) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := block[P](w, func() P { return new(T) })
	*p = args
	defer func() {
		var zero T // releases the caller's buffers
		*p = zero
	}()
	w.run(tasks, p)
}

func block[P any](w *Workers, create func() P) P {
	for _, j := range w.jobs {
		if p, ok := j.(P); ok {
			return p
		}
	}
	p := create()
	w.jobs = append(w.jobs, p)
	return p
}

func (w *Workers) run(tasks int, j job) {
	if tasks <= 0 {
		return
	}
	w.job, w.tasks = j, int64(tasks)
	w.next.Store(0)
	if tasks == 1 || w.size == 1 || w.closed.Load() {
		w.work(0)
	} else {
		w.pending.Store(int32(len(w.helpers)))
		w.begin()
		w.work(0)
		w.caller.wait(func() bool { return w.pending.Load() == 0 })
	}
	w.job = nil
	if p := w.failed.Swap(nil); p != nil {
		panic(p)
	}
}

func (w *Workers) work(id int) {
	defer func() {
		if r := recover(); r != nil {
			w.failed.CompareAndSwap(nil, &TaskPanic{Value: r, Stack: debug.Stack()})
			w.next.Store(w.tasks)
		}
	}()
	for {
		task := w.next.Add(1) - 1
		if task >= w.tasks {
			return
		}
		w.job.do(int(task), id)
	}
}

// ceilDiv is a/b rounded up, for a >= 0 and b > 0.
func ceilDiv(a, b int) int { return (a + b - 1) / b }

// roundUp is a rounded up to a multiple of b.
func roundUp(a, b int) int { return ceilDiv(a, b) * b }
