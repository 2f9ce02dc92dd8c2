package kernel

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

func TestWorkersRunEachTaskOnce(t *testing.T) {
	for _, w := range startWorkers(t) {
		for _, tasks := range []int{0, 1, 2, 100} {
			counts := make([]atomic.Int32, tasks)
			busy := make([]atomic.Int32, w.Size())
			w.Run(tasks, func(task, worker int) {
				if busy[worker].Add(1) != 1 {
					t.Errorf("worker %d has two tasks at once", worker)
				}
				counts[task].Add(1)
				busy[worker].Add(-1)
			})
			for i := range counts {
				if n := counts[i].Load(); n != 1 {
					t.Errorf("%d workers: task %d of %d ran %d times", w.Size(), i, tasks, n)
				}
			}
		}
	}
}

// TestWorkersPanic checks that a panic reaches the caller, and that the workers can be used again.
func TestWorkersPanic(t *testing.T) {
	boom := errors.New("boom")
	for _, w := range startWorkers(t) {
		func() {
			defer func() {
				p, ok := recover().(*TaskPanic)
				if !ok || p.Value != boom || len(p.Stack) == 0 {
					t.Errorf("%d workers: recovered %v, want the task's panic", w.Size(), p)
				}
			}()
			w.Run(50, func(task, _ int) {
				if task == 20 {
					panic(boom)
				}
			})
		}()
		var ran atomic.Int32
		w.Run(50, func(int, int) { ran.Add(1) })
		if ran.Load() != 50 {
			t.Errorf("%d workers: %d of 50 tasks after a panic", w.Size(), ran.Load())
		}
	}
}

// TestWorkersPanicStopsTheRest checks that tasks that have not started are dropped after a panic. The first task of the
// second worker waits until they are.
func TestWorkersPanicStopsTheRest(t *testing.T) {
	w := NewWorkers(2)
	defer w.Close()
	const tasks = 1000
	var ran atomic.Int32
	defer func() {
		if recover() == nil || ran.Load() > 1 {
			t.Errorf("%d of %d other tasks ran", ran.Load(), tasks-1)
		}
	}()
	w.Run(tasks, func(task, worker int) {
		if task == 0 {
			panic("stop")
		}
		ran.Add(1)
		for w.lanes[0].next.Load() < w.lanes[0].end || w.lanes[1].next.Load() < w.lanes[1].end {
			runtime.Gosched()
		}
	})
}

func TestWorkersShared(t *testing.T) {
	w := NewWorkers(3)
	defer w.Close()
	var callers sync.WaitGroup
	for i := range 4 {
		callers.Add(1)
		go func() {
			defer callers.Done()
			dst, src := make([]float32, 3*chunk), make([]float32, 3*chunk)
			for x := range src {
				src[x] = float32(i)
			}
			for range 20 {
				clear(dst)
				Activate(dst, src, Activation{}, w)
				if at := differs(dst, src); at >= 0 {
					t.Errorf("caller %d: value %d is %v", i, at, dst[at])
					return
				}
			}
		}()
	}
	callers.Wait()
}

func TestWorkersClosed(t *testing.T) {
	w := NewWorkers(4)
	w.Close()
	w.Close()
	sum := 0 // no race: one goroutine runs all tasks
	w.Run(10, func(task, worker int) { sum += task + worker })
	if sum != 45 {
		t.Errorf("sum of tasks and workers %d, want 45", sum)
	}
	if n := NewWorkers(-1); n.Size() != 1 {
		t.Errorf("size %d for -1, want 1", n.Size())
	}
}

// TestShortBuffers checks that wrong arguments panic before anything is written.
func TestShortBuffers(t *testing.T) {
	w := NewWorkers(1)
	defer w.Close()
	g := square(2, 2, 3)
	full, short := make([]float32, 1000), make([]float32, 17)
	for name, f := range map[string]func(dst []float32){
		"source": func(dst []float32) { ConvDirect(dst, short, full, g, Epilogue{}, w) },
		"filter": func(dst []float32) { ConvDirect(dst, full, short, g, Epilogue{}, w) },
		"packed": func(dst []float32) { ConvIm2col(dst, full, short, make([]float32, 1<<16), g, Epilogue{}, w) },
		"scratch": func(dst []float32) {
			ConvIm2col(dst, full, make([]float32, 1<<16), short, g, Epilogue{}, w)
		},
		"pool": func(dst []float32) {
			MaxPool(dst, short, full, Pool{N: 1, C: 2, H: 3, W: 3, OH: 3, OW: 3, FH: 1, FW: 1, SH: 1, SW: 1, DH: 1, DW: 1}, w)
		},
	} {
		t.Run(name, func(t *testing.T) {
			dst := make([]float32, 18)
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
				for i, v := range dst {
					if v != 0 {
						t.Errorf("value %d was written", i)
					}
				}
			}()
			f(dst)
		})
	}
}

