//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package regular

import "os"

// Map returns nil: files are not mapped on this system.
func Map(*os.File) []byte { return nil }

// Unmap does nothing.
func Unmap([]byte) error { return nil }
