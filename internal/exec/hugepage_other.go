//go:build unix && !linux

package exec

// useHugePages does nothing: the system chooses by itself.
func useHugePages([]byte) {}
