package weights

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// headLen is how many first bytes of a file are looked at to tell what it is.
const headLen = 512

// npyMagic starts every npy file.
const npyMagic = "\x93NUMPY"

func isNPY(head []byte) bool {
	return bytes.HasPrefix(head, []byte(npyMagic))
}

// isZip reports whether head starts a zip archive: with an entry, or with the directory's end where it has none.
func isZip(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}

// readHead returns the first bytes of r, which is size bytes long.
func readHead(r io.ReaderAt, size int64) ([]byte, error) {
	head := make([]byte, max(0, min(size, headLen)))
	n, err := r.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return head[:n], nil
}

// What is often found in place of weights, by its first bytes, in any case of letters. Each text says what to do.
var lookalikes = []struct{ prefix, text string }{
	{npyMagic, "it is a single npy array, not an npz archive; save it with numpy.savez and a name"},
	{"PK\x03\x04", "it is a zip archive; if it is an npz file, give it that name"},
	{"PK\x05\x06", "it is an empty zip archive"},
	{"version https://git-lfs", "it is a Git LFS pointer that stands for the real file; fetch that with `git lfs pull`"},
	{"<!doctype html", "it is an HTML page, as a failed download leaves behind; download the file again"},
	{"<html", "it is an HTML page, as a failed download leaves behind; download the file again"},
	{"<?xml", "it is an XML text, as a failed download leaves behind; download the file again"},
	{"\x89hdf\r\n\x1a\n", "it is an HDF5 file (Keras, h5py); read it in Python and save the arrays with numpy.savez"},
	{"\x1f\x8b", "it is compressed with gzip; unpack it with gunzip first"},
	{"\x80\x02", pickleText}, {"\x80\x03", pickleText}, {"\x80\x04", pickleText}, {"\x80\x05", pickleText},
}

const pickleText = "it is a Python pickle (PyTorch, .pkl), which is a program and is not run here; " +
	"load it in Python and save the arrays with numpy.savez"

// describeHead says in words what a file that starts with head is, given that it isn't what was expected.
func describeHead(head []byte) string {
	if len(head) == 0 {
		return "it is empty"
	}
	start := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n"))
	for _, l := range lookalikes {
		if bytes.HasPrefix(start, bytes.ToLower([]byte(l.prefix))) {
			return l.text
		}
	}
	return fmt.Sprintf("it starts with %q", head[:min(len(head), 8)])
}
