package op

import "math"

// cache is the size of the level 2 cache that oneDNN divides its matrix products for, in values: 512 KiB, as on the
// machine that was measured.
const cache = 512 << 10 / 4

// groupColumns returns the size of the im2col matrix of one group and picture.
func (c torchConv) groupColumns() int64 {
	return product(c.groupRows(), c.window.W.Out, c.window.H.Out)
}

// groupRows returns the values that a place of the output sees in a group, 0 if these are the input's as they are.
func (c torchConv) groupRows() int64 {
	w, h := c.window.W, c.window.H
	if c.isPoint() && w.Stride == 1 && h.Stride == 1 && !hasPads(c.window) {
		return 0
	}
	return product(c.depth/c.groups, w.Size, h.Size)
}

// scratchLimit returns how many values oneDNN allows itself for a product.
func (c torchConv) scratchLimit(batch int64) int64 {
	return min(1<<30/4, product(15, sum(product(batch, sum(c.input(), c.output())), c.weight())))
}

// isLimited reports whether the columns of several pictures may be more than oneDNN allows itself. They are counted as
// if they were not: the batch stands for larger ones, whose limit is higher.
func (c torchConv) isLimited(batch int64) bool {
	isProduct := !c.hasForwardKernel() || !c.hasInputKernel() || !c.hasWeightKernel()
	return batch > 1 && isProduct && sum(c.groupColumns(), product(4, c.weight())) > c.scratchLimit(batch)
}

// gradientColumns returns the size of the columns for a gradient, beside so many values. Where they would take too
// much, oneDNN makes this part of the columns that would fit at a time. It reports false if nothing fits; then there
// are none (cpu/gemm_convolution_utils.cpp, init_conf).
func (c torchConv) gradientColumns(batch, beside int64, part float64) (columns int64, ok bool) {
	free := c.scratchLimit(batch) - beside
	switch all := c.groupColumns(); {
	case all <= free || batch > 1:
		return all, true
	case free < 0:
		return 0, false
	}
	places := max(8, int64(float64(free/c.groupRows())*part))
	return product(c.groupRows(), places), true
}

// blockColumns returns the size of the columns for the output, of which oneDNN makes a block at a time: those of some
// channels and places (cpu/gemm_convolution_utils.cpp, init_conf, in one thread). It reports false if these are too
// many.
func (c torchConv) blockColumns(batch int64) (columns int64, ok bool) {
	w, h := c.window.W, c.window.H
	if c.groupRows() == 0 {
		return 0, true
	}
	depth, places := c.depth/c.groups, product(w.Out, h.Out)
	if s := c.newBlockSearch(batch); s.isWorth() {
		depth, places = s.run()
	}
	columns = product(depth, w.Size, h.Size, places)
	return columns, batch > 1 || columns <= c.scratchLimit(batch)
}

// blockSearch looks for the block that oneDNN takes for the best: so many filters, so many places and, as far as they
// fit in the cache with these, so many channels.
type blockSearch struct {
	depth, filters, places int64 // of a group
	taps                   int64 // of a window
	spread                 int64 // places of the input for each of the output's
	width                  int64 // stride
	all                    int64 // places in all pictures and groups

	best                    float32
	bestFilters, bestPlaces int64
	bestDepth               int64
}

func (c torchConv) newBlockSearch(batch int64) *blockSearch {
	w, h := c.window.W, c.window.H
	s := &blockSearch{
		depth: c.depth / c.groups, filters: c.filters / c.groups, places: product(w.Out, h.Out),
		taps: product(w.Size, h.Size), spread: product(w.Stride, h.Stride), width: w.Stride,
		bestFilters: 1, bestPlaces: 1,
	}
	s.all, s.bestDepth = product(batch, c.groups, s.places), s.depth
	return s
}

// isWorth reports whether oneDNN divides the product at all.
func (s *blockSearch) isWorth() bool {
	return s.all >= 8 || s.places < s.all || s.width == 1 && float64(s.depth*s.taps) <= 0.05*float64(s.filters)
}

// run returns the channels and places of the best block.
func (s *blockSearch) run() (depth, places int64) {
	s.try(s.filters, s.all)
	if s.bestFilters == s.filters && s.bestPlaces == s.all && s.bestDepth == s.depth {
		return s.bestDepth, s.bestPlaces
	}
	perPlace, perChannel := sum(s.spread, s.taps), product(s.taps, s.filters)
	// All channels.
	input, weight := product(perPlace, s.depth), product(perChannel, s.depth)
	filters := clamp(8, s.filters, (cache-product(input, 8)-weight)/8)
	s.tryAround(filters, clamp(8, s.all, (cache-weight)/sum(input, filters)))
	// As many channels as half of the cache holds.
	if most := max(1, cache/sum(product(16, perPlace), product(2, perChannel))); most < s.depth {
		s.tryAround(s.halfOfCache(s.depth/max(1, s.depth/most), perPlace, perChannel))
	}
	// All channels and all filters.
	s.tryAround(s.filters, max(8, (cache-weight)/sum(input, s.filters)/8*8))
	return s.bestDepth, s.bestPlaces
}

