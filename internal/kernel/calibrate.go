package kernel

import (
	"slices"
	"time"
)

// Rates are what a machine reaches with a number of threads.
type Rates struct {
	FLOPS     float64 // float32 operations a second in the matrix product, whose operands are in the cache
	Bandwidth float64 // bytes a second, read and written, of sums of arrays that no cache holds
}

const (
	// Each rate is the best of several measurements, since other programs can only slow one down.
	measurements  = 5
	measuredTime  = 40 * time.Millisecond
	measuredDepth = 256

	// streamBytes is the size of all arrays whose bandwidth is measured: several times the largest cache of a desktop.
	streamBytes = 192 << 20
	streamPiece = 64 << 10 // values of a task
)

// Calibrate measures the rates of the machine with the threads of w, in some 0.6 s and with 192 MiB of memory.
func Calibrate(w *Workers) Rates {
	return Rates{FLOPS: measureProduct(w, active), Bandwidth: measureStream(w, active)}
}

// measureProduct lets each worker multiply a panel of A by a panel of B over and over.
func measureProduct(w *Workers, r *routines) float64 {
	rows := r.mr * 8
	operations := int64(2 * rows * r.nr * measuredDepth)
	best := 0.0
	for range measurements {
		done := make([]struct {
			products int64
			_        cacheLine
		}, w.Size())
		start := time.Now()
		w.Run(w.Size(), func(task, _ int) {
			p := product{
				kc: measuredDepth, a: make([]float32, rows*measuredDepth), b: make([]float32, measuredDepth*r.nr), ldb: r.nr,
				c: make([]float32, rows*r.nr), ldc: r.nr, rows: rows, cols: r.nr, edge: make([]float32, r.mr*r.nr),
			}
			for time.Since(start) < measuredTime {
				r.multiply(p)
				done[task].products++
			}
		})
		took := time.Since(start).Seconds()
		var sum int64
		for i := range done {
			sum += done[i].products
		}
		best = max(best, float64(sum*operations)/took)
	}
	return best
}

// measureStream adds two arrays into a third, as STREAM's Add does (McCalpin, 1995).
func measureStream(w *Workers, r *routines) float64 {
	n := streamBytes / 4 / 3
	dst, x, y := make([]float32, n), make([]float32, n), make([]float32, n)
	set(x, 1) // a page that was never written is one page of zeros for all
	set(y, 1)
	set(dst, 1)
	anyValue, _ := Activation{}.bounds()
	var rates []float64
	for range measurements {
		start := time.Now()
		w.Run(n/streamPiece, func(task, _ int) {
			at := task * streamPiece
			r.add(dst[at:at+streamPiece], x[at:at+streamPiece], y[at:at+streamPiece], anyValue)
		})
		rates = append(rates, float64(n/streamPiece*streamPiece*3*4)/time.Since(start).Seconds())
	}
	return slices.Max(rates)
}
