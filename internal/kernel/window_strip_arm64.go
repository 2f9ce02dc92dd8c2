//go:build arm64 && !noasm

package kernel

import "math/bits"

// stripLoads says how the routines load a row of a strip's input. The columns of a strip count from strip.left. If some
// are in padding, each register is loaded where the row has four values, and its values are then put in the places of
// the windows' columns, with padding in the others. Values outside the row are never accessed.
type stripLoads struct {
	inside  int          // 1 if no column is in padding: rows are loaded as they lie, and what follows is not used
	partial int          // the number of outputs wanted, or 0 if all eight are
	at      [5]int       // where registers are loaded, in bytes from column 0
	places  [6][4]uint32 // for each register of columns, the bytes in the loaded registers, or padding
}

// padding is a place in stripLoads for a column in padding.
const padding = ^uint32(0)

// stripColumns says which columns the windows of eight outputs have.
type stripColumns struct {
	// n is the number of adjacent columns that a routine loads if none is in padding.
	n int

	// order holds the columns as the routine wants them in registers. Those from 16 on are in the last register that is
	// loaded, the others in the first four.
	order []int
}

// With stride 2 each load of the row is split into even and odd columns.
var (
	columns3S1 = stripColumns{10, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}
	columns5S1 = stripColumns{12, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}}
	columns2S2 = stripColumns{16, []int{0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15}}
	columns3S2 = stripColumns{17, []int{0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15, 16}}
	columns5S2 = stripColumns{20, []int{0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15, 16, 18, 18, 18, 17}}
)

// depthwise computes a strip of a depthwise convolution with windows of 3x3 or 5x5 and stride 1 or 2.
func (s *strip) depthwise(size, stride int) {
	switch {
	case size == 5 && stride == 1:
		loads := s.loads(&columns5S1)
		depthwise5x5S1NEON(s, &loads)
	case size == 5:
		loads := s.loads(&columns5S2)
		depthwise5x5S2NEON(s, &loads)
	case stride == 1:
		loads := s.loads(&columns3S1)
		depthwise3x3S1NEON(s, &loads)
	default:
		loads := s.loads(&columns3S2)
		depthwise3x3S2NEON(s, &loads)
	}
}

//go:noescape
func depthwise3x3S1NEON(s *strip, loads *stripLoads)

//go:noescape
func depthwise3x3S2NEON(s *strip, loads *stripLoads)

//go:noescape
func depthwise5x5S1NEON(s *strip, loads *stripLoads)

//go:noescape
func depthwise5x5S2NEON(s *strip, loads *stripLoads)

// maxPool computes the maximum of each window of 3x3, or of 2x2 with stride 2.
func (s *strip) maxPool(size, stride int) {
	switch {
	case size == 2:
		loads := s.loads(&columns2S2)
		maxPool2x2S2NEON(s, &loads)
	case stride == 2:
		loads := s.loads(&columns3S2)
		maxPool3x3S2NEON(s, &loads)
	default:
		loads := s.loads(&columns3S1)
		maxPool3x3S1NEON(s, &loads)
	}
}

//go:noescape
func maxPool3x3S1NEON(s *strip, loads *stripLoads)

//go:noescape
func maxPool3x3S2NEON(s *strip, loads *stripLoads)

//go:noescape
func maxPool2x2S2NEON(s *strip, loads *stripLoads)

// loads returns the loads of a strip.
func (s *strip) loads(c *stripColumns) stripLoads {
	var l stripLoads
	if s.lanes != lowBits(8) {
		l.partial = bits.Len64(s.lanes)
	}
	if s.valid&lowBits(c.n) == lowBits(c.n) {
		l.inside = 1
		return l
	}
	// Adjacent loads from the first column on that is not padding, but none beyond the row.
	const lastLoad = 16
	first, last := max(-s.left, 0), s.srcStep-4-s.left
	for i := range l.at {
		l.at[i] = 4 * min(first+4*i, last)
	}
	l.at[4] = 4 * min(max(lastLoad, first), last)
	for i, column := range c.order {
		place := &l.places[i/4][i%4]
		switch load := (column - first) / 4; {
		case s.valid>>column&1 == 0:
			*place = padding
		case column >= lastLoad:
			*place = bytesFrom(4*column - l.at[4])
		default:
			*place = bytesFrom(16*load + 4*column - l.at[load])
		}
	}
	return l
}

// bytesFrom returns four adjacent places.
func bytesFrom(at int) uint32 { return uint32(at)*0x01010101 + 0x03020100 }
