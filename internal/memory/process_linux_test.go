package memory

import (
	"maps"
	"slices"
	"testing"
	"testing/fstest"
)

// system returns a machine with the given files, by name.
func system(files map[string]string) machine {
	root := fstest.MapFS{}
	for name, text := range files {
		root[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return machine{root}
}

func TestFreeInGroup(t *testing.T) {
	for _, c := range []struct {
		name, max, current, stat string
		want                     int64
		limited                  bool
	}{
		{"no limit", "max\n", "100\n", "anon 1\n", 0, false},
		{"no limit in version 1", "9223372036854771712\n", "100\n", "anon 1\n", 0, false},
		{"no cache", "1000\n", "400\n", "anon 400\ninactive_file 0\n", 600, true},
		{"files that can be dropped", "1000\n", "990\n", "active_file 5\ninactive_file 700\n", 710, true},
		{"no statistics", "1000\n", "400\n", "", 600, true},
		{"over the limit", "1000\n", "1200\n", "", 0, true},
		{"figures of different moments", "1000\n", "400\n", "inactive_file 500\n", 1000, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := system(map[string]string{"g/memory.max": c.max, "g/memory.current": c.current, "g/memory.stat": c.stat})
			if got, limited := m.freeInGroup("g", filesV2); got != c.want || limited != c.limited {
				t.Errorf("%d, %v; want %d, %v", got, limited, c.want, c.limited)
			}
		})
	}
	if _, limited := system(nil).freeInGroup("g", filesV2); limited {
		t.Error("a system without control groups has a limit")
	}
}

const (
	mountV2 = "30 23 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
	mountV1 = "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n" +
		"32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n" +
		"35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
)

// v2 and v1 return the files of a group with a limit and a usage.
func v2(folder, limit, used string) map[string]string {
	folder = "sys/fs/cgroup/" + folder
	return map[string]string{folder + "memory.max": limit, folder + "memory.current": used}
}

func v1(folder, limit, used string) map[string]string {
	folder = "sys/fs/cgroup/memory/" + folder
	return map[string]string{folder + "memory.limit_in_bytes": limit, folder + "memory.usage_in_bytes": used,
		folder + "memory.stat": "inactive_file 1\ntotal_inactive_file 50\n"}
}

func TestFree(t *testing.T) {
	const none = "9223372036854771712"
	for _, c := range []struct {
		name, mounts, cgroup string
		groups               []map[string]string
		want                 []int64 // besides the machine's
	}{
		{"no control groups", "", "", nil, nil},
		{"the topmost group of version 2 has no files", mountV2, "0::/\n", nil, nil},
		{"version 2, in a container", mountV2, "0::/\n", []map[string]string{v2("", "1000", "400")}, []int64{600}},
		{"version 2, nested", mountV2, "0::/a.slice/b.service\n", []map[string]string{
			v2("a.slice/b.service/", "max", "10"), v2("a.slice/", "700", "300")}, []int64{400}},
		{"version 2, every level", mountV2, "0::/a/b/c\n", []map[string]string{
			v2("a/b/c/", "900", "100"), v2("a/b/", "500", "200"), v2("a/", "800", "300")}, []int64{800, 300, 500}},
		{"version 2, another process's group is ignored", mountV2, "0::/a\n", []map[string]string{
			v2("a/", "900", "100"), v2("b/", "5", "5")}, []int64{800}},
		{"version 2, a group outside the mount", mountV2, "0::/../other\n", []map[string]string{
			v2("", "900", "100")}, []int64{800}},
		{"version 1", mountV1, "4:memory:/\n1:cpu:/\n", []map[string]string{v1("", "1000", "400")}, []int64{650}},
		{"version 1, nested", mountV1, "4:cpuset,memory:/a/b\n1:cpu:/x\n", []map[string]string{
			v1("a/b/", none, "10"), v1("a/", "500", "200"), v1("", none, "1")}, []int64{350}},
		{"version 1, a container whose own group is the topmost",
			"35 31 0:32 /docker/f00 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n", "4:memory:/docker/f00\n",
			[]map[string]string{v1("", "1000", "400")}, []int64{650}},
		{"both versions", mountV1 + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n", "4:memory:/a\n0::/a\n",
			[]map[string]string{v1("a/", "1000", "400")}, []int64{650}},
		{"damaged files", "x\n - \n - cgroup\n", "::\n:\n\n", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{
				"proc/meminfo":        "MemTotal: 9 kB\nMemAvailable:    7 kB\n",
				"proc/self/mountinfo": c.mounts,
				"proc/self/cgroup":    c.cgroup,
			}
			for _, group := range c.groups {
				maps.Copy(files, group)
			}
			if got, want := system(files).free(), append([]int64{7 << 10}, c.want...); !slices.Equal(got, want) {
				t.Errorf("%d, want %d", got, want)
			}
		})
	}
	if got := system(nil).free(); got != nil {
		t.Errorf("%d are free on a machine of which nothing is known", got)
	}
}

func TestProcess(t *testing.T) {
	available, ok := Available()
	if !ok || available <= 0 {
		t.Errorf("%d bytes are available, %v", available, ok)
	}
	// A Go test process takes some megabytes.
	if peak, ok := PeakResident(); !ok || peak < 1<<20 || peak > 1<<40 {
		t.Errorf("the peak is %d bytes, %v", peak, ok)
	}
}
