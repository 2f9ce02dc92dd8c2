package memory

import (
	"bufio"
	"os"
	"strconv"
	"strings"
)

// Available is what the machine has free for a new allocation, in bytes: the kernel's own estimate, or less
// where the process stands under a limit of its control group. ok is false where it is not known.
func Available() (bytes int64, ok bool) {
	bytes, ok = field("/proc/meminfo", "MemAvailable:")
	limit, limited := wholeNumberIn("/sys/fs/cgroup/memory.max")
	used, known := wholeNumberIn("/sys/fs/cgroup/memory.current")
	if limited && known && (!ok || limit-used < bytes) {
		return max(limit-used, 0), true
	}
	return bytes, ok
}

// PeakResident is the most memory that the process has held so far, in bytes. ok is false where it is not known.
func PeakResident() (bytes int64, ok bool) {
	return field("/proc/self/status", "VmHWM:")
}

// field reads a line such as "VmHWM:   1234 kB".
func field(path, name string) (bytes int64, ok bool) {
	file, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) == 3 && words[0] == name && words[2] == "kB" {
			kib, err := strconv.ParseInt(words[1], 10, 64)
			return kib << 10, err == nil
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