// TestNoAllocation checks that kernels allocate nothing while a network runs, as the executor promises.
func TestNoAllocation(t *testing.T) {
	w := NewWorkers(2)
	defer w.Close()
	g := square(4, 8, 12)
	src, big := values(g.srcSize(), 1), make([]float32, 1<<16)
	packed, scratch := make([]float32, PackedFiltersSize(g)), make([]float32, ConvScratch(g, 2))
	deep := g
	deep.C, deep.K, deep.Groups = 4, 4, 4
	own := square(2, 2, 4)
	up := Transposed{N: 1, C: 4, H: 12, W: 12, K: 4, OH: 24, OW: 24, FH: 2, FW: 2, SH: 2, SW: 2, DH: 1, DW: 1, Groups: 1}
	p := Pool{N: 1, C: 4, H: 12, W: 12, OH: 6, OW: 6, FH: 2, FW: 2, SH: 2, SW: 2, DH: 1, DW: 1}
	half := Resize{N: 1, C: 4, H: 12, W: 12, OH: 6, OW: 6}
	twice := Resize{N: 1, C: 4, H: 12, W: 12, OH: 24, OW: 24}
	groups := GroupNorm{N: 1, C: 4, Area: 144, Groups: 2}
	inputs := [][]float32{src, src}
	dst := make([]float32, 1<<16)
	for name, f := range map[string]func(){
		"im2col":       func() { ConvIm2col(dst, src, packed, scratch, g, Epilogue{}, w) },
		"direct":       func() { ConvDirect(dst, src, big, g, Epilogue{}, w) },
		"depthwise":    func() { ConvDepthwise(dst, src, big, scratch, deep, Epilogue{}, w) },
		"local":        func() { Local(dst, src, big, nil, scratch, own, Activation{Kind: ReLU}, w) },
		"transposed":   func() { ConvTransposed(dst, src, big, up, Epilogue{}, w) },
		"max":          func() { MaxPool(dst, src, scratch, p, w) },
		"avg":          func() { AvgPool(dst, src, p, true, w) },
		"adaptive":     func() { AdaptiveAvgPool(dst, src, half, w) },
		"adaptive max": func() { AdaptiveMaxPool(dst, src, half, w) },
		"linear":       func() { Linear(dst, src, big, 1, 40, 576, Epilogue{}, w) },
		"activate":     func() { Activate(dst, src, Activation{Kind: Tanh}, w) },
		"prelu":        func() { PReLU(dst, src, big, 1, 4, 144, w) },
		"logsoftmax":   func() { LogSoftmax(dst, src, 1, 4, 144, w) },
		"softmax":      func() { Softmax(dst, src, 1, 4, 144, w) },
		"lrn":          func() { Normalise(dst, src, LRN{N: 1, C: 4, H: 12, W: 12, Size: 5, Beta: 0.75, K: 1}, w) },
		"scaleshift":   func() { ScaleShift(dst, src, big, big, 1, 4, 144, Activation{}, w) },
		"scale":        func() { Scale(dst, src, 0.5, Activation{}, w) },
		"groupnorm":    func() { NormaliseGroups(dst, src, big, big, groups, Activation{}, w) },
		"layernorm":    func() { LayerNorm(dst, src, big, big, 1, 4, 144, 1, Activation{}, w) },
		"nearest":      func() { UpsampleNearest(dst, src, twice, w) },
		"bilinear":     func() { UpsampleBilinear(dst, src, twice, w) },
		"resize":       func() { ResizeBilinear(dst, src, twice, Sampling{Step: 0.5}, Sampling{Step: 0.5, Align: true}, w) },
		"pad":          func() { Pad(dst, src, twice, 5, 7, PadReflect, 0, w) },
		"crop":         func() { Crop(dst, src, half, 2, 3, w) },
		"channels":     func() { Channels(dst, src, 1, 4, 2, 1, 144, w) },
		"shuffle":      func() { ShuffleChannels(dst, src, 1, 4, 2, 144, w) },
		"pixels":       func() { PixelShuffle(dst, src, 1, 1, 12, 12, 2, w) },
		"concat":       func() { Concat(dst[:1152], inputs, 1, w) },
		"add":          func() { Combine(dst, inputs, Sum, 1, 2, 288, Activation{}, w) },
		"mul":          func() { Combine(dst, inputs, Product, 1, 2, 288, Activation{}, w) },
		"broadcast": func() {
			Broadcast(dst, src, big, Product, 1, Operand{4, 12, 12}, [2]Operand{{4, 12, 12}, {4, 1, 1}}, Activation{}, w)
		},
	} {
		if n := testing.AllocsPerRun(20, f); n != 0 {
			t.Errorf("%s: %v allocations a call", name, n)
		}
	}
}
