package picture

import (
	"bytes"
	"compress/lzw"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"cnncalc/internal/memory"
)

// fixedMemory is what decoders allocate for windows and tables, whatever the size of the picture.
const fixedMemory = 256 << 10

// spareMemory is what decoders take beyond what is expected if the limit allows it.
const spareMemory = chunks * 4 * maxChunk

// plainPicture is a file of one colour, whose size is a small part of what decoding it takes.
type plainPicture struct {
	name, data string
}

func plainPictures(width, height int) []plainPicture {
	pictures := []plainPicture{
		{"BMP of 8 bits", plainBMP(width, height, 8)},
		{"BMP of 24 bits", plainBMP(width, height, 24)},
		{"BMP of 32 bits", plainBMP(width, height, 32)},
		{"GIF", plainGIF(width, height, image.Rect(0, 0, width, height), false)},
		{"GIF, interlaced", plainGIF(width, height, image.Rect(0, 0, width, height), true)},
		{"GIF of one pixel on a canvas", plainGIF(width, height, image.Rect(1, 1, 2, 2), false)},
		{"JPEG, grey", plainJPEG(width, height, false, "\x11")},
		{"JPEG, grey with factors", plainJPEG(width, height, false, "\x44")},
		{"JPEG", plainJPEG(width, height, false, "\x11\x11\x11")},
		{"JPEG, 4:2:0", plainJPEG(width, height, false, "\x22\x11\x11")},
		{"JPEG, 4:1:0", plainJPEG(width, height, false, "\x42\x11\x11")},
		{"JPEG, CMYK", plainJPEG(width, height, false, "\x11\x11\x11\x11")},
		{"JPEG, subsampled CMYK", plainJPEG(width, height, false, "\x22\x11\x11\x22")},
		{"JPEG, progressive", plainJPEG(width, height, true, "\x22\x11\x11")},
		{"JPEG, progressive CMYK", plainJPEG(width, height, true, "\x11\x11\x11\x11")},
		{"JPEG, progressive subsampled CMYK", plainJPEG(width, height, true, "\x22\x11\x11\x22")},
		{"JPEG, turned", withJPEGOrientation(plainJPEG(width, height, false, "\x22\x11\x11"), 6)},
		{"PNG, turned", withPNGChunk(plainPNG(width, height, 8, 2, false), "eXIf", string(exifBlock(6)))},
		{"WebP, lossless", plainWebP(width, height)},
		{"WebP, lossless, turned", riff("VP8X", vp8x(webpEXIFFlag, width, height), "VP8L", vp8l(width, height),
			"EXIF", string(exifBlock(6)))},
		{"WebP, lossless, a frame on a canvas", riff("VP8X", vp8x(webpAnimationFlag, width, height),
			"ANMF", "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"+riff("VP8L", vp8l(1, 1))[12:])},
		{"WebP, lossy", riff("VP8 ", vp8(width, height))},
		{"WebP, lossy with alpha", riff("VP8X", vp8x(webpAlphaFlag, width, height),
			"ALPH", "\x01"+vp8l(width, height)[5:], "VP8 ", vp8(width, height))},
	}
	for _, kind := range []struct {
		colour byte
		depths []byte
	}{{0, []byte{1, 8, 16}}, {2, []byte{8, 16}}, {3, []byte{1, 8}}, {4, []byte{8, 16}}, {6, []byte{8, 16}}} {
		for _, depth := range kind.depths {
			for _, interlaced := range []bool{false, true} {
				name := fmt.Sprintf("PNG of colour type %d, %d bits, interlaced %v", kind.colour, depth, interlaced)
				data := plainPNG(width, height, depth, kind.colour, interlaced)
				pictures = append(pictures, plainPicture{name, data})
				if kind.colour == pngGrey {
					data = withPNGChunk(data, "tRNS", "\x00\x00")
					pictures = append(pictures, plainPicture{name + ", transparent", data})
				}
			}
		}
	}
	return pictures
}

// TestMemory compares what decoding is expected to take with what it allocates.
func TestMemory(t *testing.T) {
	for _, size := range []image.Point{{1001, 701}, {40000, 5}, {5, 40000}} {
		for _, picture := range plainPictures(size.X, size.Y) {
			t.Run(fmt.Sprintf("%s of %dx%d", picture.name, size.X, size.Y), func(t *testing.T) {
				if strings.HasPrefix(picture.name, "WebP") && max(size.X, size.Y) > 1<<14 {
					t.Skip("a side of a WebP has 14 bits")
				}
				expected := memoryExpected(t, picture.data)
				checkAllocated(t, picture.data, size, Limits{Memory: expected}.orDefault(), expected, fixedMemory)
				checkAllocated(t, picture.data, size, Limits{}.orDefault(), expected, fixedMemory+spareMemory)
			})
		}
	}
}

