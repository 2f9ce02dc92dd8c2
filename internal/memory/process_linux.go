package memory

import (
	"bufio"
	"io/fs"
	"math"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Available returns how many bytes the process can still allocate: the least of the free memory of the machine, what
// remains in the process's control groups, and what remains of its limits on address space (ulimit -v) and data (ulimit
// -d). ok is false if none of these is known.
func Available() (bytes int64, ok bool) {
	free := append(machine{os.DirFS("/")}.free(), leftOfLimits()...)
	if len(free) == 0 {
		return 0, false
	}
	return slices.Min(free), true
}

// PeakResident returns the peak resident memory of the process so far, in bytes. ok is false if it is not known.
func PeakResident() (bytes int64, ok bool) {
	return machine{os.DirFS("/")}.kibibytes("proc/self/status", "VmHWM:")
}

// runtimeReserve is the address space kept for the Go runtime, which crashes if it gets none. The runtime reserves
// address space 64 MiB at a time.
const runtimeReserve = 192 << 20

// leftOfLimits returns what remains of the process's limits on address space and data.
func leftOfLimits() (left []int64) {
	for _, limit := range []struct {
		resource int
		used     string // the line of /proc/self/status
	}{{unix.RLIMIT_AS, "VmSize:"}, {unix.RLIMIT_DATA, "VmData:"}} {
		var l unix.Rlimit
		if unix.Getrlimit(limit.resource, &l) != nil || l.Cur > math.MaxInt64 {
			continue // no limit
		}
		used, _ := machine{os.DirFS("/")}.kibibytes("proc/self/status", limit.used)
		left = append(left, max(int64(l.Cur)-used-runtimeReserve, 0))
	}
	return left
}

// machine is the root folder of a Linux system, which holds /proc and the control groups.
type machine struct{ root fs.FS }

// free returns all bounds on a new allocation: the kernel's estimate for the machine, and what remains in each control
// group of the process.
func (m machine) free() (free []int64) {
	if bytes, ok := m.kibibytes("proc/meminfo", "MemAvailable:"); ok {
		free = append(free, bytes)
	}
	for _, h := range m.hierarchies() {
		for _, folder := range h.levels() {
			if bytes, limited := m.freeInGroup(folder, h.files); limited {
				free = append(free, bytes)
			}
		}
	}
	return free
}

// groupFiles names the files of a control group.
type groupFiles struct{ limit, used, cached string }

var (
	filesV1 = groupFiles{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"}
	filesV2 = groupFiles{"memory.max", "memory.current", "inactive_file"}
)

// hierarchy is a mounted tree of control groups that limit memory, and the process's group in it.
type hierarchy struct {
	mount string // folder of the topmost visible group, relative to the root
	group string // the process's group within it, "." for the topmost
	files groupFiles
}

// levels returns the folders of the process's group and all groups above it. Each may have a limit.
func (h hierarchy) levels() (folders []string) {
	for group := h.group; group != "."; group = path.Dir(group) {
		folders = append(folders, path.Join(h.mount, group))
	}
	return append(folders, h.mount)
}

// hierarchies returns the trees of versions 1 and 2, which may both be mounted. For the formats of the files see
// cgroups(7) and proc_pid_mountinfo(5).
func (m machine) hierarchies() (all []hierarchy) {
	groups := m.groups()
	for _, line := range m.lines("proc/self/mountinfo") {
		before, after, _ := strings.Cut(line, " - ")
		mount, system := strings.Fields(before), strings.Fields(after)
		if len(mount) < 5 || len(system) < 3 {
			continue
		}
		version, files := "", filesV2
		switch {
		case system[0] == "cgroup" && slices.Contains(strings.Split(system[2], ","), "memory"):
			version, files = "memory", filesV1
		case system[0] != "cgroup2":
			continue
		}
		if group, ok := groups[version]; ok {
			all = append(all, hierarchy{relative("/", mount[4]), relative(mount[3], group), files})
		}
	}
	return all
}

// groups returns the process's group for each controller of version 1, and that of version 2 under "".
func (m machine) groups() map[string]string {
	groups := map[string]string{}
	for _, line := range m.lines("proc/self/cgroup") {
		fields := strings.SplitN(line, ":", 3)
		if len(fields) != 3 {
			continue
		}
		for controller := range strings.SplitSeq(fields[1], ",") {
			groups[controller] = fields[2]
		}
	}
	return groups
}

// relative returns an absolute path relative to a folder above it, or "." if it is outside the folder, as in a
// container that sees only its own group.
func relative(folder, name string) string {
	folder, name = path.Clean(folder), path.Clean(name)
	if below, ok := strings.CutPrefix(name, strings.TrimSuffix(folder, "/")+"/"); ok && below != "" {
		return below
	}
	return "."
}

// freeInGroup returns what remains of the limit of a control group, in bytes. Inactive file pages count as free, as the
// kernel drops them before it refuses memory. limited is false if there is no limit.
func (m machine) freeInGroup(folder string, files groupFiles) (bytes int64, limited bool) {
	limit, limited := m.number(path.Join(folder, files.limit))
	used, known := m.number(path.Join(folder, files.used))
	if !limited || !known || limit >= unlimited {
		return 0, false
	}
	cached, _ := m.field(path.Join(folder, "memory.stat"), files.cached, "")
	return min(max(limit-used+cached, 0), limit), true
}

// unlimited is just below what version 1 writes for no limit: the largest multiple of the page size.
const unlimited = 1 << 62

// kibibytes returns the value of a line such as "VmHWM:   1234 kB" in bytes.
func (m machine) kibibytes(file, name string) (bytes int64, ok bool) {
	kib, ok := m.field(file, name, "kB")
	return kib << 10, ok
}

// field returns the number in a line that consists of a name, a number and a unit, or "" for no unit.
func (m machine) field(file, name, unit string) (n int64, ok bool) {
	for _, line := range m.lines(file) {
		words := strings.Fields(line)
		if len(words) >= 2 && words[0] == name && strings.Join(words[2:], " ") == unit {
			n, err := strconv.ParseInt(words[1], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}

// lines returns the lines of a file, or none if it cannot be read.
func (m machine) lines(name string) (lines []string) {
	file, err := m.root.Open(name)
	if err != nil {
		return nil
	}
	defer file.Close()
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		lines = append(lines, scanner.Text())
	}
	return lines
}

// number reads a file that holds only a number. "max" is not a number.
func (m machine) number(name string) (n int64, ok bool) {
	data, err := fs.ReadFile(m.root, name)
	if err != nil {
		return 0, false
	}
	n, err = strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	return n, err == nil
}
