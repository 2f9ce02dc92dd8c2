package memory

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Available is what the machine has free for a new allocation, in bytes: the kernel's own estimate, or less
// where the process stands under a limit of its control group. ok is false where it is not known.
func Available() (bytes int64, ok bool) {
	bytes, ok = kibibytes("/proc/meminfo", "MemAvailable:")
	if free, limited := freeInGroup("/sys/fs/cgroup"); limited && (!ok || free < bytes) {
		return free, true
	}
	return bytes, ok
}

// freeInGroup is what a control group (version 2) leaves of its limit, in bytes. Pages of files that were not used
// lately count as free: the kernel drops them before it refuses memory. limited is false where there is no limit.
func freeInGroup(folder string) (bytes int64, limited bool) {
	limit, limited := wholeNumberIn(filepath.Join(folder, "memory.max"))
	used, known := wholeNumberIn(filepath.Join(folder, "memory.current"))
	if !limited || !known {
		return 0, false
	}
	cached, _ := field(filepath.Join(folder, "memory.stat"), "inactive_file", "")
	return min(max(limit-used+cached, 0), limit), true
}

// PeakResident is the most memory that the process has held so far, in bytes. ok is false where it is not known.
func PeakResident() (bytes int64, ok bool) {
	return kibibytes("/proc/self/status", "VmHWM:")
}

// kibibytes reads a line such as "VmHWM:   1234 kB", in bytes.
func kibibytes(path, name string) (bytes int64, ok bool) {
	kib, ok := field(path, name, "kB")
	return kib << 10, ok
}

// field reads the number in a line of a name, a number and a unit, which may be "" for none.
func field(path, name, unit string) (n int64, ok bool) {
	file, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) >= 2 && words[0] == name && strings.Join(words[2:], " ") == unit {
			n, err := strconv.ParseInt(words[1], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// wholeNumberIn reads a file that holds a number alone; "max" is none.
func wholeNumberIn(path string) (n int64, ok bool) {
	data, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err = strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	return n, err == nil
}