// checkAllocated decodes a picture, which may take some bytes more than expected.
func checkAllocated(t *testing.T, picture string, size image.Point, limits Limits, expected, more int64) {
	t.Helper()
	data := []byte(picture)
	var p *Picture
	var err error
	allocated := int64(len(data)) + int64(allocatedBy(func() { p, err = decode(data, limits) }))
	if err != nil {
		t.Fatal(err)
	}
	if p.Width*p.Height != size.X*size.Y {
		t.Errorf("decoded to %dx%d", p.Width, p.Height)
	}
	if allocated > expected+more {
		t.Errorf("takes %d bytes, but %d were expected", allocated, expected)
	}
	if expected > allocated*5/2 {
		t.Errorf("takes %d bytes, but as many as %d were expected", allocated, expected)
	}
}

// memoryExpected returns what decoding is said to need.
func memoryExpected(t *testing.T, data string) int64 {
	t.Helper()
	_, err := Decode(strings.NewReader(data), Limits{Memory: int64(len(data))})
	var refused *MemoryError
	if !errors.As(err, &refused) {
		t.Fatalf("with the memory for the file alone: %v, want a MemoryError", err)
	}
	return refused.Need
}

func TestMemoryMessage(t *testing.T) {
	const size = 10_000
	tests := []struct {
		name, data string
		limits     Limits
		want       string
	}{
		{"16-bit PNG", pngHeader(size, size, 16, 6), Limits{Memory: 1 << 20},
			"decoding this PNG of 10000x10000 pixels takes up to 763.1 MiB (800,160,035 bytes); " +
				"the limit is 1.0 MiB (1,048,576 bytes): make the picture smaller"},
		{"interlaced PNG", plainPNG(1000, 1000, 16, 6, true), Limits{Memory: 1 << 20},
			"the limit is 1.0 MiB (1,048,576 bytes): make the picture smaller, or save it without interlacing"},
		{"interlaced PNG, by default", interlacedHeader(size, size), Limits{},
			"the limit is 1.0 GiB (1,073,741,824 bytes): make the picture smaller, or save it without interlacing"},
		{"progressive JPEG", plainJPEG(1000, 1000, true, "\x11\x11\x11\x11"), Limits{Memory: 1 << 20},
			"the limit is 1.0 MiB (1,048,576 bytes): make the picture smaller, or save it as a baseline JPEG"},
		{"a long file", plainBMP(1000, 1000, 24), Limits{Memory: 1000},
			"decoding this picture takes up to 1001 bytes; the limit is 1000 bytes: make the picture smaller"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := Decode(strings.NewReader(test.data), test.limits)
			checkRefused(t, p, err, test.want)
		})
	}
}

// TestPeakMemory decodes pictures in a process of its own, whose peak no other test raises.
func TestPeakMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector, which runs with -short, takes memory of its own")
	}
	if _, ok := memory.PeakResident(); !ok {
		t.Skip("the peak of a process is not known here")
	}
	const mebibyte = 1 << 20
	tests := []struct {
		name, data string
		memory     int64 // limit, in bytes; 0 is the default
		refused    bool
		peak       int64 // at most, in bytes
	}{
		{"PNG of 100 megapixels and 16 bits", pngHeader(10_000, 10_000, 16, 6), mebibyte, true, 64 * mebibyte},
		{"interlaced PNG", interlacedHeader(10_000, 10_000), 0, true, 64 * mebibyte},
		{"progressive CMYK JPEG", plainJPEG(8_000, 8_000, true, "\x11\x11\x11\x11"), 0, true, 64 * mebibyte},
		{"GIF of 35 bytes", gifHeader(10_000, 10_000), 300 * mebibyte, true, 64 * mebibyte},
		{"BMP", bmpHeader(10_000, 10_000, 24), 300 * mebibyte, true, 64 * mebibyte},
		{"WebP", riff("VP8L", vp8l(10_000, 10_000)), 300 * mebibyte, true, 64 * mebibyte},
		{"interlaced PNG below the limit", plainPNG(2_000, 3_000, 16, 6, true), 100 * mebibyte, false, 164 * mebibyte},
		{"progressive CMYK JPEG below the limit", plainJPEG(2_000, 2_000, true, "\x11\x11\x11\x11"), 100 * mebibyte,
			false, 164 * mebibyte},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "picture")
			if err := os.WriteFile(path, []byte(test.data), 0o600); err != nil {
				t.Fatal(err)
			}
			child := exec.Command(os.Args[0], "-test.run=^TestPeakMemoryChild$", "-test.v")
			child.Env = append(os.Environ(), fmt.Sprintf("%s=%d %s", childVariable, test.memory, path))
			out, err := child.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			_, result, _ := strings.Cut(string(out), childResult)
			var peak int64
			var refused bool
			if _, err := fmt.Sscan(result, &peak, &refused); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if refused != test.refused {
				t.Errorf("refused: %v, want %v", refused, test.refused)
			}
			if peak > test.peak {
				t.Errorf("the peak is %d bytes, want at most %d", peak, test.peak)
			}
		})
	}
}

