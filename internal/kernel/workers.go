package kernel

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// MaxThreads is the largest number of threads of a run, as each needs scratch memory of its own.
const MaxThreads = 1024

// Workers is a fixed set of goroutines that share the tasks of a kernel call. Calls from several goroutines run one
// after the other. Create a set with [NewWorkers] and end it with [Workers.Close].
//
// Adjacent tasks work on adjacent memory. Each worker has its own range of tasks, which is the same in all calls of the
// same size, and then helps the others. So it mostly reads what it has written itself in the previous layer. Moving a
// cache line between cores takes up to a microsecond, so different workers write to separate cache lines.
type Workers struct {
	lanes []lane // one for each worker; the first is the caller's

	mu     sync.Mutex // held during a call
	closed bool
	round  uint32   // of the current call
	cpus   []int    // the processor of each worker, or nil if threads are not bound
	before affinity // of the caller's thread before it was bound
	failed atomic.Pointer[TaskPanic]

	// jobs holds an argument block for each kind of kernel that has run, which the next call of that kind reuses. See
	// launch.
	jobs []any
}

// lane is the communication between the caller and a worker.
type lane struct {
	sleeper sleeper
	_       cacheLine

	// Written by the caller before it sets round; next also by all workers that take tasks.
	round  atomic.Uint32 // the call that the other fields are for
	closed bool          // end instead of working
	job    job
	next   atomic.Int64 // the first task of the range that is not taken; at least end if all are
	end    int64
	_      cacheLine

	done atomic.Uint32 // the last call that the worker has finished
	_    cacheLine

	steps   [maxSteps]packStep // scratch of the worker for packing
	offsets [maxKC]int32       // the same for rows of a slab
}

// cacheLine is padding that keeps the fields before and after it in different cache lines. Processors fetch two lines
// at a time.
type cacheLine [128]byte

// job is a kernel call divided into tasks, which may run in any order and concurrently. worker is in [0, Size), and
// concurrent tasks have different workers.
type job interface {
	do(task, worker int)
}

// TaskPanic is the value with which a kernel call panics when one of its tasks panicked. It holds the stack of the
// task's goroutine.
type TaskPanic struct {
	Value any
	Stack []byte
}

// Error returns the value of the panic and the stack.
func (p *TaskPanic) Error() string {
	return fmt.Sprintf("kernel task panicked: %v\n%s", p.Value, p.Stack)
}

// NewWorkers starts a set of size workers, one of which is the goroutine that calls a kernel. A size below 1 counts as
// 1.
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

// Bind keeps the calling goroutine on the processor of the first worker until [Workers.Release]. It is for a series of
// calls. If there are as many workers as processors, each worker has its own processor, as systems are slow to separate
// two threads that started on the same one. Otherwise Bind does nothing.
func (w *Workers) Bind() {
	if w.cpus != nil {
		runtime.LockOSThread()
		w.before = pin(w.cpus[0])
	}
}

// Release reverts [Workers.Bind]. It must be called on the same goroutine.
func (w *Workers) Release() {
	if w.cpus != nil {
		unpin(w.before)
		runtime.UnlockOSThread()
	}
}

// help is the loop of a worker that is not the caller.
func (w *Workers) help(id int) {
	// Reading lost memory of a mapped file then causes a TaskPanic. The caller can do the same for its own goroutine.
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

// spins is the number of times that a sleeper checks its condition before it sleeps, which takes about 100 us. Waking a
// thread can take as long, and layers follow each other faster.
const spins = 1 << 17

// sleeper lets a goroutine wait for a condition that others make true.
type sleeper struct {
	asleep atomic.Bool
	signal chan struct{}
	alone  bool // on its processor, so that it need not yield to others
}

// wait returns when ready returns true. It spins for a while, and then sleeps until wake is called.
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
		// A wake before the store would have had no effect.
		if ready() && s.asleep.CompareAndSwap(true, false) {
			return
		}
		<-s.signal
	}
}

// wake wakes the goroutine after its condition has become true.
func (s *sleeper) wake() {
	// The load keeps the cache line shared if there is nothing to do.
	if s.asleep.Load() && s.asleep.CompareAndSwap(true, false) {
		s.signal <- struct{}{}
	}
}

// Size returns the number of workers, as the ...Scratch functions need it.
func (w *Workers) Size() int { return len(w.lanes) }

// Close ends the goroutines. Kernels called afterwards run only on the calling goroutine. Close may be called twice.
func (w *Workers) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return
	}
	w.closed = true
	w.begin(nil, 0)
}

// begin gives each worker its range of tasks.
func (w *Workers) begin(j job, tasks int64) {
	w.round++
	size := int64(len(w.lanes))
	for id := range w.lanes {
		l := &w.lanes[id]
		l.job, l.closed = j, w.closed
		l.next.Store(tasks * int64(id) / size)
		l.end = tasks * int64(id+1) / size
	}
	// Workers read each other's ranges, so all ranges are set before any worker begins.
	for id := range w.lanes {
		w.lanes[id].round.Store(w.round)
		w.lanes[id].sleeper.wake()
	}
}

// Run calls f once for each task in [0, tasks) and returns when all calls have ended. worker is in [0, Size) and
// differs between concurrent tasks, so it can serve as an index into scratch memory. If a task panics, tasks that have
// not started are dropped and Run panics with a [*TaskPanic]. f must not call Run or a kernel on the same Workers.
func (w *Workers) Run(tasks int, f func(task, worker int)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.run(tasks, funcJob(f))
}

type funcJob func(task, worker int)

func (f funcJob) do(task, worker int) { f(task, worker) }

// launch runs args as a job. The job must be on the heap, as other goroutines read it. w keeps a block for each type of
// job, so that repeated kernel calls do not allocate.
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

// finished reports whether all other workers have finished the call.
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

// work runs the tasks of a worker's own range, and then those left in the other ranges.
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

// catch stores the panic of a task, and drops the tasks that have not started.
func (w *Workers) catch() {
	if r := recover(); r != nil {
		w.failed.CompareAndSwap(nil, &TaskPanic{Value: r, Stack: debug.Stack()})
		for id := range w.lanes {
			w.lanes[id].next.Store(w.lanes[id].end)
		}
	}
}

// ceilDiv returns a/b rounded up, for a >= 0 and b > 0.
func ceilDiv(a, b int) int { return (a + b - 1) / b }

// roundUp returns a rounded up to a multiple of b.
func roundUp(a, b int) int { return ceilDiv(a, b) * b }

// scratch is the part of a worker's scratch memory that is not in use.
type scratch []float32

// take returns the next n values.
func (s *scratch) take(n int) []float32 {
	taken := (*s)[:n]
	*s = (*s)[n:]
	return taken
}
