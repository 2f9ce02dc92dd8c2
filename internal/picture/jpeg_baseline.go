package picture

import (
	"bytes"
	"encoding/binary"
	"image"
)

// Nearly all photographs are baseline JPEGs of one scan. Package image/jpeg decodes
// them on one processor only, in twice the time that libjpeg takes: most of the time
// from a large file to the network's input. The decoder for this kind in the files
// jpeg_*.go takes half that time on one processor, and a third on two.
//
// Package image/jpeg remains the specification. decodeBaseline makes the same planes,
// to the byte, as FuzzBaseline checks; it leaves all that is unusual or damaged to
// image/jpeg, which decides what to make of it and says what is wrong.

// baselineJPEG is a JPEG of the kind that decodeBaseline takes (ITU-T T.81): of 8
// bits, coded sequentially by Huffman's method in one scan, and grey or YCbCr with
// chroma of full or half the resolution along each axis.
type baselineJPEG struct {
	size           image.Point
	components     []baselineComponent // one or three
	unitsX, unitsY int                 // minimum coded units along each axis
	interval       int                 // units from one restart marker to the next; 0 without any
	quants         [4]*[blockSize]int32
	dcs, acs       [2]*huffmanTable
	scan           []byte // from the entropy-coded data to the end of the file
}

type baselineComponent struct {
	jpegComponent
	id, table byte
	quant     *[blockSize]int32 // row by row
	dc, ac    *huffmanTable     // for the first coefficient of a block, and for the others
	plane     []uint8           // of whole units
	stride    int
}

// decodeBaseline returns what jpeg.Decode does, a Gray or a YCbCr, or nil for a file
// that it leaves to jpeg.Decode. For such a file both may allocate planes: it leaves
// those files too whose planes and chunks take more than spare bytes.
func decodeBaseline(data []byte, spare int64) image.Image {
	j := parseBaseline(data)
	if j == nil || j.memory() > spare || j.blocks() > blocksIn(j.scan) {
		return nil
	}
	m := j.allocate()
	if !j.decodeScan() {
		return nil
	}
	return m
}

// memory returns the bytes that decodeBaseline allocates.
func (j *baselineJPEG) memory() int64 { return j.blocks()*blockSize + chunkMemory(j.blocks()) }

// parseBaseline reads the segments before the scan.
func parseBaseline(data []byte) *baselineJPEG {
	data, ok := bytes.CutPrefix(data, []byte{0xff, markerSOI})
	if !ok {
		return nil
	}
	j := &baselineJPEG{}
	for {
		if len(data) < 4 || data[0] != 0xff {
			return nil
		}
		marker, size := data[1], 2+int(binary.BigEndian.Uint16(data[2:]))
		if size < 4 || size > len(data) {
			return nil
		}
		payload, rest := data[4:size], data[size:]
		if marker == markerSOS {
			j.scan = rest
			if !j.readScanHeader(payload) {
				return nil
			}
			return j
		}
		if !j.readSegment(marker, payload) {
			return nil
		}
		data = rest
	}
}

// readSegment reports whether it knows the segment and finds nothing unusual in it,
// as do the functions for the single kinds.
func (j *baselineJPEG) readSegment(marker byte, payload []byte) bool {
	switch marker {
	case markerSOF0, markerSOF1:
		return j.readFrame(payload)
	case markerDQT:
		return j.readQuantisation(payload)
	case markerDHT:
		return j.readHuffman(payload)
	case markerDRI:
		if len(payload) != 2 {
			return false
		}
		j.interval = int(binary.BigEndian.Uint16(payload))
		return true
	case markerAPP14:
		return !bytes.HasPrefix(payload, []byte("Adobe")) // it may say that the colours are RGB
	}
	return marker >= markerAPP0 && marker <= markerAPP15 || marker == markerCOM
}

// readFrame reads a frame header (section B.2.2).
func (j *baselineJPEG) readFrame(frame []byte) bool {
	factors := frameComponents(frame)
	if j.components != nil || len(factors) != 1 && len(factors) != 3 {
		return false
	}
	const bits = 8
	if frame[0] != bits {
		return false
	}
	j.size = image.Pt(int(binary.BigEndian.Uint16(frame[3:])), int(binary.BigEndian.Uint16(frame[1:])))
	for i, c := range factors {
		id, table := frame[6+3*i], frame[8+3*i]
		if int(table) >= len(j.quants) || c.h > 2 || c.v > 2 {
			return false
		}
		if i > 0 && c != (jpegComponent{1, 1}) || j.component(id) != nil {
			return false
		}
		if len(factors) == 1 {
			c = jpegComponent{1, 1} // as in jpegHead.memory
		}
		j.components = append(j.components, baselineComponent{jpegComponent: c, id: id, table: table})
	}
	if j.components[0].id == 'R' { // and so RGB, perhaps
		return false
	}
	j.unitsX = int(ceilDiv(j.size.X, 8*j.components[0].h))
	j.unitsY = int(ceilDiv(j.size.Y, 8*j.components[0].v))
	return j.unitsX > 0 && j.unitsY > 0
}

