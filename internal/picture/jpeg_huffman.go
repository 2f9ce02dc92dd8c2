package picture

import "encoding/binary"

const maxSymbols = 256 // of a table

// Sizes in bits.
const (
	maxCode  = 16 // of a code
	maxRead  = 31 // of a code and the coefficient after it
	fastBits = 10 // of the index of a table; four such tables fit a cache of the first level
)

// huffmanTable decodes the codes of one table of a JPEG (ITU-T T.81, annex C).
type huffmanTable struct {
	// fast has an entry for everything that the next fastBits bits may be: 0 where
	// they start with a longer code, or with none.
	fast [1 << fastBits]huffmanEntry
	// limits[n] is the end of the codes of at most n bits, all shifted to maxCode
	// bits: the next maxCode bits start with such a code if they are less. Of the
	// codes of n bits, the first is for symbols[starts[n]].
	limits, starts [maxCode + 1]uint32
	symbols        []byte
}

// huffmanEntry is what a code stands for: a run of zeros and the size in bits of the
// coefficient after them, which follow the code. Without a size, it stands for 16
// zeros if the run is 15, and for the end of the block if it is 0.
//
//	bits  0-7   bits that this takes from the data, at least 1
//	bits  8-11  size
//	bits 12-15  run
//	bits 16-31  the coefficient; 0 if it isn't known yet, or if there is none
type huffmanEntry uint32

func (e huffmanEntry) length() int        { return int(e & 0xff) }
func (e huffmanEntry) size() int          { return int(e >> 8 & 0xf) }
func (e huffmanEntry) run() int           { return int(e >> 12 & 0xf) }
func (e huffmanEntry) coefficient() int32 { return int32(e) >> 16 }

// newHuffmanTable makes a table of the numbers of codes of 1 to maxCode bits and of
// their symbols. It returns nil if there are none, more than there are symbols, or more
// of a length than there can be.
func newHuffmanTable(counts, symbols []byte) *huffmanTable {
	if len(symbols) == 0 || len(symbols) > maxSymbols {
		return nil
	}
	t := &huffmanTable{symbols: symbols}
	code, used := uint32(0), uint32(0)
	for length := 1; length <= maxCode; length++ {
		t.starts[length] = used
		for range counts[length-1] {
			if code == 1<<maxCode {
				return nil
			}
			t.enter(code, length, symbols[used])
			code += 1 << (maxCode - length)
			used++
		}
		t.limits[length] = code
	}
	return t
}

// enter puts a code, shifted to maxCode bits, into the table, unless it is too long.
func (t *huffmanTable) enter(code uint32, length int, symbol byte) {
	if length > fastBits {
		return
	}
	e := newHuffmanEntry(length, symbol)
	first := code >> (maxCode - fastBits)
	for i := first; i < first+1<<(fastBits-length); i++ {
		t.fast[i] = e
		if length+e.size() <= fastBits {
			t.fast[i] = e.complete(uint64(i) << (64 - fastBits))
		}
	}
}

func newHuffmanEntry(length int, symbol byte) huffmanEntry {
	return huffmanEntry(symbol)<<8 | huffmanEntry(length)
}

// complete adds the coefficient to an entry whose code is at the top of bits. The
// lower half of what its bits may be stands for the negative ones (section F.2.2.1).
func (e huffmanEntry) complete(bits uint64) huffmanEntry {
	size := e.size()
	if size == 0 {
		return e
	}
	c := int32(bits << e.length() >> (64 - size))
	if c < 1<<(size-1) {
		c += 1 - 1<<size
	}
	return huffmanEntry(c)<<16 | e + huffmanEntry(size)
}

// entry decodes the code at the top of bits and the coefficient after it. It returns
// 0 if there is no such code.
func (t *huffmanTable) entry(bits uint64) huffmanEntry {
	e := t.fast[bits>>(64-fastBits)]
	if e == 0 {
		e = t.long(bits)
	}
	if e.coefficient() != 0 {
		return e
	}
	return e.complete(bits)
}

