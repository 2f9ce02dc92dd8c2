package main

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"testing"

	"cnncalc/internal/picture"
)

// By hand: without weights of its own, a pool of 2x2 over the values of a picture keeps the largest of each square.
func TestMapsOfARun(t *testing.T) {
	folder := t.TempDir()
	input := filepath.Join(folder, "in.png")
	grey := &image.Gray{Stride: 4, Rect: image.Rect(0, 0, 4, 4), Pix: []uint8{
		10, 20, 0, 0,
		30, 40, 0, 0,
		0, 0, 90, 0,
		0, 0, 0, 140,
	}}
	var encoded bytes.Buffer
	if err := png.Encode(&encoded, grey); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(input, encoded.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	spec := filepath.Join(folder, "net.yaml")
	const net = "input: 4x4x1\npreprocess: {mean: 0, std: 1}\nlayers: INPUT -> POOL2\n"
	if err := os.WriteFile(spec, []byte(net), 0o644); err != nil {
		t.Fatal(err)
	}
	maps := filepath.Join(folder, "maps")
	if r := call(t, "run", spec, "--input", input, "--maps", maps); r.code != exitFine {
		t.Fatalf("exit code %d, %s", r.code, r.errors)
	}
	p, err := picture.Open(filepath.Join(maps, "pool1.png"), picture.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	// The map is 2x2: 40, 0, 0 and 140 are 40/140*255 = 73, 0, 0 and 255, in squares of 28 pixels from 8,28 on.
	for i, want := range []uint8{73, 0, 0, 255} {
		x, y := 8+28*(i%2)+14, 28+28*(i/2)+14
		if got := p.RGB.RGBAAt(x, y); got != (color.RGBA{want, want, want, 255}) {
			t.Errorf("place %d: %v, want %d", i, got, want)
		}
	}
}
