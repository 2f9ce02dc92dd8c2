package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// versionText returns what --version prints: the version of the module, the commit it was built from, and what built
// it.
func versionText() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return describeBuild(info)
}

// describeBuild describes the program that info is of.
func describeBuild(info *debug.BuildInfo) string {
	version := info.Main.Version
	if version == "" || version == "(devel)" {
		version = "development version"
	}
	lines := []string{"cnncalc " + version}
	if revision := buildSetting(info, "vcs.revision"); revision != "" {
		if buildSetting(info, "vcs.modified") == "true" {
			revision += ", modified"
		}
		lines = append(lines, fmt.Sprintf("commit %s, %s", revision, buildSetting(info, "vcs.time")))
	}
	return strings.Join(append(lines, fmt.Sprintf("%s %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)), "\n")
}

// buildSetting returns a setting of the build, "" if it has none.
func buildSetting(info *debug.BuildInfo, key string) string {
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}
