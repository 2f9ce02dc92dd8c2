//go:build !linux

package kernel

// processors returns nil: the processors are not known on this system.
func processors() []int { return nil }

// affinity is not supported on this system.
type affinity struct{}

func pin(int) affinity { return affinity{} }

func unpin(affinity) {}