// halfOfCache returns the filters and places that fit in half of the cache with so many channels.
func (s *blockSearch) halfOfCache(depth, perPlace, perChannel int64) (filters, places int64) {
	input, weight := product(perPlace, depth), product(perChannel, depth)
	places = max(1, (cache-product(2, weight))/product(2, input))
	filters = cache / 2 / places
	switch {
	case filters > s.filters:
		filters = s.filters
		places = clamp(8, s.all, (cache-weight)/sum(input, filters))
	case places > s.all:
		places = s.all
		filters = clamp(8, s.filters, (cache-product(input, places)-weight)/places)
	}
	return filters, places
}

// tryAround tries a block and those near it that registers divide.
func (s *blockSearch) tryAround(filters, places int64) {
	down, up := filters/8*8, (filters+7)/8*8
	s.try(filters, places)
	s.try(down, places/48*48)
	s.try(up, places/48*48)
	s.try(up, (places+7)/8*8)
	s.try(up, (places+47)/48*48)
}

// try keeps a block if it is better than the best so far.
func (s *blockSearch) try(filters, places int64) {
	filters = min(s.filters, clamp(8, s.filters, filters))
	places = min(s.places, clamp(8, s.all, places))
	most := s.mostChannels(filters, places)
	depth := max(1, s.depth/ceilDiv(s.depth, max(1, most)))
	if e := s.efficiency(filters, places, depth, most < 1); e > s.best {
		s.best, s.bestFilters, s.bestPlaces, s.bestDepth = e, filters, places, depth
	}
}

// mostChannels returns how many channels fit in the cache.
func (s *blockSearch) mostChannels(filters, places int64) int64 {
	input, columns := product(s.spread, places), product(s.taps, places)
	free := cache - product(filters, places)
	withAll := free / sum(input, columns, product(s.taps, s.filters))
	if places < s.all {
		return withAll
	}
	most := cache / sum(input, columns)
	if filters < s.filters {
		most = min(most, free/sum(columns, product(s.taps, filters)))
	}
	if most < s.depth {
		return withAll
	}
	return most
}

// efficiency is oneDNN's guess at how well a block uses the machine, larger for a better one.
func (s *blockSearch) efficiency(filters, places, depth int64, isSlow bool) float32 {
	const wide = 8 // values in a register
	f := func(n int64) float64 { return float64(n) }
	padded := func(n, to int64) float64 { return float64(ceilDiv(n, to) * to) }
	cost := 1.0
	if isSlow {
		cost = 20 // out of the cache
	}
	rows, allRows := f(depth)*f(s.taps), f(s.depth)*f(s.taps)
	writes := cost * f(s.filters) * padded(s.all, wide)
	if depth < s.depth {
		writes *= f(2*ceilDiv(s.depth, depth) - 1)
	}
	reads := cost * f(s.taps) * f(s.depth) * padded(product(s.all, s.spread), wide)
	columns := 2 * reads * padded(places, wide) / f(places)
	if s.width != 1 {
		columns *= 8
	}
	weights := cost * f(s.filters) * padded(product(s.depth, s.taps), wide)
	memory := f(s.all) / wide * f(s.filters) * allRows / (reads + columns + weights + writes)

	share := f(places) * f(filters) * rows / (f(s.filters) * f(s.all) * allRows)
	inRegisters := f(places) / wide * f(filters) * rows /
		(padded(places, wide)*rows + f(filters)*padded(product(depth, s.taps), wide) + f(filters)*padded(places, wide))
	whole := f(s.filters) / padded(s.filters, filters) * f(s.places) / padded(s.places, places) *
		f(s.depth) / padded(s.depth, depth) * f(places) / padded(places, 3*wide)
	const weightsOfAll = 14.5
	return float32(math.Pow(whole*memory*math.Sqrt(share)*inRegisters, 1/weightsOfAll))
}

// clamp returns n, or the nearest of the limits, of which the lower one counts if they cross.
func clamp(lower, upper, n int64) int64 { return max(lower, min(upper, n)) }

func ceilDiv(a, b int64) int64 { return (a + b - 1) / b }
