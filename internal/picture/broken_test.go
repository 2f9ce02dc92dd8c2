package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// broken are files that must get an error, with a part of its text.
func broken() []struct{ name, data, want string } {
	return []struct{ name, data, want string }{
		{"text", "hello, this is no picture",
			`not a picture: the first bytes are "hello, this "; PNG, JPEG, GIF, WebP and BMP are supported`},
		{"one byte", "\x89", `not a picture: the first bytes are "\x89"`},
		{"zeros", strings.Repeat("\x00", 200), "not a picture"},
		{"web page", "\n <!DOCTYPE html><html>", "this is a web page (HTML)"},
		{"web page without a type", "<HTML lang=en>", "this is a web page (HTML)"},
		{"Git LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 1234\n", "this is a Git LFS pointer"},
		{"SVG", "<?xml version=\"1.0\"?>\n<!-- x -->\n<svg width=\"3\">", "this is an SVG drawing"},
		{"TIFF", "II*\x00\x08\x00\x00\x00",
			"this is a TIFF picture; PNG, JPEG, GIF, WebP and BMP are supported: convert it first"},
		{"big-endian TIFF", "MM\x00*\x00\x00\x00\x08", "this is a TIFF picture"},
		{"HEIC", "\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "this is a HEIC picture"},
		{"AVIF", "\x00\x00\x00\x1cftypavif\x00\x00\x00\x00", "this is an AVIF picture"},
		{"MP4", "\x00\x00\x00\x1cftypisom\x00\x00\x00\x00", "this is a video"},
		{"JPEG XL", "\xff\x0a\x10\x00", "this is a JPEG XL picture"},
		{"JPEG 2000", "\x00\x00\x00\x0cjP  \r\n\x87\n", "this is a JPEG 2000 picture"},
		{"PDF", "%PDF-1.7\n", "this is a PDF document"},
		{"PSD", "8BPS\x00\x01", "this is a Photoshop picture (PSD)"},
		{"ICO", "\x00\x00\x01\x00\x01\x00", "this is an icon (ICO)"},
		{"Netpbm", "P6\n3 3\n255\n", "this is a Netpbm picture"},
		{"DICOM", strings.Repeat("\x00", 128) + "DICM", "this is a DICOM picture"},
		{"RIFF without WebP", "RIFF\x04\x00\x00\x00WAVEfmt ", "not a picture"},

		{"PNG 0x0", pngHeader(0, 0, 8, 2), "the picture has no pixels: its header says 0x0"},
		{"PNG 5x0", pngHeader(5, 0, 8, 2), "5x0"},
		{"PNG bomb", pngHeader(60000, 60000, 8, 6),
			"the picture would need 13.4 GiB: 60000x60000 pixels at 4 bytes each; the limit is 100000000 pixels"},
		{"PNG beyond 31 bits", pngHeader(1<<32-1, 1<<32-1, 16, 6), "4294967295x4294967295 pixels"},
		{"PNG of a depth of 3", pngHeader(4, 4, 3, 2),
			"of a kind that is not supported (png: unsupported feature: bit depth 3"},
		{"PNG with a wrong checksum", strings.Replace(pngHeader(4, 4, 8, 2), "\x08\x02", "\x08\x00", 1),
			"the PNG is damaged: png: invalid format: invalid checksum"},
		{"PNG without pixels", pngHeader(4, 4, 8, 2), "the PNG is truncated or damaged"},

		{"GIF 0x0", "GIF89a\x00\x00\x00\x00\x00\x00\x00;", "0x0"},
		{"GIF bomb",
			"GIF89a\xff\xff\xff\xff\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x00",
			"the picture would need 16.0 GiB: 65535x65535 pixels"},
		{"GIF with an empty frame",
			"GIF89a\x04\x00\x04\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\x00\x00\x04\x00\x00\x02\x00;",
			"the GIF's first frame: the picture has no pixels: its header says 0x4"},
		{"GIF with a frame outside",
			"GIF89a\x04\x00\x04\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x01\x00\x00\x00\x04\x00\x04\x00\x00\x02\x00;",
			"frame bounds larger than image bounds"},
		{"GIF with a huge frame",
			"GIF89a\x04\x00\x04\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x00;",
			"the GIF's first frame: the picture would need 16.0 GiB"},
		{"GIF without a frame", "GIF89a\x04\x00\x04\x00\x00\x00\x00;", "gif: missing image data"},

		{"JPEG 0x0", jpegHeader(0, 0, 1), "0x0"},
		{"JPEG bomb", jpegHeader(65535, 65535, 1), "the picture would need 16.0 GiB: 65535x65535 pixels"},
		{"JPEG with arithmetic coding", strings.Replace(jpegHeader(8, 8, 1), "\xff\xc0", "\xff\xc9", 1),
			"the JPEG is of a kind that is not supported"},
		{"JPEG with too many scans", jpegHeader(8, 8, 1) + strings.Repeat("\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00", 300),
			"the JPEG has 300 scans; the limit is 200"},

		{"BMP 0x0", bmpHeader(0, 0, 24), "0x0"},
		{"BMP bomb", bmpHeader(1<<20, 1<<20, 24), "the picture would need 4096.0 GiB: 1048576x1048576 pixels"},
		{"BMP of 16 bits", bmpHeader(4, 4, 16), "the BMP is of a kind that is not supported"},
		{"BMP without pixels", bmpHeader(4, 4, 24), "the BMP is truncated or damaged"},

		{"WebP bomb", riff("VP8X", "\x10\x00\x00\x00\xff\xff\x00\xfe\x7f\x00"), "65536x32767 pixels"},
		{"WebP bomb, animated", riff("VP8X", "\x02\x00\x00\x00\xff\xff\xff\xff\xff\xff"), "16777216x16777216 pixels"},
		{"WebP lossless bomb", riff("VP8L", "\x2f\xff\xff\xff\x0f\x00"), "16384x16384 pixels"},
		{"WebP with a chunk of 2 GiB", "RIFF\xfc\xff\xff\x7fWEBPVP8 \xf0\xff\xff\x7f", "the WebP is truncated or damaged"},
		{"WebP with a chunk beyond its end", "RIFF\x0c\x00\x00\x00WEBPVP8 \xf0\xff\xff\x7f",
			"the WebP is truncated or damaged"},
		{"WebP with a tiny RIFF", "RIFF\x00\x00\x00\x00WEBPVP8 ", "the WebP is damaged"},
		{"WebP without chunks", riff("", ""), "the WebP is"},
		{"WebP animation without frames", riff("VP8X", "\x02\x00\x00\x00\x03\x00\x00\x03\x00\x00"),
			"an animation without a first frame"},
		{"WebP frame outside", riff("VP8X", "\x02\x00\x00\x00\x03\x00\x00\x03\x00\x00", "ANMF",
			"\x01\x00\x00\x00\x00\x00\x03\x00\x00\x03\x00\x00\x00\x00\x00\x00"), "its first frame lies outside its canvas"},
	}
}

// pngHeader is a PNG up to its IHDR chunk.
func pngHeader(width, height uint32, depth, colourType byte) string {
	body := []byte("IHDR")
	body = binary.BigEndian.AppendUint32(body, width)
	body = binary.BigEndian.AppendUint32(body, height)
	body = append(body, depth, colourType, 0, 0, 0)
	file := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), body...)
	return string(binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(body)))
}

