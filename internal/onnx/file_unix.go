//go:build unix

package onnx

import (
	"io/fs"
	"syscall"
)

// nonblock keeps a FIFO from blocking the open.
const nonblock = syscall.O_NONBLOCK

// hasOtherNames reports whether the file has hard links, which may come from outside of the folder.
func hasOtherNames(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stat.Nlink > 1
}
