package picture

import (
	"runtime"
	"sync"
)

// minBand is the least number of rows that are worth a thread of their own.
const minBand = 16

// inBands calls do for bands that together are rows [0, rows), on all processors.
func inBands(rows int, do func(lo, hi int)) {
	bands := max(min(runtime.GOMAXPROCS(0), rows/minBand), 1)
	var all sync.WaitGroup
	for i := range bands {
		all.Go(func() { do(rows*i/bands, rows*(i+1)/bands) })
	}
	all.Wait()
}
