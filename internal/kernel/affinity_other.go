//go:build !linux

package kernel

// processors are not known on this system.
func processors() []int { return nil }

// affinity is where a thread may run: nothing is known of that here.
type affinity struct{}

func pin(int) affinity { return affinity{} }

func unpin(affinity) {}
