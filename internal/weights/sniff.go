package weights

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// headLen is how many bytes at the start of a file are read to find out what it is.
const headLen = 512

// npyMagic starts every npy file.
const npyMagic = "\x93NUMPY"

func isNPY(head []byte) bool {
	return bytes.HasPrefix(head, []byte(npyMagic))
}

// isZip reports whether head starts a zip archive: with an entry, or if there is none, with the end of the directory.
func isZip(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}

// isSafetensors reports whether head may start a safetensors file, which has no magic number but eight bytes of length,
// and then JSON.
func isSafetensors(head []byte) bool {
	return len(head) > 8 && head[8] == '{'
}

// readHead returns the first bytes of r, which is size bytes long.
func readHead(r io.ReaderAt, size int64) ([]byte, error) {
	head := make([]byte, max(0, min(size, headLen)))
	n, err := r.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, readError(err)
	}
	return head[:n], nil
}

// foreign is the error for a file of another format that a Python program can convert.
type foreign struct {
	what   string
	python string // converts the file sys.argv[1] to the npz file sys.argv[2]
}

func (e *foreign) Error() string { return e.what }

// command returns the end of the message for the file at path: the command that converts it, on its own line.
func (e *foreign) command(path string) string {
	npz := strings.TrimSuffix(path, filepath.Ext(path)) + ".npz"
	return fmt.Sprintf("; convert it with\n  python3 -c \"%s\" %s %s", e.python, shellQuote(path), shellQuote(npz))
}

// shellQuote returns a path as one word of a POSIX shell.
func shellQuote(path string) string {
	plain := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("/._-+,:@%", r)
	}
	if strings.HasPrefix(path, "-") {
		path = "./" + path
	}
	if path != "" && strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// The programs have no double quote, dollar sign, backquote or backslash, so that a shell takes them between double
// quotes.
const (
	// A training checkpoint has the tensors under "state_dict". weights_only keeps the pickle from running code.
	torchToNPZ = "import sys, numpy, torch; d = torch.load(sys.argv[1], map_location='cpu', weights_only=True); " +
		"numpy.savez(sys.argv[2], **{k: v.float().numpy() for k, v in d.get('state_dict', d).items()})"
	pickleToNPZ = "import sys, numpy, pickle; numpy.savez(sys.argv[2], **pickle.load(open(sys.argv[1], 'rb')))"
	// TensorFlow's filters are HWIO and its FC weights (inputs, outputs). Reversed, both are in PyTorch's order, once the
	// height and width of the filters are swapped back.
	hdf5ToNPZ = "import sys, h5py, numpy; d = {}; h5py.File(sys.argv[1]).visititems(lambda k, v: d.update({k: v[()]}) " +
		"if hasattr(v, 'shape') else None); " +
		"numpy.savez(sys.argv[2], **{k: v.transpose(3, 2, 0, 1) if v.ndim == 4 else v.T for k, v in d.items()})"

	torchText  = "a PyTorch file (.pt, .pth), whose pickle can run arbitrary code and is not loaded"
	pickleText = "it is a Python pickle (.pkl), which can run arbitrary code and is not loaded"
)

// torchMagic starts a file from PyTorch before version 1.6: pickle's opcodes and the number 0x1950a86a20f9469cfc6c.
const torchMagic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"

// lookalikes lists what is often found in place of weights, by its first bytes, without regard to case.
var lookalikes = []struct{ prefix, text, python string }{
	{npyMagic, "it is a single npy array, not an npz archive; save it with numpy.savez and a name", ""},
	{"PK\x03\x04", "it is a zip archive; if it is an npz file, give it that name", ""},
	{"PK\x05\x06", "it is an empty zip archive", ""},
	{"version https://git-lfs", "it is a Git LFS pointer, not the file itself; fetch that with `git lfs pull`", ""},
	{"<!doctype html", "it is an HTML page, probably left by a failed download; download the file again", ""},
	{"<html", "it is an HTML page, probably left by a failed download; download the file again", ""},
	{"<?xml", "it is an XML file, probably left by a failed download; download the file again", ""},
	{"\x1f\x8b", "it is compressed with gzip; unpack it with gunzip first", ""},
	{"\x89HDF\r\n\x1a\n", "it is an HDF5 file (.h5, as Keras writes it)", hdf5ToNPZ},
	{torchMagic, "it is " + torchText, torchToNPZ},
	{"\x80\x02", pickleText, pickleToNPZ},
	{"\x80\x03", pickleText, pickleToNPZ},
	{"\x80\x04", pickleText, pickleToNPZ},
	{"\x80\x05", pickleText, pickleToNPZ},
}

// foreignHead returns an error that says what a file with these first bytes is, given that it isn't what was expected.
func foreignHead(head []byte) error {
	if len(head) == 0 {
		return errors.New("it is empty")
	}
	start := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	for _, l := range lookalikes {
		if len(start) >= len(l.prefix) && lowerASCII(start[:len(l.prefix)]) == lowerASCII([]byte(l.prefix)) {
			if l.python == "" {
				return errors.New(l.text)
			}
			return &foreign{l.text, l.python}
		}
	}
	return fmt.Errorf("it starts with %q", head[:min(len(head), 8)])
}

// lowerASCII returns b with ASCII letters in lower case. bytes.ToLower would replace all bytes that are not UTF-8 by
// the same rune.
func lowerASCII(b []byte) string {
	lower := bytes.Clone(b)
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return string(lower)
}
