//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package regular

import (
	"math"
	"os"
	"syscall"
)

// Map maps all of f for reading, or returns nil if it can't. It asks for the length again, because touching pages
// past the end would end the process.
func Map(f *os.File) []byte {
	info, err := f.Stat()
	if err != nil || info.Size() == 0 || info.Size() > math.MaxInt {
		return nil
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil
	}
	return b
}

// Unmap ends the use of what Map returned.
func Unmap(b []byte) error { return syscall.Munmap(b) }
