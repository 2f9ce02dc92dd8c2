package picture

import (
	"bytes"
	"runtime"
	"sync"
)

// Only one goroutine can read Huffman codes, as each begins where the one before it
// ends. It fills chunks with coefficients, of which workers compute samples. It does
// that itself when they fall behind, so that it never waits.
const (
	chunks     = 3
	maxWorkers = 2             // reading takes about as long as all the rest
	maxChunk   = 1 << 15       // values of a chunk: with fewer, passing it on takes too long
	maxCoded   = blockSize + 1 // of them for a block
)

// chunk holds the coefficients of consecutive minimum coded units.
type chunk struct {
	first, units int
	// coded has for each block, in the order of the file: the first coefficient;
	// those of the others that are not 0, each as coefficient<<16 | position; and 0.
	coded []uint32
}

// chunkSize returns the room for values in each chunk of a JPEG of so many blocks.
func chunkSize(blocks int64) int64 { return min(maxChunk, blocks*maxCoded) }

// chunkMemory returns the bytes of all chunks.
func chunkMemory(blocks int64) int64 { return chunks * 4 * chunkSize(blocks) }

// blocksIn returns how many blocks there can be in entropy-coded data: a block has at
// least two codes of one bit.
func blocksIn(data []byte) int64 { return int64(len(data)) * 4 }

// pipeline decodes the scan of a JPEG.
type pipeline struct {
	*baselineJPEG
	full, empty chan *chunk // with room for all chunks, so that sending never blocks
}

// decodeScan fills the planes. It reports whether the scan is sound and ends the file.
func (j *baselineJPEG) decodeScan() bool {
	p := pipeline{j, make(chan *chunk, chunks), make(chan *chunk, chunks)}
	for range chunks {
		p.empty <- &chunk{coded: make([]uint32, 0, chunkSize(j.blocks()))}
	}
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0)-1, maxWorkers) {
		workers.Go(p.work)
	}
	sound := p.read()
	close(p.full)
	p.work()
	workers.Wait()
	return sound
}

// work computes the samples of full chunks until there will be no more.
func (p pipeline) work() {
	for c := range p.full {
		p.reconstruct(c)
		p.empty <- c
	}
}

// next returns an empty chunk. If there is none, it empties a full one.
func (p pipeline) next() *chunk {
	select {
	case c := <-p.empty:
		return c
	default:
	}
	select {
	case c := <-p.empty:
		return c
	case c := <-p.full:
		p.reconstruct(c)
		return c
	}
}

// read fills chunks with the whole scan, and reports whether that is sound.
func (p pipeline) read() bool {
	r := scanReader{baselineJPEG: p.baselineJPEG, bitReader: bitReader{data: p.scan}}
	for r.unit < p.units() {
		c := p.next()
		if !r.fill(c) {
			return false
		}
		p.full <- c
	}
	return r.atEnd()
}

// reconstruct computes the samples of a chunk.
func (j *baselineJPEG) reconstruct(c *chunk) {
	coded := c.coded
	for unit := c.first; unit < c.first+c.units; unit++ {
		unitX, unitY := unit%j.unitsX, unit/j.unitsX
		for i := range j.components {
			k := &j.components[i]
			for y := range k.v {
				for x := range k.h {
					at := 8 * ((unitY*k.v+y)*k.stride + unitX*k.h + x)
					coded = reconstructBlock(k.plane[at:], k.stride, coded, k.quant)
				}
			}
		}
	}
}

// reconstructBlock computes the samples of the first block that is coded. It returns
// what comes after it.
func reconstructBlock(dst []uint8, stride int, coded []uint32, quant *[blockSize]int32) []uint32 {
	var b [blockSize]int32
	b[0] = int32(coded[0]) * quant[0]
	positions := uint32(0)
	for i, v := range coded[1:] {
		if v == 0 {
			coded = coded[i+2:]
			break
		}
		at := v % blockSize
		b[at] = int32(v) >> 16 * quant[at]
		positions |= at
	}
	inverseDCT(dst, stride, &b, positions)
	return coded
}

// scanReader reads the entropy-coded data of a scan.
type scanReader struct {
	*baselineJPEG
	bitReader
	unit   int      // the next one
	before [3]int32 // the first coefficient of the block before, for each component
}

// fill reads as many units as a chunk has room for. It reports whether the data is
// sound; if not, the chunk has no meaning.
func (r *scanReader) fill(c *chunk) bool {
	c.first, c.coded = r.unit, c.coded[:0]
	room := cap(c.coded) - r.unitBlocks()*maxCoded
	for r.unit < r.units() && len(c.coded) <= room {
		if r.interval > 0 && r.unit > 0 && r.unit%r.interval == 0 && !r.restart() {
			return false
		}
		if c.coded = r.readUnit(c.coded); c.coded == nil {
			return false
		}
		r.unit++
	}
	c.units = r.unit - c.first
	return r.left() >= 0
}

// readUnit appends the blocks of a unit to coded. It returns nil for what is none.
func (r *scanReader) readUnit(coded []uint32) []uint32 {
	for i := range r.components {
		c := &r.components[i]
		for range c.h * c.v {
			coded = r.readBlock(coded, c.dc, c.ac, &r.before[i])
			if coded == nil {
				return nil
			}
		}
	}
	return coded
}

// restart passes a restart marker. It reports whether that is where it belongs.
func (r *scanReader) restart() bool {
	number := byte(r.unit/r.interval-1) % 8
	if r.left() < 0 || r.left() >= 8 || !bytes.HasPrefix(r.data[r.at:], []byte{0xff, markerRST0 + number}) {
		return false
	}
	r.bitReader = bitReader{data: r.data, at: r.at + 2}
	r.before = [3]int32{}
	return true
}

// atEnd reports whether the scan is complete and the next marker is the end of the
// file. There may be bytes before it that are no marker: package jpeg ignores them.
func (r *scanReader) atEnd() bool {
	if r.left() < 0 {
		return false
	}
	for rest := r.data[r.at:]; ; {
		i := bytes.IndexByte(rest, 0xff)
		if i < 0 || i+1 == len(rest) {
			return false
		}
		if rest[i+1] != 0 {
			return rest[i+1] == markerEOI
		}
		rest = rest[i+2:]
	}
}
