package picture

import (
	"bytes"
	"errors"
	"image"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const pictures = "../../testdata/pictures"

func fixture(t testing.TB, parts ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{pictures}, parts...)...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// wantPicture reads what Pillow made of a picture: an 8-bit RGB PNG.
func wantPicture(t testing.TB, parts ...string) *image.RGBA {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(fixture(t, parts...)))
	if err != nil {
		t.Fatal(err)
	}
	rgb, ok := m.(*image.RGBA)
	if !ok {
		t.Fatalf("%v decodes to %T, want an RGB picture", parts, m)
	}
	return rgb
}

// difference returns the largest and the mean difference of two pictures, in
// levels of 255, and fails where their sizes differ or got is not opaque.
func difference(t testing.TB, got, want *image.RGBA) (largest int, mean float64) {
	t.Helper()
	if got.Rect != want.Rect {
		t.Fatalf("bounds are %v, want %v", got.Rect, want.Rect)
	}
	sum := 0
	for i := range want.Pix {
		d := int(got.Pix[i]) - int(want.Pix[i])
		if i%4 == 3 && got.Pix[i] != 255 {
			t.Fatalf("byte %d: alpha is %d", i, got.Pix[i])
		}
		d = max(d, -d)
		largest = max(largest, d)
		sum += d
	}
	return largest, float64(sum) / float64(len(want.Pix)/4*3)
}

