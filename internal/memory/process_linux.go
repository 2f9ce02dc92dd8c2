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

// Available returns how many bytes the process can still allocate: the least of what the machine has free, what the
// process's control groups leave, and what its limits of address space (ulimit -v) and data (ulimit -d) leave. ok is
// false where none of these is known.
func Available() (bytes int64, ok bool) {
	free := append(machine{os.DirFS("/")}.free(), leftOfLimits()...)
	if len(free) == 0 {
		return 0, false
	}
	return slices.Min(free), true
}

// PeakResident returns the most bytes that the process has held in memory so far. ok is false where it is not known.
func PeakResident() (bytes int64, ok bool) {
	return machine{os.DirFS("/")}.kibibytes("proc/self/status", "VmHWM:")
}

// runtimeReserve is the address space that is left to the Go runtime, which cannot report that it gets none. It
// reserves address space 64 MiB at a time.
const runtimeReserve = 192 << 20

// leftOfLimits returns what the process's own limits leave of its address space and its data.
func leftOfLimits() (left []int64) {
	for _, limit := range []struct {
		resource int
		used     string // the line of /proc/self/status
	}{{unix.RLIMIT_AS, "VmSize:"}, {unix.RLIMIT_DATA, "VmData:"}} {
		var l unix.Rlimit
		if unix.Getrlimit(limit.resource, &l) != nil || l.Cur > math.MaxInt64 {
			continue // there is none
		}
		used, _ := machine{os.DirFS("/")}.kibibytes("proc/self/status", limit.used)
		left = append(left, max(int64(l.Cur)-used-runtimeReserve, 0))
	}
	return left
}

// machine is the root folder of a Linux system, in which /proc and the control groups are read.
type machine struct{ root fs.FS }

// free returns the figures that bound a new allocation: the kernel's estimate for the machine, and what each control
// group above the process leaves.
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

// hierarchy is a mounted tree of control groups that limits memory, and the process's place in it.
type hierarchy struct {
	mount string // folder of the topmost group that can be seen, relative to the root
	group string // the process's group within it, "." for the topmost
	files groupFiles
}

// levels returns the folders of the process's group and of all above it. Each may have a limit.
func (h hierarchy) levels() (folders []string) {
	for group := h.group; group != "."; group = path.Dir(group) {
		folders = append(folders, path.Join(h.mount, group))
	}
	return append(folders, h.mount)
}

// hierarchies finds the trees of version 1 and of version 2, which may both be there. The formats are in cgroups(7) and
// proc_pid_mountinfo(5).
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

// groups returns the process's group for each controller of version 1, and for "" that of version 2.
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

// relative returns an absolute path as seen from a folder above it, or "." where it is outside of the folder, as for a
// container that sees its own group only.
func relative(folder, name string) string {
	folder, name = path.Clean(folder), path.Clean(name)
	if below, ok := strings.CutPrefix(name, strings.TrimSuffix(folder, "/")+"/"); ok && below != "" {
		return below
	}
	return "."
}

// freeInGroup returns what a control group leaves of its limit, in bytes. Pages of files that were not used lately count
// as free: the kernel drops them before it refuses memory. limited is false where there is no limit.
func (m machine) freeInGroup(folder string, files groupFiles) (bytes int64, limited bool) {
	limit, limited := m.number(path.Join(folder, files.limit))
	used, known := m.number(path.Join(folder, files.used))
	if !limited || !known || limit >= unlimited {
		return 0, false
	}
	cached, _ := m.field(path.Join(folder, "memory.stat"), files.cached, "")
	return min(max(limit-used+cached, 0), limit), true
}

// unlimited is less than what version 1 writes for no limit, the largest multiple of a page's size.
const unlimited = 1 << 62

// kibibytes reads a line such as "VmHWM:   1234 kB", in bytes.
func (m machine) kibibytes(file, name string) (bytes int64, ok bool) {
	kib, ok := m.field(file, name, "kB")
	return kib << 10, ok
}

// field reads the number in a line of a name, a number and a unit, which may be "" for none.
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

// lines returns the lines of a file, none where it cannot be read.
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

// number reads a file that holds a number alone; "max" is none.
func (m machine) number(name string) (n int64, ok bool) {
	data, err := fs.ReadFile(m.root, name)
	if err != nil {
		return 0, false
	}
	n, err = strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	return n, err == nil
}
