package kernel

import "golang.org/x/sys/unix"

// processors returns the processors that the calling thread may run on, or nil if they are not known.
func processors() []int {
	var set unix.CPUSet
	if unix.SchedGetaffinity(0, &set) != nil {
		return nil
	}
	var all []int
	for cpu := 0; len(all) < set.Count(); cpu++ {
		if set.IsSet(cpu) {
			all = append(all, cpu)
		}
	}
	return all
}

// affinity is the set of processors on which a thread may run.
type affinity struct{ set unix.CPUSet }

// pin restricts the calling thread, to which its goroutine must be locked, to one processor, and returns its previous
// affinity. If the system refuses, the affinity does not change.
func pin(cpu int) affinity {
	var before affinity
	if unix.SchedGetaffinity(0, &before.set) == nil {
		var set unix.CPUSet
		set.Set(cpu)
		_ = unix.SchedSetaffinity(0, &set)
	}
	return before
}

// unpin restores the affinity of the calling thread from before pin.
func unpin(before affinity) {
	if before.set.Count() > 0 {
		_ = unix.SchedSetaffinity(0, &before.set)
	}
}
