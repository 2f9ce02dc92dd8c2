package picture

import (
	"encoding/base64"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
)

// A small picture keeps every pixel.
func TestDataURI(t *testing.T) {
	picture := image.NewGray(image.Rect(0, 0, 8, 8))
	picture.SetGray(3, 4, color.Gray{Y: 77})
	uri, err := DataURI(picture)
	if err != nil {
		t.Fatal(err)
	}
	encoded, found := strings.CutPrefix(uri, "data:image/png;base64,")
	if !found {
		t.Fatalf("%.40s", uri)
	}
	got, err := png.Decode(base64.NewDecoder(base64.StdEncoding, strings.NewReader(encoded)))
	if err != nil {
		t.Fatal(err)
	}
	if got.Bounds() != picture.Rect || got.At(3, 4) != (color.Gray{Y: 77}) {
		t.Errorf("%v, %v", got.Bounds(), got.At(3, 4))
	}
}
