//go:build unix

package exec

import "golang.org/x/sys/unix"

// hugePage is the size of Linux's large pages on most processors. Since version 6.7 it aligns mappings to them whose
// size is a multiple.
const hugePage = 2 << 20

// mapMemory allocates page-aligned zeros.
func mapMemory(bytes int) ([]byte, error) {
	if bytes >= hugePage {
		bytes = (bytes + hugePage - 1) / hugePage * hugePage
	}
	data, err := unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err == nil {
		useHugePages(data)
	}
	return data, err
}

// unmapMemory frees memory from mapMemory. That cannot fail.
func unmapMemory(data []byte) { _ = unix.Munmap(data) }
