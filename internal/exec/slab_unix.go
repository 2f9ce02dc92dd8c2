//go:build unix

package exec

import "golang.org/x/sys/unix"

// mapMemory allocates page-aligned zeros.
func mapMemory(bytes int) ([]byte, error) {
	data, err := unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err == nil {
		useHugePages(data)
	}
	return data, err
}

// unmapMemory frees memory from mapMemory. That cannot fail.
func unmapMemory(data []byte) { _ = unix.Munmap(data) }
