package kernel

// planeCut is how the planes of a layer are cut into tasks.
//
// Large planes are cut into bands of rows, each of all planes, small ones into ranges of whole planes. [ConvIm2col]
// cuts its matrix likewise, so that a worker, whose tasks are neighbours, mostly reads what it has written: to get
// it from another core takes longer than to compute it.
type planeCut struct {
	planes, rows int // all of them
	bands, parts int // of the rows, and of the planes
}

const (
	// bandArea is the part of a plane for each worker from which on planes are
	// cut into bands, and bandRows the least height of bands of which a worker
	// has several: their first rows of input are read twice.
	bandArea = 96
	bandRows = 4

	// cutEach is the number of tasks for each of several workers.
	cutEach = 2
)

// cutPlanes cuts the outputs of planes that are rows high and computed from planes of inArea values.
func cutPlanes(images, channels, inArea, rows, workers int) planeCut {
	c := planeCut{planes: images * channels, rows: rows, bands: 1, parts: 1}
	if workers == 1 {
		return c
	}
	tasks := workers * cutEach
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

// wholePlanes is the inArea of planes that must not be cut.
const wholePlanes = 0

// cutValues cuts planes of values that depend on each other in no way: their "rows" are valueRow neighbours.
func cutValues(images, channels, area, workers int) planeCut {
	return cutPlanes(images, channels, area, ceilDiv(area, valueRow), workers)
}

// valueRow is a cache line's worth of values.
const valueRow = 16

// values is where the range's values begin and end in a plane of that area.
func (t planeRange) values(area int) (lo, hi int) {
	return t.row0 * valueRow, min(t.row1*valueRow, area)
}

func (c *planeCut) tasks() int {
	if c.planes == 0 || c.rows == 0 {
		return 0
	}
	return c.bands * c.parts
}

// planeRange is the rows [row0, row1) of planes [first, last).
type planeRange struct{ first, last, row0, row1 int }

func (c *planeCut) task(i int) planeRange {
	band, part := i/c.parts, i%c.parts
	return planeRange{
		first: part * c.planes / c.parts, last: (part + 1) * c.planes / c.parts,
		row0: band * c.rows / c.bands, row1: (band + 1) * c.rows / c.bands,
	}
}