// component returns the component of an identifier, or nil.
func (j *baselineJPEG) component(id byte) *baselineComponent {
	for i := range j.components {
		if j.components[i].id == id {
			return &j.components[i]
		}
	}
	return nil
}

// readQuantisation reads quantisation tables of 8 bits (section B.2.4.1).
func (j *baselineJPEG) readQuantisation(tables []byte) bool {
	for ; len(tables) > blockSize; tables = tables[1+blockSize:] {
		if int(tables[0]) >= len(j.quants) {
			return false
		}
		q := new([blockSize]int32)
		for k, at := range zigzag {
			q[at] = int32(tables[1+k])
		}
		j.quants[tables[0]] = q
	}
	return len(tables) == 0
}

// readHuffman reads Huffman tables (section B.2.4.2). It leaves a file that replaces
// one: there may be millions in a hostile file, each of which takes 15 times as long as
// in package jpeg.
func (j *baselineJPEG) readHuffman(tables []byte) bool {
	const head = 1 + maxCode
	for len(tables) >= head {
		end := head
		for _, n := range tables[1:head] {
			end += int(n)
		}
		if end > len(tables) {
			return false
		}
		class, number := tables[0]>>4, tables[0]&0xf
		if class > 1 || number > 1 {
			return false
		}
		table := &j.dcs[number]
		if class == 1 {
			table = &j.acs[number]
		}
		if *table != nil {
			return false
		}
		if *table = newHuffmanTable(tables[1:head], tables[head:end]); *table == nil {
			return false
		}
		tables = tables[end:]
	}
	return len(tables) == 0
}

// readScanHeader reads a scan header (section B.2.3): of all components, in the order
// of the frame, and of all coefficients, with all their bits.
func (j *baselineJPEG) readScanHeader(header []byte) bool {
	n := len(j.components)
	if n == 0 || len(header) != 4+2*n || int(header[0]) != n {
		return false
	}
	if !bytes.Equal(header[1+2*n:], []byte{0, blockSize - 1, 0}) {
		return false
	}
	for i := range j.components {
		c := &j.components[i]
		id, dc, ac := header[1+2*i], header[2+2*i]>>4, header[2+2*i]&0xf
		if id != c.id || dc > 1 || ac > 1 {
			return false
		}
		c.dc, c.ac, c.quant = j.dcs[dc], j.acs[ac], j.quants[c.table]
		if c.dc == nil || c.ac == nil || c.quant == nil {
			return false
		}
	}
	return true
}

// units returns the number of minimum coded units.
func (j *baselineJPEG) units() int { return j.unitsX * j.unitsY }

// unitBlocks returns the number of blocks of each.
func (j *baselineJPEG) unitBlocks() int {
	blocks := 0
	for _, c := range j.components {
		blocks += c.h * c.v
	}
	return blocks
}

func (j *baselineJPEG) blocks() int64 { return int64(j.units()) * int64(j.unitBlocks()) }

// allocate makes the picture as package jpeg does.
func (j *baselineJPEG) allocate() image.Image {
	luma := &j.components[0]
	units := image.Rect(0, 0, 8*luma.h*j.unitsX, 8*luma.v*j.unitsY)
	visible := image.Rectangle{Max: j.size}
	if len(j.components) == 1 {
		m := image.NewGray(units)
		luma.plane, luma.stride = m.Pix, m.Stride
		return m.SubImage(visible)
	}
	m := image.NewYCbCr(units, subsampleRatio(luma.jpegComponent))
	luma.plane, luma.stride = m.Y, m.YStride
	j.components[1].plane, j.components[1].stride = m.Cb, m.CStride
	j.components[2].plane, j.components[2].stride = m.Cr, m.CStride
	return m.SubImage(visible)
}

// subsampleRatio returns how chroma is stored if its factors are 1 and luma's are
// given.
func subsampleRatio(luma jpegComponent) image.YCbCrSubsampleRatio {
	switch luma {
	case jpegComponent{2, 1}:
		return image.YCbCrSubsampleRatio422
	case jpegComponent{2, 2}:
		return image.YCbCrSubsampleRatio420
	case jpegComponent{1, 2}:
		return image.YCbCrSubsampleRatio440
	}
	return image.YCbCrSubsampleRatio444
}
