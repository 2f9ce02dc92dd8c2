package kernel

// planeSplit divides the planes of a layer into tasks.
//
// Large planes are divided into bands of rows, each for all planes, small ones into ranges of whole planes.
// [ConvIm2col] divides its matrix in the same way, so that a worker, whose tasks are adjacent, mostly reads what it has
// written itself. Fetching values from another core takes longer than computing them.
type planeSplit struct {
	planes, rows int // in total
	bands, parts int // number of bands of rows, and of ranges of planes
}

const (
	// bandArea is the number of values of a plane per worker from which on planes are divided into bands: a 28x28 plane
	// takes less time whole, wherever its values come from. bandRows is the least height of bands if each worker has
	// several, as their first rows of input are read twice.
	bandArea = 400
	bandRows = 4

	// tasksPerWorker is the number of tasks per worker if there are several workers.
	tasksPerWorker = 2
)

// splitPlanes divides outputs whose planes have the given number of rows and are computed from planes of inArea values.
func splitPlanes(images, channels, inArea, rows, workers int) planeSplit {
	c := planeSplit{planes: images * channels, rows: rows, bands: 1, parts: 1}
	if workers == 1 {
		return c
	}
	tasks := workers * tasksPerWorker
	switch {
	case images > 1 || inArea < workers*bandArea || rows < workers:
	case rows < tasks*bandRows:
		c.bands = workers
	default:
		c.bands = tasks
	}
	c.parts = min(tasks/c.bands, max(c.planes, 1))
	return c
}

// wholePlanes is the inArea of planes that must not be divided.
const wholePlanes = 0

// splitValues divides planes of independent values. Their "rows" are valueRow adjacent values.
func splitValues(images, channels, area, workers int) planeSplit {
	return splitPlanes(images, channels, area, ceilDiv(area, valueRow), workers)
}

// valueRow is the number of values in a cache line.
const valueRow = 16

// values returns where the range begins and ends in a plane of the given area.
func (t planeRange) values(area int) (lo, hi int) {
	return t.row0 * valueRow, min(t.row1*valueRow, area)
}

func (c *planeSplit) tasks() int {
	if c.planes == 0 || c.rows == 0 {
		return 0
	}
	return c.bands * c.parts
}

// planeRange holds rows [row0, row1) of planes [first, last).
type planeRange struct{ first, last, row0, row1 int }

func (c *planeSplit) task(i int) planeRange {
	band, part := i/c.parts, i%c.parts
	return planeRange{
		first: part * c.planes / c.parts, last: (part + 1) * c.planes / c.parts,
		row0: band * c.rows / c.bands, row1: (band + 1) * c.rows / c.bands,
	}
}