const (
	childVariable = "PICTURE_TEST_CHILD" // holds the limit and the path
	childResult   = "peak and refusal: "
)

func TestPeakMemoryChild(t *testing.T) {
	task := os.Getenv(childVariable)
	if task == "" {
		t.Skip("only for TestPeakMemory")
	}
	var limits Limits
	var path string
	if _, err := fmt.Sscan(task, &limits.Memory, &path); err != nil {
		t.Fatal(err)
	}
	_, err := Open(path, limits)
	var refused *MemoryError
	if err != nil && !errors.As(err, &refused) {
		t.Fatal(err)
	}
	peak, _ := memory.PeakResident()
	fmt.Println(childResult, peak, refused != nil)
}

// plainPNG is a PNG whose samples are all 0.
func plainPNG(width, height int, depth, colour byte, interlaced bool) string {
	header := pngHeader(uint32(width), uint32(height), depth, colour)
	passes := []image.Point{{width, height}}
	if interlaced {
		header = interlace(header)
		passes = nil
		for _, p := range []struct{ x, y, stepX, stepY int }{
			{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2},
		} {
			pass := image.Pt((width-p.x+p.stepX-1)/p.stepX, (height-p.y+p.stepY-1)/p.stepY)
			if pass.X > 0 && pass.Y > 0 {
				passes = append(passes, pass)
			}
		}
	}
	bits := pngHead{depth: int(depth), colour: colour}.bitsPerPixel()
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	for _, p := range passes {
		row := make([]byte, 1+(p.X*bits+7)/8)
		for range p.Y {
			z.Write(row)
		}
	}
	z.Close()
	file := header
	if colour == pngPalette {
		file += pngChunk("PLTE", "\x01\x02\x03\x04\x05\x06")
	}
	return file + pngChunk("IDAT", b.String()) + pngChunk("IEND", "")
}

func interlacedHeader(width, height uint32) string { return interlace(pngHeader(width, height, 16, 6)) }

// interlace sets the last byte of a PNG's header chunk.
func interlace(header string) string {
	body := header[16 : len(header)-5]
	return header[:8] + pngChunk("IHDR", body+"\x01")
}

func pngChunk(kind, body string) string {
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	chunk = append(chunk, kind+body...)
	return string(binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:])))
}

// withPNGChunk puts a chunk before the data.
func withPNGChunk(file, kind, body string) string {
	at := strings.Index(file, "IDAT") - 4
	return file[:at] + pngChunk(kind, body) + file[at:]
}

// plainJPEG is a JPEG of which every coefficient is 0. factors are the sampling factors of each component.
func plainJPEG(width, height int, progressive bool, factors string) string {
	frame := binary.BigEndian.AppendUint16([]byte{8}, uint16(height))
	frame = binary.BigEndian.AppendUint16(frame, uint16(width))
	frame = append(frame, byte(len(factors)))
	scan := []byte{byte(len(factors))}
	for i := range factors {
		frame = append(frame, byte(i+1), factors[i], 0)
		scan = append(scan, byte(i+1), 0)
	}
	marker, end := markerSOF0, byte(63)
	if progressive {
		marker, end = markerSOF2, 0
	}
	scan = append(scan, 0, end, 0)
	zeroOnly := strings.Repeat("\x00", 64)
	oneCode := "\x01" + strings.Repeat("\x00", 15) + "\x00" // a code of one bit, for 0

	var b bytes.Buffer
	b.WriteString("\xff\xd8")
	segment := func(marker int, body string) {
		b.Write(binary.BigEndian.AppendUint16([]byte{0xff, byte(marker)}, uint16(2+len(body))))
		b.WriteString(body)
	}
	if len(factors) == 4 {
		segment(markerAPP14, "Adobe\x00\x64\x00\x00\x00\x00\x00")
	}
	segment(0xdb, "\x00"+zeroOnly)
	segment(marker, string(frame))
	segment(0xc4, "\x00"+oneCode)
	segment(0xc4, "\x10"+oneCode)
	segment(markerSOS, string(scan))
	b.Write(make([]byte, (width+32)*(height+32)/16+64)) // two bits a block are enough
	b.WriteString("\xff\xd9")
	return b.String()
}

