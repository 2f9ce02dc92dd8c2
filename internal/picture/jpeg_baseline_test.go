package picture

import (
	"bytes"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

const enough = 1 << 20 // bytes for the planes of a test's picture

// TestBaselineTakes holds that the common kinds are not left to package jpeg.
func TestBaselineTakes(t *testing.T) {
	files := []string{
		"444.jpg", "422.jpg", "420.jpg", "grey.jpg", "420-odd.jpg", "422-odd.jpg",
		"420-1x1.jpg", "420-2x3.jpg", "420-3x2.jpg", "420-4x5.jpg", "420-5x1.jpg",
		"422-1x1.jpg", "422-2x3.jpg", "422-3x2.jpg", "422-4x5.jpg", "422-5x1.jpg",
		"420-quality10.jpg", "444-quality100.jpg", "422-optimized.jpg",
		"420-restarts.jpg", "422-restarts.jpg", "444-restarts.jpg", "grey-restarts.jpg",
	}
	tests := []plainPicture{
		{"photo.jpg", string(fixture(t, "photo.jpg"))},
		{"orientation/6.jpg", string(fixture(t, "orientation", "6.jpg"))},
		{"4:4:0", tallChroma(t)},
		{"extended", changed(t, "420-odd.jpg", "\xff\xc0", "\xff\xc1")},
		{"grey with factors", changed(t, "grey.jpg", "\x01\x11\x00", "\x01\x22\x00")},
		{"garbage at the end", changed(t, "420.jpg", "\xff\xd9", "\x00\xff\x00\xff\xd9garbage")},
	}
	for _, file := range files {
		tests = append(tests, plainPicture{file, string(fixture(t, "kinds", file))})
	}
	for _, processors := range []int{1, 2, 3} {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
		for _, test := range tests {
			if !sameAsPackageJPEG(t, test.name, []byte(test.data)) {
				t.Errorf("%s is left to package jpeg", test.name)
			}
		}
	}
}

// sameAsPackageJPEG reports whether decodeBaseline takes data, and fails if it then
// makes anything else of it than package jpeg.
func sameAsPackageJPEG(t *testing.T, name string, data []byte) bool {
	t.Helper()
	got := decodeBaseline(data, enough)
	if got == nil {
		return false
	}
	want, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		t.Errorf("%s is decoded, but package jpeg says: %v", name, err)
	} else if !reflect.DeepEqual(got, want) {
		t.Errorf("%s differs from what package jpeg decodes", name)
	}
	return true
}

// changed returns a file with the first or only occurrence of a part replaced.
func changed(t testing.TB, file, from, to string) string {
	t.Helper()
	data := string(fixture(t, "kinds", file))
	if !strings.Contains(data, from) {
		t.Fatalf("%s has no %q", file, from)
	}
	return strings.Replace(data, from, to, 1)
}

// tallChroma is a 4:4:0 JPEG: one of 4:2:2 whose blocks are arranged in another way.
func tallChroma(t testing.TB) string {
	const height, width, tall = "\x00\x10", "\x00\x18", "\x00\x20"
	wide := changed(t, "422.jpg", "\x01\x21\x00", "\x01\x12\x00")
	if !strings.Contains(wide, height+width) {
		t.Fatal("422.jpg is not of 24x16 pixels")
	}
	return strings.Replace(wide, height+width, tall+height, 1) // of four units, as before
}