func TestDecodeKinds(t *testing.T) {
	// Only JPEG needs a tolerance: the inverse cosine transforms of package jpeg
	// and of libjpeg now and then round a sample differently, and a step of Cb is
	// 1.8 levels of blue.
	tests := []struct {
		file, format string
		tolerance    int
		notes        []string
	}{
		{"grey1.png", "PNG", 0, nil},
		{"grey2.png", "PNG", 0, nil},
		{"grey4.png", "PNG", 0, nil},
		{"grey8.png", "PNG", 0, nil},
		{"grey16.png", "PNG", 0, []string{note16Bit}},
		{"grey4-interlaced.png", "PNG", 0, nil},
		{"grey8-transparent.png", "PNG", 0, []string{noteAlpha}},
		{"greyalpha8.png", "PNG", 0, []string{noteAlpha}},
		{"greyalpha16.png", "PNG", 0, []string{note16Bit, noteAlpha}},
		{"rgb8.png", "PNG", 0, nil},
		{"rgb8-interlaced.png", "PNG", 0, nil},
		{"rgb8-transparent.png", "PNG", 0, []string{noteAlpha}},
		{"rgb16.png", "PNG", 0, []string{note16Bit}},
		{"rgba8.png", "PNG", 0, []string{noteAlpha}},
		{"rgba16.png", "PNG", 0, []string{note16Bit, noteAlpha}},
		{"palette1.png", "PNG", 0, nil},
		{"palette2.png", "PNG", 0, nil},
		{"palette4.png", "PNG", 0, nil},
		{"palette8.png", "PNG", 0, nil},
		{"palette8-transparent.png", "PNG", 0, []string{noteAlpha}},
		{"animated.png", "PNG", 0, []string{"animated PNG of 2 frames: its default picture is used"}},

		{"plain.gif", "GIF", 0, nil},
		{"interlaced.gif", "GIF", 0, nil},
		{"transparent.gif", "GIF", 0, []string{noteAlpha}},
		{"animated.gif", "GIF", 0, []string{"animated GIF of 2 frames: the first is used"}},
		{"canvas-plain.gif", "GIF", 0, nil},
		{"canvas-transparent.gif", "GIF", 0, []string{noteAlpha}},

		{"444.jpg", "JPEG", 2, nil},
		{"422.jpg", "JPEG", 2, nil},
		{"420.jpg", "JPEG", 2, nil},
		{"progressive.jpg", "JPEG", 2, nil},
		{"grey.jpg", "JPEG", 1, nil},

		{"420-quality10.jpg", "JPEG", 2, nil},
		{"444-quality100.jpg", "JPEG", 2, nil},
		{"422-optimized.jpg", "JPEG", 2, nil},
		{"420-restarts.jpg", "JPEG", 3, nil},
		{"422-restarts.jpg", "JPEG", 2, nil},
		{"444-restarts.jpg", "JPEG", 2, nil},
		{"grey-restarts.jpg", "JPEG", 1, nil},

		{"420-odd.jpg", "JPEG", 2, nil},
		{"420-progressive.jpg", "JPEG", 2, nil},
		{"422-odd.jpg", "JPEG", 2, nil},
		{"440-odd.jpg", "JPEG", 3, nil},
		{"411-odd.jpg", "JPEG", 2, nil},
		{"410-odd.jpg", "JPEG", 2, nil},

		{"422-1x1.jpg", "JPEG", 0, nil},
		{"420-1x1.jpg", "JPEG", 0, nil},
		{"422-2x3.jpg", "JPEG", 0, nil},
		{"420-2x3.jpg", "JPEG", 0, nil},
		{"422-3x2.jpg", "JPEG", 0, nil},
		{"420-3x2.jpg", "JPEG", 0, nil},
		{"422-4x5.jpg", "JPEG", 1, nil},
		{"420-4x5.jpg", "JPEG", 1, nil},
		{"422-5x1.jpg", "JPEG", 0, nil},
		{"420-5x1.jpg", "JPEG", 0, nil},

		{"cmyk.jpg", "JPEG", 1, []string{noteCMYK}},
		{"cmyk-444.jpg", "JPEG", 1, []string{noteCMYK}},
		{"cmyk-420.jpg", "JPEG", 1, []string{noteCMYK}},
		{"ycck-444.jpg", "JPEG", 2, []string{noteCMYK}},
		{"ycck-420.jpg", "JPEG", 2, []string{noteCMYK}},

		{"lossless.webp", "WebP", 0, nil},
		{"lossless-alpha.webp", "WebP", 0, []string{noteAlpha}},
		{"lossy.webp", "WebP", 0, nil},
		{"lossy-alpha.webp", "WebP", 0, []string{noteAlpha}},
		{"lossy-odd.webp", "WebP", 0, nil},
		{"lossy-1x1.webp", "WebP", 0, nil},
		{"lossy-2x3.webp", "WebP", 0, nil},
		{"lossy-3x2.webp", "WebP", 0, nil},
		{"lossy-4x5.webp", "WebP", 0, nil},
		{"lossy-5x1.webp", "WebP", 0, nil},
		{"animated-lossless.webp", "WebP", 0, []string{"animated WebP of 2 frames: the first is used"}},
		{"animated-lossy.webp", "WebP", 0, []string{"animated WebP of 2 frames: the first is used"}},
		{"canvas.webp", "WebP", 0, []string{"animated WebP of 2 frames: the first is used"}},

		{"rgb24.bmp", "BMP", 0, nil},
		{"topdown24.bmp", "BMP", 0, nil},
		{"rgba32.bmp", "BMP", 0, nil},
		{"grey8.bmp", "BMP", 0, nil},
		{"mono1.bmp", "BMP", 0, nil},
		{"palette8.bmp", "BMP", 0, nil},
	}
	tested := map[string]bool{"want": true}
	for _, test := range tests {
		tested[test.file] = true
		t.Run(test.file, func(t *testing.T) {
			p, err := Open(filepath.Join(pictures, "kinds", test.file), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			want := wantPicture(t, "kinds", "want", test.file+".png")
			largest, mean := difference(t, p.RGB, want)
			if largest > test.tolerance || mean > float64(test.tolerance)/12 {
				t.Errorf("differs from Pillow by up to %d levels, %.2f in the mean; want at most %d", largest, mean, test.tolerance)
			}
			if p.Format != test.format {
				t.Errorf("format is %q, want %q", p.Format, test.format)
			}
			if p.Width != want.Rect.Dx() || p.Height != want.Rect.Dy() {
				t.Errorf("size is %dx%d, want %v", p.Width, p.Height, want.Rect.Size())
			}
			if diff := cmp.Diff(test.notes, p.Notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
	files, err := os.ReadDir(filepath.Join(pictures, "kinds"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !tested[f.Name()] {
			t.Errorf("no test reads kinds/%s", f.Name())
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct {
		name, path, want string
		limits           Limits
	}{
		{"folder", dir, "is a folder; expected a picture", Limits{}},
		{"missing", filepath.Join(dir, "none.png"), "can't read " + filepath.Join(dir, "none.png") + ": no such file", Limits{}},
		{"empty", file("empty.png", ""), "the file is empty", Limits{}},
		{"too large", file("large.png", strings.Repeat("x", 3000)),
			"the file is 2.9 KiB; the limit for a picture is 2.0 KiB", Limits{Bytes: 2048}},
		{"control characters", filepath.Join(dir, "a\x1b[31m\u202eb.png"), `a\x1b[31m\u202eb.png: no such file`, Limits{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := Open(test.path, test.limits)
			checkRefused(t, p, err, test.want)
		})
	}
	if _, err := Open(filepath.Join(dir, "none.png"), Limits{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file gives %v, want an error that is fs.ErrNotExist", err)
	}
}

func TestOpenWithoutPermission(t *testing.T) {
	if os.Geteuid() <= 0 {
		t.Skip("root may read everything, and Windows has no such mode")
	}
	path := filepath.Join(t.TempDir(), "secret.png")
	if err := os.WriteFile(path, fixture(t, "kinds", "rgb8.png"), 0o000); err != nil {
		t.Fatal(err)
	}
	p, err := Open(path, Limits{})
	checkRefused(t, p, err, "can't read "+path+": permission denied")
}

func TestDecodeLongerThanLimit(t *testing.T) {
	data := fixture(t, "kinds", "rgb8.png")
	p, err := Decode(bytes.NewReader(data), Limits{Bytes: int64(len(data)) - 1})
	checkRefused(t, p, err, "the file is larger than")
	if _, err := Decode(bytes.NewReader(data), Limits{Bytes: int64(len(data))}); err != nil {
		t.Errorf("a file as long as the limit: %v", err)
	}
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, errors.New("the cable came off") }

func TestDecodeReadError(t *testing.T) {
	p, err := Decode(brokenReader{}, Limits{})
	checkRefused(t, p, err, "reading the picture: the cable came off")
}

func checkRefused(t *testing.T, p *Picture, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("decoded to %dx%d, want an error with %q", p.Width, p.Height, want)
	}
	if p != nil {
		t.Error("there is a picture beside the error")
	}
	if !strings.Contains(err.Error(), want) {
		t.Errorf("the error is\n%v\nwant it to contain\n%s", err, want)
	}
}
