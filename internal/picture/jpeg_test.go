package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOrientation(t *testing.T) {
	notes := map[int][]string{
		1: nil,
		2: {"EXIF orientation 2 applied: mirrored left to right"},
		3: {"EXIF orientation 3 applied: turned by 180 degrees"},
		4: {"EXIF orientation 4 applied: mirrored top to bottom"},
		5: {"EXIF orientation 5 applied: mirrored along the main diagonal"},
		6: {"EXIF orientation 6 applied: turned by 90 degrees clockwise"},
		7: {"EXIF orientation 7 applied: mirrored along the other diagonal"},
		8: {"EXIF orientation 8 applied: turned by 90 degrees counter-clockwise"},
	}
	for value := 1; value <= 8; value++ {
		t.Run(fmt.Sprint(value), func(t *testing.T) {
			name := fmt.Sprintf("%d.jpg", value)
			p, err := Decode(bytes.NewReader(fixture(t, "orientation", name)), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			largest, _ := difference(t, p.RGB, wantPicture(t, "orientation", "want", name+".png"))
			if largest > 2 {
				t.Errorf("differs from ImageOps.exif_transpose by up to %d levels", largest)
			}
			if diff := cmp.Diff(notes[value], p.Notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
			if upright := value <= 4; upright != (p.Width == 24) || upright != (p.Height == 16) {
				t.Errorf("size is %dx%d", p.Width, p.Height)
			}
		})
	}
}

// tiffEntry is a directory entry with a value of one or two 16-bit numbers.
func tiffEntry(order binary.AppendByteOrder, tag, kind uint16, value uint16) []byte {
	b := order.AppendUint16(nil, tag)
	b = order.AppendUint16(b, kind)
	b = order.AppendUint32(b, 1)
	b = order.AppendUint16(b, value)
	return append(b, 0, 0)
}

func TestExifOrientation(t *testing.T) {
	little, big := binary.LittleEndian, binary.BigEndian
	const width, orientation, short, long = 0x0100, 0x0112, 3, 4
	headLittle, headBig := "II*\x00\x08\x00\x00\x00", "MM\x00*\x00\x00\x00\x08"
	tests := []struct {
		name string
		tiff []byte
		want int
	}{
		{"little-endian", append([]byte(headLittle+"\x01\x00"), tiffEntry(little, orientation, short, 6)...), 6},
		{"big-endian", append([]byte(headBig+"\x00\x01"), tiffEntry(big, orientation, short, 8)...), 8},
		{"second entry", append(append([]byte(headBig+"\x00\x02"), tiffEntry(big, width, short, 3)...), tiffEntry(big, orientation, short, 5)...), 5},
		{"entry beyond the count", append(append([]byte(headBig+"\x00\x01"), tiffEntry(big, width, short, 3)...), tiffEntry(big, orientation, short, 5)...), 1},
		{"count beyond the data", append([]byte(headBig+"\xff\xff"), tiffEntry(big, width, short, 3)...), 1},
		{"value 0", append([]byte(headBig+"\x00\x01"), tiffEntry(big, orientation, short, 0)...), 1},
		{"value 9", append([]byte(headBig+"\x00\x01"), tiffEntry(big, orientation, short, 9)...), 1},
		{"wrong type", append([]byte(headBig+"\x00\x01"), tiffEntry(big, orientation, long, 6)...), 1},
		{"half an entry", append([]byte(headBig+"\x00\x01"), tiffEntry(big, orientation, short, 6)[:11]...), 1},
		{"offset at the end", []byte("MM\x00*\x00\x00\x00\x08"), 1},
		{"offset beyond the end", []byte("MM\x00*\xff\xff\xff\xff\x00\x01"), 1},
		{"no directory", []byte("MM\x00*"), 1},
		{"empty", nil, 1},
		{"not TIFF", []byte("XX\x00*\x00\x00\x00\x08\x00\x00"), 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := exifOrientation(test.tiff); got != test.want {
				t.Errorf("orientation is %d, want %d", got, test.want)
			}
		})
	}
}

func TestScansOfJPEG(t *testing.T) {
	// Pillow's progressive script for colour has ten scans (jcparam.c,
	// jpeg_simple_progression); a baseline file has one.
	for file, want := range map[string]int{"progressive.jpg": 10, "444.jpg": 1, "grey.jpg": 1} {
		if got := walkJPEG(fixture(t, "kinds", file)).scans; got != want {
			t.Errorf("%s has %d scans, want %d", file, got, want)
		}
	}
}

func TestInkOfJPEG(t *testing.T) {
	tests := []struct {
		file       string
		subsampled bool
		transform  int // of the Adobe segment, or -1 without one
	}{
		{"420.jpg", false, -1},
		{"cmyk.jpg", false, 0}, // libjpeg marks CMYK with Adobe's segment
		{"cmyk-444.jpg", false, 0},
		{"cmyk-420.jpg", true, 0},
		{"ycck-444.jpg", false, 2},
		{"ycck-420.jpg", true, 2},
	}
	for _, test := range tests {
		data := fixture(t, "kinds", test.file)
		head := walkJPEG(data)
		transform := -1
		if head.adobes == 1 {
			transform = int(data[head.transform])
		}
		if head.subsampledInk != test.subsampled || transform != test.transform {
			t.Errorf("%s: subsampled %v, transform %d; want %v, %d", test.file, head.subsampledInk, transform, test.subsampled, test.transform)
		}
	}
}
