package onnx

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// withExternal writes a model whose two float32 values are at a location, and opens it.
func withExternal(t *testing.T, folder string, entries ...string) *File {
	t.Helper()
	tensor := message(1, 2, 2, 1, 8, "w", 14, 1)
	for i := 0; i < len(entries); i += 2 {
		tensor = append(tensor, message(13, message(1, entries[i], 2, entries[i+1]))...)
	}
	path := filepath.Join(folder, "net.onnx")
	if err := os.WriteFile(path, message(1, 8, 7, message(5, tensor)), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

const twoFloats = "\x00\x00\x80\x3f\x00\x00\x00\xc0"

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestExternalData(t *testing.T) {
	for name, entries := range map[string][]string{
		"whole":         {"location", "w.bin"},
		"with length":   {"location", "w.bin", "length", "8"},
		"offset":        {"location", "sub/w.bin", "offset", "4", "length", "8"},
		"with checksum": {"location", "w.bin", "checksum", "x"},
	} {
		folder := t.TempDir()
		write(t, filepath.Join(folder, "w.bin"), twoFloats)
		write(t, filepath.Join(folder, "sub", "w.bin"), "abcd"+twoFloats)
		f := withExternal(t, folder, entries...)
		tensor := &f.Model.Graph.Initializers[0]
		got := make([]float32, 2)
		if err := f.Floats(got, tensor); err != nil || got[0] != 1 || got[1] != -2 {
			t.Errorf("%s: %v (%v)", name, got, err)
		}
		if view, ok := f.View(tensor); ok && (view[0] != 1 || view[1] != -2) {
			t.Errorf("%s: the view is %v", name, view)
		}
	}
}

// External data stays in the model's folder, and is a file of its own.
func TestHostileExternalData(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret")
	write(t, outside, twoFloats)
	folder := t.TempDir()
	write(t, filepath.Join(folder, "short"), "abcd")
	for name, link := range map[string]func(path string) error{
		"link":     func(path string) error { return os.Symlink(outside, path) },
		"hardlink": func(path string) error { return os.Link(outside, path) },
		"folder":   func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		if err := link(filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	for location, want := range map[string]string{
		"../secret":         "outside the model's folder",
		outside:             "outside the model's folder",
		"sub/../../secret":  "outside the model's folder",
		"":                  "has no location",
		"link":              "a link leads out of the model's folder",
		"hardlink":          "a hard link",
		"folder":            "not a regular file",
		"missing":           "no such file",
		"short":             `"short" has 4 bytes; the tensor needs bytes 0 to 8`,
		"/dev/zero":         "outside the model's folder",
		"folder/../missing": "no such file",
	} {
		if runtime.GOOS == "windows" && location == "hardlink" {
			continue
		}
		f := withExternal(t, folder, "location", location)
		err := f.Floats(make([]float32, 2), &f.Model.Graph.Initializers[0])
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", location, err, want)
		}
	}
	for name, entries := range map[string][]string{
		"offset past the end": {"location", "short", "offset", "9223372036854775807"},
		"another length":      {"location", "short", "length", "4"},
	} {
		f := withExternal(t, folder, entries...)
		if err := f.Floats(make([]float32, 2), &f.Model.Graph.Initializers[0]); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestOpen(t *testing.T) {
	folder := t.TempDir()
	if _, err := Open(folder); err == nil || !strings.Contains(err.Error(), "is a folder; expected an ONNX model") {
		t.Error(err)
	}
	path := filepath.Join(folder, "cut.onnx")
	write(t, path, string(encode(t, sample(), 1, 2)[:20]))
	if _, err := Open(path); err == nil || !strings.HasPrefix(err.Error(), path+": not a valid ONNX model, at byte ") {
		t.Error(err)
	}
}

func TestIsModel(t *testing.T) {
	for head, want := range map[string]bool{
		"\x08\x07": true, "\x12\x04": true, "": false, "\n": false, "\tINPUT": false, "name:": false, "\x00": false, "# a": false,
		"\ufeffname": false,
	} {
		if got := IsModel([]byte(head)); got != want {
			t.Errorf("%q: %v", head, got)
		}
	}
}

// What is no model says what it is, and how it would be one.
func TestCheck(t *testing.T) {
	const text = "not an ONNX model, but text: the name of an architecture file ends in .yaml"
	for _, c := range []struct{ head, want string }{
		{"\x08\x07", ""},
		{"\x08\x07" + strings.Repeat("\xff", 600), ""},
		{"", "not an ONNX model: the file is empty"},
		{"input: 8x8x1\n", text},
		{strings.Repeat("a", 511) + "é", text}, // which Check sees half of
		{strings.Repeat("a", 510) + "名", text},
		{"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n",
			"not an ONNX model, but a pointer to one: git lfs pull fetches it"},
		{"\x89PNG\r\n\x1a\n", "neither an ONNX model nor text: no model starts with the byte 0x89"},
		{"PK\x03\x04", "neither an ONNX model nor text: no model starts with the byte 0x50"},
		{"\x00", "neither an ONNX model nor text: no model starts with the byte 0x00"},
	} {
		got := ""
		if err := Check([]byte(c.head)); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%.20q: %q, not %q", c.head, got, c.want)
		}
	}
}
