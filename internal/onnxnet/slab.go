package onnxnet

// slab makes many small slices out of few large ones, which costs the collector less. They must not grow.
type slab[T any] struct {
	chunks [][]T
}

// slabChunk is the number of elements of a chunk, unless a slice has more.
const slabChunk = 256

// take returns a new slice of n elements.
func (s *slab[T]) take(n int) []T {
	if last := len(s.chunks) - 1; last >= 0 && cap(s.chunks[last])-len(s.chunks[last]) >= n {
		from := len(s.chunks[last])
		s.chunks[last] = s.chunks[last][:from+n]
		return s.chunks[last][from : from+n : from+n]
	}
	s.chunks = append(s.chunks, make([]T, n, max(n, slabChunk)))
	return s.chunks[len(s.chunks)-1][:n:n]
}
