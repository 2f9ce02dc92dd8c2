package kernel

// PixelShuffle moves depth to space, as PyTorch's PixelShuffle: dst is [N, C, H*R, W*R], src [N, C*R*R, H, W], where
// channel c*R*R+i*R+j of src holds row i and column j of each square of R x R values.
func PixelShuffle(dst, src []float32, n, c, h, width, r int, w *Workers) {
	size := n * c * r * r * h * width
	launch(w, n*c, pixelJob{dst[:size], src[:size], h, width, r, false})
}

// PixelUnshuffle is the inverse of [PixelShuffle]: dst is [N, C*R*R, H, W], src [N, C, H*R, W*R].
func PixelUnshuffle(dst, src []float32, n, c, h, width, r int, w *Workers) {
	size := n * c * r * r * h * width
	launch(w, n*c, pixelJob{dst[:size], src[:size], h, width, r, true})
}

// pixelJob moves one channel of squares in each task. h and w are the size of the planes without the squares.
type pixelJob struct {
	dst, src  []float32
	h, w, r   int
	unshuffle bool
}

func (j *pixelJob) do(task, _ int) {
	squares, planes := j.dst, j.src
	if j.unshuffle {
		squares, planes = j.src, j.dst
	}
	area, each := j.h*j.w, j.h*j.w*j.r*j.r
	squares, planes = squares[task*each:][:each], planes[task*each:][:each]
	for y := range j.h * j.r {
		row := squares[y*j.w*j.r:][:j.w*j.r]
		for x := range j.r {
			plane := planes[(y%j.r*j.r+x)*area+y/j.r*j.w:][:j.w]
			if j.unshuffle {
				takeEvery(plane, row[x:], j.r)
			} else {
				putEvery(row[x:], plane, j.r)
			}
		}
	}
}

// takeEvery sets every value of dst from every stride-th value of src.
func takeEvery(dst, src []float32, stride int) {
	for i := range dst {
		dst[i] = src[i*stride]
	}
}

// putEvery sets every stride-th value of dst from every value of src.
func putEvery(dst, src []float32, stride int) {
	for i, v := range src {
		dst[i*stride] = v
	}
}