func TestBaselineLeaves(t *testing.T) {
	var tests []plainPicture
	for _, file := range []string{"progressive.jpg", "420-progressive.jpg", "440-odd.jpg", "411-odd.jpg", "410-odd.jpg",
		"cmyk.jpg", "cmyk-444.jpg", "cmyk-420.jpg", "ycck-444.jpg", "ycck-420.jpg"} {
		tests = append(tests, plainPicture{file, string(fixture(t, "kinds", file))})
	}
	const twoTables = "\xff\xdb\x00\x43\x00"
	const scan = "\xff\xda\x00\x08\x01\x01\x00"
	unused := huffmanSegment(1, 0)
	tableOf257 := huffmanSegment(255, 2)
	tests = append(tests, []plainPicture{
		{"nothing", ""},
		{"RGB by its Adobe segment", changed(t, "444.jpg", twoTables, "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"+twoTables)},
		{"RGB by its identifiers", plainWithIdentifiers("RGB")},
		{"repeated identifiers", plainWithIdentifiers("\x01\x02\x02")},
		{"components in another order", changed(t, "444.jpg", "\x03\x01\x00\x02\x11\x03\x11", "\x03\x02\x11\x01\x00\x03\x11")},
		{"spectral selection", changed(t, "444.jpg", "\x03\x11\x00\x3f\x00", "\x03\x11\x00\x3e\x00")},
		{"a fill byte", changed(t, "420.jpg", twoTables, "\xff"+twoTables)},
		{"an unknown segment", changed(t, "420.jpg", twoTables, "\xff\xdc\x00\x04\x00\x10"+twoTables)},
		{"table of 16 bits", changed(t, "420.jpg", twoTables, "\xff\xdb\x00\x83\x10"+strings.Repeat("\x00\x01", 64)+twoTables)},
		{"no quantisation table", changed(t, "grey.jpg", twoTables, "\xff\xdb\x00\x43\x01")},
		{"no Huffman table", changed(t, "grey.jpg", "\xff\xda\x00\x08\x01\x01\x00", "\xff\xda\x00\x08\x01\x01\x11")},
		{"12 bits", changed(t, "420.jpg", "\xff\xc0\x00\x11\x08", "\xff\xc0\x00\x11\x0c")},
		{"sampling by three", changed(t, "grey.jpg", "\x01\x11\x00", "\x01\x33\x00")},
		{"no end", changed(t, "420.jpg", "\xff\xd9", "")},
		{"a segment after the scan", changed(t, "420.jpg", "\xff\xd9", "\xff\xfe\x00\x03x\xff\xd9")},
		{"a restart marker after the scan", changed(t, "420.jpg", "\xff\xd9", "\xff\xd0\xff\xd9")},
		{"two scans", withSecondScan(t)},
		{"restart marker out of order", changed(t, "420-restarts.jpg", "\xff\xd1", "\xff\xd2")},
		{"no restart marker", changed(t, "420-restarts.jpg", "\xff\xd1", "")},
		{"bytes before a restart marker", changed(t, "420-restarts.jpg", "\xff\xd1", "\x00\x00\xff\xd1")},
		{"a restart marker twice", changed(t, "420-restarts.jpg", "\xff\xd1", "\xff\xd1\xff\xd1")},
		{"too many codes", changed(t, "grey.jpg", "\xff\xc4\x00\x1f\x00\x00\x01\x05", "\xff\xc4\x00\x1f\x00\x03\x01\x02")},
		{"more codes than symbols", changed(t, "grey.jpg", scan, tableOf257+scan)},
		{"a Huffman table twice", changed(t, "grey.jpg", scan, unused+unused+scan)},
	}...)
	for _, test := range tests {
		if decodeBaseline([]byte(test.data), enough) != nil {
			t.Errorf("%s is not left to package jpeg", test.name)
		}
	}
	for _, file := range []string{"444.jpg", "420-restarts.jpg"} {
		data := fixture(t, "kinds", file)
		for n := range data {
			if decodeBaseline(data[:n], enough) != nil {
				t.Errorf("%s, cut to %d of %d bytes, is not left to package jpeg", file, n, len(data))
			}
		}
	}
}