// long decodes a code of more than fastBits bits.
func (t *huffmanTable) long(bits uint64) huffmanEntry {
	code := uint32(bits >> (64 - maxCode))
	for length := fastBits + 1; length <= maxCode; length++ {
		if code < t.limits[length] {
			nth := (code - t.limits[length-1]) >> (maxCode - length)
			return newHuffmanEntry(length, t.symbols[t.starts[length]+nth])
		}
	}
	return 0
}

// bitReader reads entropy-coded data, in which a byte of 0 follows each of 0xff. At a
// marker or the end of the data it stops, and goes on with zeros.
type bitReader struct {
	data   []byte
	at     int    // in data; what comes before it is in bits, or has been read
	bits   uint64 // n bits at the top; those below are 0 or the first of data[at]
	n      int
	zeroes int // bits that were appended to the data
}

// left returns the number of bits before data[at] that have not been read. It is less
// than 0 if appended ones have been.
func (r *bitReader) left() int { return r.n - r.zeroes }

// refill makes n at least 56.
func (r *bitReader) refill() {
	if r.at+8 <= len(r.data) {
		next := binary.BigEndian.Uint64(r.data[r.at:])
		if !hasFF(next) {
			r.bits |= next >> (r.n & 63)
			r.at += (63 - r.n) >> 3
			r.n |= 56 // adds eight for each of these bytes
			return
		}
	}
	r.refillBytes()
}

// hasFF reports whether one of the eight bytes of x is 0xff.
func hasFF(x uint64) bool {
	const ones = 0x0101010101010101
	return (^x-ones)&x&(0x80*ones) != 0
}

// refillBytes is refill for any data.
func (r *bitReader) refillBytes() {
	for ; r.n < 56; r.n += 8 {
		rest := r.data[r.at:]
		switch {
		case len(rest) > 0 && rest[0] != 0xff:
			r.bits |= uint64(rest[0]) << (56 - r.n)
			r.at++
		case len(rest) > 1 && rest[1] == 0:
			r.bits |= 0xff << (56 - r.n)
			r.at += 2
		default:
			r.zeroes += 8
		}
	}
}

// readBlock appends a block to coded, as in chunk.coded. before is the first
// coefficient of the block before, from which that of this one differs by what the
// data says. readBlock returns nil for what is no block.
func (r *bitReader) readBlock(coded []uint32, dc, ac *huffmanTable, before *int32) []uint32 {
	r.refill()
	e := dc.entry(r.bits)
	if e == 0 || e.run() != 0 {
		return nil
	}
	r.bits <<= e.length()
	r.n -= e.length()
	*before += e.coefficient()
	return r.readOthers(append(coded, uint32(*before)), ac)
}

// readOthers appends the coefficients of a block after the first.
func (r *bitReader) readOthers(coded []uint32, ac *huffmanTable) []uint32 {
	bits, n := r.bits, r.n // in registers
	for k := 1; k < blockSize; k++ {
		if n < maxRead {
			r.bits, r.n = bits, n
			r.refill()
			bits, n = r.bits, r.n
		}
		e := ac.fast[bits>>(64-fastBits)]
		if e.coefficient() == 0 {
			e = ac.entry(bits)
		}
		bits <<= e.length() & 63
		n -= e.length()
		if e.coefficient() == 0 {
			if e.run() == 15 && e.size() == 0 {
				k += 15
				continue
			}
			if e.run() != 0 || e == 0 {
				return nil
			}
			break
		}
		k += e.run()
		if k >= blockSize {
			return nil
		}
		coded = append(coded, uint32(e)&^0xffff|uint32(zigzag[k&63]))
	}
	r.bits, r.n = bits, n
	return append(coded, 0)
}

// zigzag has the positions in a block, counted row by row, in the order of the file.
var zigzag = [blockSize]uint8{
	0, 1, 8, 16, 9, 2, 3, 10,
	17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34,
	27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36,
	29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46,
	53, 60, 61, 54, 47, 55, 62, 63,
}
