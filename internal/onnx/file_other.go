//go:build !unix

package onnx

import "io/fs"

const nonblock = 0

// hasOtherNames returns false: the number of names is not known on this system.
func hasOtherNames(fs.FileInfo) bool { return false }
