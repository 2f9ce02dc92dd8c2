//go:build unix

package exec

import "golang.org/x/sys/unix"

// mapMemory returns so many bytes of zeros, page-aligned.
func mapMemory(bytes int) ([]byte, error) {
	return unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
}

// unmapMemory gives back what mapMemory returned. That cannot fail.
func unmapMemory(data []byte) { _ = unix.Munmap(data) }
