package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"testing"
)

func TestDescribeBuild(t *testing.T) {
	goLine := fmt.Sprintf("%s %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, test := range []struct {
		version  string
		settings map[string]string
		want     string
	}{
		{"v1.2.3", nil, "cnncalc v1.2.3\n" + goLine},
		{"(devel)", nil, "cnncalc development version\n" + goLine},
		{"", map[string]string{"vcs.revision": "abc", "vcs.time": "2026-01-02T03:04:05Z", "vcs.modified": "true"},
			"cnncalc development version\ncommit abc, modified, 2026-01-02T03:04:05Z\n" + goLine},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: test.version}}
		for key, value := range test.settings {
			info.Settings = append(info.Settings, debug.BuildSetting{Key: key, Value: value})
		}
		if got := describeBuild(info); got != test.want {
			t.Errorf("%q %v: %q, want %q", test.version, test.settings, got, test.want)
		}
	}
}
