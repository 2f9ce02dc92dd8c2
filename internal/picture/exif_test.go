package picture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/png"
	"strings"
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

// TestOrientationOfOtherFormats puts orientations into a PNG and a WebP. The
// letters are pixels; EXIF 2.3 (section 4.6.4) says which side of the stored
// picture is the top and which the left of the one that is shown.
func TestOrientationOfOtherFormats(t *testing.T) {
	const stored = "abc\ndef\n"
	shown := map[uint16]string{
		0: stored, // not a value of EXIF
		1: stored,
		2: "cba\nfed\n",
		3: "fed\ncba\n",
		4: "def\nabc\n",
		5: "ad\nbe\ncf\n",
		6: "da\neb\nfc\n",
		7: "fc\neb\nda\n",
		8: "cf\nbe\nad\n",
	}
	plain := lettersPNG(stored)
	for value, want := range shown {
		exif := string(exifBlock(value))
		end := strings.Index(plain, "IEND") - 4
		for name, file := range map[string]string{
			"PNG":              withPNGChunk(plain, "eXIf", exif),
			"PNG, after data":  plain[:end] + pngChunk("eXIf", exif) + plain[end:],
			"PNG, with prefix": withPNGChunk(plain, "eXIf", exifPrefix+exif),
			"PNG, two blocks":  withPNGChunk(withPNGChunk(plain, "eXIf", exif), "eXIf", string(exifBlock(3))),
		} {
			p, err := Decode(strings.NewReader(file), Limits{})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if got := letters(p.RGB); got != want {
				t.Errorf("%s, orientation %d:\n%swant\n%s", name, value, got, want)
			}
			if noted := len(p.Notes) == 1 && strings.HasPrefix(p.Notes[0], "EXIF orientation"); noted != (value > 1) {
				t.Errorf("%s, orientation %d: the notes are %q", name, value, p.Notes)
			}
		}
	}
}

// lettersPNG is a grey PNG of one pixel for each letter.
func lettersPNG(text string) string {
	lines := strings.Fields(text)
	m := image.NewGray(image.Rect(0, 0, len(lines[0]), len(lines)))
	m.Pix = []byte(strings.Join(lines, ""))
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.String()
}

func letters(m *image.RGBA) string {
	var b strings.Builder
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			b.WriteByte(m.RGBAAt(x, y).R)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// TestOrientationOfWebP compares with the same file without its EXIF chunk,
// turned by orient, which TestOrientation and TestOrientationOfOtherFormats hold.
func TestOrientationOfWebP(t *testing.T) {
	for _, file := range []string{"lossless.webp", "lossy.webp", "animated-lossy.webp"} {
		t.Run(file, func(t *testing.T) {
			data := fixture(t, "kinds", file)
			upright, err := Decode(bytes.NewReader(data), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			for _, test := range []struct {
				flag byte
				exif string
				want int
			}{
				{webpEXIFFlag, string(exifBlock(6)), 6},
				{webpEXIFFlag, exifPrefix + string(exifBlock(8)), 8},
				{webpEXIFFlag, "", 1},
				{0, string(exifBlock(6)), 1},
			} {
				p, err := Decode(strings.NewReader(withWebPEXIF(data, upright, test.flag, test.exif)), Limits{})
				if err != nil {
					t.Fatal(err)
				}
				if largest, _ := difference(t, p.RGB, orient(upright.RGB, test.want)); largest != 0 {
					t.Errorf("flag %#x, %q: differs by up to %d levels from orientation %d", test.flag, test.exif,
						largest, test.want)
				}
			}
		})
	}
}

// withWebPEXIF adds an EXIF chunk to a WebP, and the VP8X chunk that announces it.
func withWebPEXIF(data []byte, size *Picture, flag byte, exif string) string {
	var chunks []string
	_ = eachChunk(data[12:], func(id string, chunk []byte) {
		chunks = append(chunks, id, string(chunk))
	})
	if chunks[0] != "VP8X" {
		chunks = append([]string{"VP8X", vp8x(0, size.Width, size.Height)}, chunks...)
	}
	chunks[1] = string([]byte{chunks[1][0] | flag}) + chunks[1][1:]
	return riff(append(chunks, "EXIF", exif)...)
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
		{"second entry", append(append([]byte(headBig+"\x00\x02"), tiffEntry(big, width, short, 3)...),
			tiffEntry(big, orientation, short, 5)...), 5},
		{"entry beyond the count", append(append([]byte(headBig+"\x00\x01"), tiffEntry(big, width, short, 3)...),
			tiffEntry(big, orientation, short, 5)...), 1},
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
