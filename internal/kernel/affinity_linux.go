package kernel

import "golang.org/x/sys/unix"

// processors are those that the calling thread may run on; nil if that is not known.
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

// affinity is where a thread may run.
type affinity struct{ set unix.CPUSet }

// pin keeps the calling thread, which its goroutine must be locked to, on one processor. It returns where the thread
// could run before. Where the system refuses, the thread stays free.
func pin(cpu int) affinity {
	var before affinity
	if unix.SchedGetaffinity(0, &before.set) == nil {
		var set unix.CPUSet
		set.Set(cpu)
		_ = unix.SchedSetaffinity(0, &set)
	}
	return before
}

// unpin takes back what pin did to the calling thread.
func unpin(before affinity) {
	if before.set.Count() > 0 {
		_ = unix.SchedSetaffinity(0, &before.set)
	}
}