// withJPEGOrientation puts an EXIF segment after the start of a JPEG.
func withJPEGOrientation(file string, orientation uint16) string {
	body := exifPrefix + string(exifBlock(orientation))
	segment := binary.BigEndian.AppendUint16([]byte{0xff, markerAPP1}, uint16(2+len(body)))
	return file[:2] + string(segment) + body + file[2:]
}

// exifBlock is a TIFF structure with an orientation only.
func exifBlock(orientation uint16) []byte {
	return append([]byte("MM\x00*\x00\x00\x00\x08\x00\x01"), tiffEntry(binary.BigEndian, 0x0112, 3, orientation)...)
}

// gifHeader is a GIF without a frame.
func gifHeader(width, height int) string {
	b := binary.LittleEndian.AppendUint16([]byte("GIF89a"), uint16(width))
	b = binary.LittleEndian.AppendUint16(b, uint16(height))
	return string(b) + "\x80\x00\x00\x01\x02\x03\x04\x05\x06"
}

// plainGIF is a GIF with one frame, at the place of rect on its canvas.
func plainGIF(width, height int, rect image.Rectangle, interlaced bool) string {
	b := bytes.NewBufferString(gifHeader(width, height))
	b.WriteByte(gifImage)
	for _, v := range []int{rect.Min.X, rect.Min.Y, rect.Dx(), rect.Dy()} {
		b.Write(binary.LittleEndian.AppendUint16(nil, uint16(v)))
	}
	if interlaced {
		b.WriteByte(gifInterlaceFlag)
	} else {
		b.WriteByte(0)
	}
	const codeSize = 2
	b.WriteByte(codeSize)
	var packed bytes.Buffer
	z := lzw.NewWriter(&packed, lzw.LSB, codeSize)
	z.Write(make([]byte, rect.Dx()*rect.Dy()))
	z.Close()
	for packed.Len() > 0 {
		block := packed.Next(255)
		b.WriteByte(byte(len(block)))
		b.Write(block)
	}
	b.WriteString("\x00;")
	return b.String()
}

// plainBMP is a BMP whose samples are all 0.
func plainBMP(width, height int, bits uint16) string {
	file := []byte(bmpHeader(int32(width), int32(height), bits))
	if bits == 8 {
		const colours = 2
		file[46] = colours
		file = append(file, make([]byte, 4*colours)...)
		file[10] = byte(len(file))
	}
	row := (width*int(bits)/8 + 3) &^ 3
	return string(append(file, make([]byte, row*height)...))
}

func plainWebP(width, height int) string { return riff("VP8L", vp8l(width, height)) }

// vp8l is lossless WebP data of one colour: five codes of a single symbol, which take no bits.
func vp8l(width, height int) string {
	const oneSymbol, codes = 0b0001, 5
	bits := uint64(width-1) | uint64(height-1)<<14
	bits |= oneSymbol << 35 // after the header: no transform, no cache, no groups of codes
	for i := 1; i < codes; i++ {
		bits |= oneSymbol << (35 + 4*i)
	}
	return "\x2f" + string(binary.LittleEndian.AppendUint64(nil, bits))
}

// vp8 is lossy WebP data: a frame header (RFC 6386, section 9.1) and partitions of zeros.
func vp8(width, height int) string {
	first := (width/16 + 1) * (height/16 + 1) * 4
	tag := uint32(1<<4 | first<<5) // a key frame that is shown
	b := []byte{byte(tag), byte(tag >> 8), byte(tag >> 16), 0x9d, 0x01, 0x2a}
	b = binary.LittleEndian.AppendUint16(b, uint16(width))
	b = binary.LittleEndian.AppendUint16(b, uint16(height))
	return string(append(b, make([]byte, first+width*height/8+64)...))
}

// vp8x is the chunk that announces a canvas and what is on it.
func vp8x(flags byte, width, height int) string {
	b := []byte{flags, 0, 0, 0}
	for _, side := range []int{width - 1, height - 1} {
		b = append(b, byte(side), byte(side>>8), byte(side>>16))
	}
	return string(b)
}
