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
//
// Tasks are numbered so that neighbours work on neighbouring memory. Each
// worker has a range of its own, the same one in calls of the same size, and
// helps the others once that is done: what it reads it has mostly written
// itself, in the layer before. A cache line takes up to a microsecond from one
// core to another, so what different workers write lies apart.
type Workers struct {
	lanes []lane // of each worker; the caller's is the first

	mu     sync.Mutex // held for the length of one call
	closed bool
	round  uint32   // of the current call
	cpus   []int    // the processor of each worker, nil where threads are free
	before affinity // of the caller's thread, while it is bound
	failed atomic.Pointer[TaskPanic]

	// jobs holds one argument block for each kind of kernel that has run, for
	// the next call of that kind to use again. See launch.
	jobs []any
}

// lane is how the caller and one worker talk.
type lane struct {
	sleeper sleeper
	_       cacheLine

	// Written by the caller before it sets round; next by all who take tasks.
	round  atomic.Uint32 // the call that the rest is about
	closed bool          // end instead of working
	job    job
	next   atomic.Int64 // first task of the range that nobody has taken; past end when all are
	end    int64
	_      cacheLine

	done atomic.Uint32 // the last call in which the worker has finished
	_    cacheLine

	steps [maxSteps]packStep // the worker's, for packing
}

// cacheLine keeps what stands on both sides of it in different cache lines,
// of which processors fetch two at a time.
type cacheLine [128]byte

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
	w := &Workers{lanes: make([]lane, max(size, 1))}
	if cpus := processors(); size > 1 && size == len(cpus) && size <= runtime.GOMAXPROCS(0) {
		w.cpus = cpus
	}
	for id := range w.lanes {
		w.lanes[id].sleeper = sleeper{signal: make(chan struct{}, 1), alone: w.cpus != nil}
		if id > 0 {
			go w.help(id)
		}
	}
	return w
}

// Bind keeps the calling goroutine on the processor of the first worker, until
// [Workers.Release]. It is for a series of calls: a worker each for all the
// processors there are run each on its own, as systems are slow to part two
// threads that they once began on the same. It does nothing where there are
// fewer workers, or more.
func (w *Workers) Bind() {
	if w.cpus != nil {
		runtime.LockOSThread()
		w.before = pin(w.cpus[0])
	}
}

// Release ends what [Workers.Bind] began, on the same goroutine.
func (w *Workers) Release() {
	if w.cpus != nil {
		unpin(w.before)
		runtime.UnlockOSThread()
	}
}

// help is the life of a worker that is not the caller.
func (w *Workers) help(id int) {
	// Memory that is gone, of a mapped file, becomes a TaskPanic, as the caller can make it on its own goroutine.
	debug.SetPanicOnFault(true)
	if w.cpus != nil {
		runtime.LockOSThread() // the thread ends with the goroutine
		pin(w.cpus[id])
	}
	own, caller := &w.lanes[id], &w.lanes[0].sleeper
	for seen := uint32(1); ; seen++ {
		own.sleeper.wait(func() bool { return own.round.Load() == seen })
		if own.closed {
			return
		}
		w.work(id)
		own.done.Store(seen)
		caller.wake()
	}
}

// spins is how often a sleeper looks before it sleeps: for some 100 us. It can
// take that long to wake a thread, and layers follow each other faster.
const spins = 1 << 17

// sleeper lets one goroutine wait for a condition that others make true.
type sleeper struct {
	asleep atomic.Bool
	signal chan struct{}
	alone  bool // on its processor, so that it need not make way for others
}

// wait returns when ready does. It looks for a while, and then sleeps until
// wake is called.
func (s *sleeper) wait(ready func() bool) {
	for i := range spins {
		if ready() {
			return
		}
		if !s.alone && i%1024 == 1023 {
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
	// Looking first leaves the cache line where it is.
	if s.asleep.Load() && s.asleep.CompareAndSwap(true, false) {
		s.signal <- struct{}{}
	}
}

// Size is the number of workers: what the ...Scratch functions ask for.
func (w *Workers) Size() int { return len(w.lanes) }

// Close ends the goroutines. Kernels called afterwards run on the calling
// goroutine alone. Closing twice is harmless.
func (w *Workers) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	w.closed = true
	w.begin(nil, 0)
}

// begin hands every worker its range of the tasks.
func (w *Workers) begin(j job, tasks int64) {
	w.round++
	size := int64(len(w.lanes))
	for id := range w.lanes {
		l := &w.lanes[id]
		l.job, l.closed = j, w.closed
		l.next.Store(tasks * int64(id) / size)
		l.end = tasks * int64(id+1) / size
	}
	// Helpers look at each other's ranges, so all are told before any begins.
	for id := range w.lanes {
		w.lanes[id].round.Store(w.round)
		w.lanes[id].sleeper.wake()
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
	if tasks == 1 || len(w.lanes) == 1 || w.closed {
		w.alone(tasks, j)
	} else {
		w.begin(j, int64(tasks))
		w.work(0)
		w.lanes[0].sleeper.wait(w.finished)
	}
	if p := w.failed.Swap(nil); p != nil {
		panic(p)
	}
}

// finished tells whether all helpers have finished the call.
func (w *Workers) finished() bool {
	for id := 1; id < len(w.lanes); id++ {
		if w.lanes[id].done.Load() != w.round {
			return false
		}
	}
	return true
}

// alone runs a job on the calling goroutine.
func (w *Workers) alone(tasks int, j job) {
	defer w.catch()
	for task := range tasks {
		j.do(task, 0)
	}
}

// work takes the tasks of a worker's own range, and then what is left of the
// others'.
func (w *Workers) work(id int) {
	defer w.catch()
	job := w.lanes[id].job
	for i := range w.lanes {
		l := &w.lanes[(id+i)%len(w.lanes)]
		for l.next.Load() < l.end {
			task := l.next.Add(1) - 1
			if task >= l.end {
				break
			}
			job.do(int(task), id)
		}
	}
}

// catch keeps the panic of a task, and drops the tasks not yet begun.
func (w *Workers) catch() {
	if r := recover(); r != nil {
		w.failed.CompareAndSwap(nil, &TaskPanic{Value: r, Stack: debug.Stack()})
		for id := range w.lanes {
			w.lanes[id].next.Store(w.lanes[id].end)
		}
	}
}

// ceilDiv is a/b rounded up, for a >= 0 and b > 0.
func ceilDiv(a, b int) int { return (a + b - 1) / b }

// roundUp is a rounded up to a multiple of b.
func roundUp(a, b int) int { return ceilDiv(a, b) * b }