// jpegHeader is a JPEG up to its SOF0 segment, with 8 bits and components of
// equal size.
func jpegHeader(width, height uint16, components byte) string {
	file := []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc0\x00")
	file = append(file, 8+3*components, 8)
	file = binary.BigEndian.AppendUint16(file, height)
	file = binary.BigEndian.AppendUint16(file, width)
	file = append(file, components)
	for c := range components {
		file = append(file, c+1, 0x11, 0)
	}
	return string(file)
}

// bmpHeader is a BMP up to its pixels.
func bmpHeader(width, height int32, bits uint16) string {
	file := []byte("BM\x00\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00\x28\x00\x00\x00")
	file = binary.LittleEndian.AppendUint32(file, uint32(width))
	file = binary.LittleEndian.AppendUint32(file, uint32(height))
	file = append(file, 1, 0)
	file = binary.LittleEndian.AppendUint16(file, bits)
	return string(append(file, make([]byte, 24)...))
}

// riff is a WebP file of the given chunks: ids and contents in turn.
func riff(chunks ...string) string {
	var body []byte
	for ; len(chunks) > 1; chunks = chunks[2:] {
		if chunks[0] == "" {
			continue
		}
		body = append(body, chunks[0]...)
		body = binary.LittleEndian.AppendUint32(body, uint32(len(chunks[1])))
		body = append(body, chunks[1]...)
		body = append(body, make([]byte, len(chunks[1])%2)...)
	}
	file := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(4+len(body)))
	return string(file) + "WEBP" + string(body)
}