// huffmanSegment defines the second table for coefficients after the first, with the
// given numbers of codes of 15 and 16 bits.
func huffmanSegment(of15, of16 int) string {
	const head = 2 + 1 + maxCode
	counts := make([]byte, maxCode)
	counts[14], counts[15] = byte(of15), byte(of16)
	size := head + of15 + of16
	return "\xff\xc4" + string([]byte{byte(size >> 8), byte(size), 0x11}) + string(counts) + strings.Repeat("\x01", of15+of16)
}

// plainWithIdentifiers is a JPEG whose three components have the given identifiers.
func plainWithIdentifiers(ids string) string {
	file := plainJPEG(16, 16, false, "\x11\x11\x11")
	frame := "%\x11\x00%\x11\x00%\x11\x00"
	scan := "%\x00%\x00%\x00"
	for i := range ids {
		frame = strings.Replace(frame, "%", ids[i:i+1], 1)
		scan = strings.Replace(scan, "%", ids[i:i+1], 1)
	}
	file = strings.Replace(file, "\x01\x11\x00\x02\x11\x00\x03\x11\x00", frame, 1)
	return strings.Replace(file, "\x01\x00\x02\x00\x03\x00", scan, 1)
}

// withSecondScan is a grey JPEG whose scan is there twice.
func withSecondScan(t testing.TB) string {
	file := string(fixture(t, "kinds", "grey.jpg"))
	scan := file[strings.Index(file, "\xff\xda") : len(file)-len("\xff\xd9")]
	return strings.Replace(file, scan, scan+scan, 1)
}

// TestBaselineSpare holds that what fails late, and is decoded again, doesn't take
// more memory than it may.
func TestBaselineSpare(t *testing.T) {
	const blocks = 4 * 2 * 3 / 2
	const need = blocks*64 + chunks*4*blocks*maxCoded
	data := fixture(t, "kinds", "420.jpg")
	if decodeBaseline(data, need-1) != nil {
		t.Error("a file is decoded that takes more than there is")
	}
	if decodeBaseline(data, need) == nil {
		t.Error("a file is not decoded that takes what there is")
	}
}

// FuzzBaseline compares decodeBaseline with package jpeg.
func FuzzBaseline(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(pictures, "kinds", "*.jpg"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds (%v)", err)
	}
	for _, file := range files {
		f.Add(fixture(f, "kinds", filepath.Base(file)))
	}
	for _, b := range broken() {
		if strings.HasPrefix(b.name, "JPEG") {
			f.Add([]byte(b.data))
		}
	}
	for _, p := range plainPictures(19, 33) {
		if strings.HasPrefix(p.name, "JPEG") {
			f.Add([]byte(p.data))
		}
	}
	f.Add([]byte(tallChroma(f)))
	f.Fuzz(func(t *testing.T, data []byte) { sameAsPackageJPEG(t, "the file", data) })
}

// BenchmarkJPEG decodes a JPEG of 12 megapixels and 4 MB to planes, and with package
// jpeg for comparison.
func BenchmarkJPEG(b *testing.B) {
	data := largeJPEG(b)
	b.Run("baseline", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if decodeBaseline(data, DefaultMaxMemory) == nil {
				b.Fatal("left to package jpeg")
			}
		}
	})
	b.Run("image-jpeg", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := jpeg.Decode(bytes.NewReader(data)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// largeJPEG is a smooth picture of 4000x3000 pixels with noise.
func largeJPEG(b testing.TB) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	m := image.NewRGBA(image.Rect(0, 0, 4000, 3000))
	for y := range 3000 {
		for x := range 4000 {
			noise := random.Uint32()
			pixel := m.Pix[m.PixOffset(x, y):][:4]
			pixel[0] = uint8(x*220/4000) + uint8(noise&31)
			pixel[1] = uint8(y*220/3000) + uint8(noise>>8&31)
			pixel[2] = uint8((x+y)*220/7000) + uint8(noise>>16&31)
			pixel[3] = 255
		}
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, m, &jpeg.Options{Quality: 90}); err != nil {
		b.Fatal(err)
	}
	return file.Bytes()
}
