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
	places  [5][4]uint32 // for each register of columns, the bytes in the loaded registers, or padding
}

// padding is a place in stripLoads for a column in padding.
const padding = ^uint32(0)

// The columns of the windows of eight outputs. With stride 2 each load of the row is split into even and odd columns;
// column 16 is in the last register.
var (
	columns1 = [...]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}
	columns2 = [...]int{0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15}
)

// depthwise computes a strip of a depthwise convolution with windows of 3x3 and stride 1 or 2.
func (s *strip) depthwise(_, stride int) {
	if stride == 1 {
		loads := s.loads(columns1[:], len(columns1))
		depthwise3x3S1NEON(s, &loads)
		return
	}
	loads := s.loads(columns2[:], len(columns2)+1)
	depthwise3x3S2NEON(s, &loads)
}

//go:noescape
func depthwise3x3S1NEON(s *strip, loads *stripLoads)

//go:noescape
func depthwise3x3S2NEON(s *strip, loads *stripLoads)

// maxPool computes the maximum of each window of 3x3, or of 2x2 with stride 2.
func (s *strip) maxPool(size, stride int) {
	switch {
	case size == 2:
		loads := s.loads(columns2[:], len(columns2))
		maxPool2x2S2NEON(s, &loads)
	case stride == 2:
		loads := s.loads(columns2[:], len(columns2)+1)
		maxPool3x3S2NEON(s, &loads)
	default:
		loads := s.loads(columns1[:], len(columns1))
		maxPool3x3S1NEON(s, &loads)
	}
}

//go:noescape
func maxPool3x3S1NEON(s *strip, loads *stripLoads)

//go:noescape
func maxPool3x3S2NEON(s *strip, loads *stripLoads)

//go:noescape
func maxPool2x2S2NEON(s *strip, loads *stripLoads)

// loads returns the loads of a strip whose windows have n columns. order holds the first columns as the routine wants
// them in registers. If there is another one, it is loaded by itself.
func (s *strip) loads(order []int, n int) stripLoads {
	var l stripLoads
	if s.lanes != lowBits(8) {
		l.partial = bits.Len64(s.lanes)
	}
	if s.valid&lowBits(n) == lowBits(n) {
		l.inside = 1
		return l
	}
	// Adjacent loads from the first column on that is not padding, but not beyond the row.
	first := max(-s.left, 0)
	last := s.srcStep - 4 - s.left
	for i := range l.at {
		l.at[i] = 4 * min(first+4*i, last)
	}
	for i := range l.places {
		l.places[i] = [4]uint32{padding, padding, padding, padding}
	}
	for i, column := range order {
		if s.valid>>column&1 == 1 {
			load := (column - first) / 4
			l.places[i/4][i%4] = bytesFrom(16*load + 4*column - l.at[load])
		}
	}
	if n > len(order) {
		column := n - 1
		l.at[4] = 4 * min(max(column, -s.left), last)
		if s.valid>>column&1 == 1 {
			l.places[4][0] = bytesFrom(4*column - l.at[4])
		}
	}
	return l
}

// bytesFrom returns four adjacent places.
func bytesFrom(at int) uint32 { return uint32(at)*0x01010101 + 0x03020100 }