func TestDecodeBroken(t *testing.T) {
	for _, test := range broken() {
		t.Run(test.name, func(t *testing.T) {
			var p *Picture
			var err error
			allocated := allocatedBy(func() { p, err = Decode(strings.NewReader(test.data), Limits{}) })
			checkRefused(t, p, err, test.want)
			if allocated > 1<<20 {
				t.Errorf("a file of %d bytes made Decode allocate %d bytes before it was refused", len(test.data), allocated)
			}
		})
	}
}

// allocatedBy returns the bytes that f allocates in all.
func allocatedBy(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestDecodeTruncated cuts one file of each kind at every length.
func TestDecodeTruncated(t *testing.T) {
	tests := []struct {
		file, format string
		spare        int // bytes at the end that may be missing: a GIF's trailer
	}{
		{"rgb8.png", "PNG", 0},
		{"rgb8-interlaced.png", "PNG", 0},
		{"444.jpg", "JPEG", 0},
		{"progressive.jpg", "JPEG", 0},
		{"plain.gif", "GIF", 1},
		{"lossless.webp", "WebP", 0},
		{"lossy.webp", "WebP", 0},
		{"animated-lossless.webp", "WebP", 0},
		{"rgb24.bmp", "BMP", 0},
		{"palette8.bmp", "BMP", 0},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			data := fixture(t, "kinds", test.file)
			const magic = 12 // below it, the kind can't be told
			for n := magic; n < len(data)-test.spare; n++ {
				_, err := Decode(bytes.NewReader(data[:n]), Limits{})
				want := fmt.Sprintf("the %s is truncated or damaged", test.format)
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Fatalf("cut to %d of %d bytes: %v, want an error with %q", n, len(data), err, want)
				}
			}
		})
	}
}

func TestLimitOfPixels(t *testing.T) {
	for _, file := range []string{"rgb8.png", "444.jpg", "plain.gif", "lossy.webp", "lossless.webp",
		"animated-lossy.webp", "rgb24.bmp"} {
		data := fixture(t, "kinds", file)
		if _, err := Decode(bytes.NewReader(data), Limits{Pixels: 24 * 16}); err != nil {
			t.Errorf("%s of 24x16 with a limit of 24*16 pixels: %v", file, err)
		}
		p, err := Decode(bytes.NewReader(data), Limits{Pixels: 24*16 - 1})
		checkRefused(t, p, err, "24x16 pixels at 4 bytes each; the limit is 383 pixels")
	}
}

// FuzzDecode looks for panics, for pictures that are not what they say, and for
// files that take more memory than their headers announce. Its limits keep it
// small.
func FuzzDecode(f *testing.F) {
	for _, pattern := range []string{"kinds/*.*", "orientation/*.jpg"} {
		files, err := filepath.Glob(filepath.Join(pictures, pattern))
		if err != nil || len(files) == 0 {
			f.Fatalf("no seeds at %s (%v)", pattern, err)
		}
		for _, file := range files {
			f.Add(fixture(f, strings.TrimPrefix(file, filepath.Clean(pictures))))
		}
	}
	for _, b := range broken() {
		f.Add([]byte(b.data))
	}
	for _, p := range plainPictures(19, 33) {
		f.Add([]byte(p.data))
	}
	limits := Limits{Pixels: 1 << 15, Bytes: 1 << 16, Memory: 1 << 18}
	f.Fuzz(func(t *testing.T, data []byte) {
		var p *Picture
		var err error
		allocated := allocatedBy(func() { p, err = Decode(bytes.NewReader(data), limits) })
		// Reading a file of unknown length doubles the buffer for it now and then.
		if most := uint64(limits.Memory + fixedMemory + 4*limits.Bytes); allocated > most {
			t.Fatalf("takes %d bytes, above the %d allowed (error: %v)", allocated, most, err)
		}
		if err != nil {
			if err.Error() == "" || p != nil {
				t.Fatalf("error %q, picture %v", err, p)
			}
			return
		}
		checkPicture(t, p, limits)
		if _, err := Fit(p.RGB, FitOptions{Width: 7, Height: 5, Mode: Crop, Resize: 6}); err != nil {
			t.Fatal(err)
		}
	})
}

func checkPicture(t *testing.T, p *Picture, limits Limits) {
	t.Helper()
	if int64(p.Width)*int64(p.Height) > limits.Pixels {
		t.Fatalf("%dx%d is above the limit", p.Width, p.Height)
	}
	if p.RGB.Rect != image.Rect(0, 0, p.Width, p.Height) {
		t.Fatalf("%dx%d has bounds %v", p.Width, p.Height, p.RGB.Rect)
	}
	if !p.RGB.Opaque() {
		t.Fatal("not opaque")
	}
}
