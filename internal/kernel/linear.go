package kernel

const (
	// linearRows is the number of output features in a task. A row of weights
	// is long, so a few are work enough.
	linearRows = 8

	// linearBlock is how much of the input is taken at a time: four rows of
	// weights of that length stay in the first-level cache while all pictures
	// of a batch pass over them.
	linearBlock = 1024
)

// Linear is the fully connected layer dst = src * weights^T: dst is [N, M], src
// [N, K], weights [M, K], and the bias of e one per output feature. For one
// picture it streams the weights once, at the speed of memory; for a batch it
// reads them once for all pictures. Neither needs scratch, and a picture's
// result has the same bits alone and in a batch.
func Linear(dst, src, weights []float32, n, m, k int, e Epilogue, w *Workers) {
	linear(dst, src, weights, n, m, k, e, w, active)
}

func linear(dst, src, weights []float32, n, m, k int, e Epilogue, w *Workers, r *routines) {
	launch(w, ceilDiv(m, linearRows), linearJob{
		dst[:n*m], src[:n*k], weights[:m*k], n, m, k, e, r,
	})
}

type linearJob struct {
	dst, src, weights []float32
	n, m, k           int
	e                 Epilogue
	r                 *routines
}

func (j *linearJob) do(task, _ int) {
	m0 := task * linearRows
	m1 := min(m0+linearRows, j.m)
	for n := range j.n {
		clear(j.dst[n*j.m+m0 : n*j.m+m1])
	}
	for m := m0; m < m1; m += 4 {
		for k0 := 0; k0 < j.k; k0 += linearBlock {
			k1 := min(k0+linearBlock, j.k)
			weights := j.weights[m*j.k+k0:]
			for n := range j.n {
				x := j.src[n*j.k+k0 : n*j.k+k1]
				addDots(j.dst[n*j.m+m:n*j.m+min(m+4, m1)], weights, j.k, x, j.r)
			}
		}
	}
	for n := range j.n {
		for m := m0; m < m1; m++ {
			j.e.finish(j.dst[n*j.m+m:][:1], m)
		}
	}
}

// addDots adds the inner products of x with up to four rows of weights, ldw
// apart, to sums.
func addDots(sums, weights []float32, ldw int, x []float32, r *routines) {
	if len(sums) >= 4 {
		for i, v := range r.dot4(weights, ldw, x) {
			sums[i] += v
		}
		return
	}
	for i := range sums {
		sums[i] += r.dot4(weights[i*ldw:], 0, x)[0]
	}
}
