package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"cnncalc/architectures"
	"cnncalc/internal/budget"
	"cnncalc/internal/choice"
	"cnncalc/internal/plain"
	"cnncalc/internal/regular"
)

// expandAll returns SPECs with the networks of each folder and each pattern in its place.
func expandAll(specs []string) ([]string, error) {
	var all []string
	for _, spec := range specs {
		names, err := expand(spec)
		if err != nil {
			return nil, err
		}
		all = append(all, names...)
	}
	return all, nil
}

// expand returns the networks of a folder or a pattern, at least one and in order, and any other SPEC as it is. Shells
// that expand patterns leave those that are quoted or match nothing, and some shells expand none.
func expand(spec string) ([]string, error) {
	switch {
	case isFolderSpec(spec):
		return networksIn(spec)
	case isPattern(spec):
		return matching(spec)
	}
	return []string{spec}, nil
}

// isFolderSpec reports whether a SPEC is a folder. A built-in network with such a name wins, unless a slash ends it.
func isFolderSpec(spec string) bool {
	info, err := os.Stat(spec)
	return err == nil && info.IsDir() && !slices.Contains(architectures.Names(), spec)
}

// isPattern reports whether a SPEC is a pattern for names. A file with such a name wins, and so does a network itself.
func isPattern(spec string) bool {
	if !strings.ContainsAny(spec, "*?[{") || isArrowText(spec) || isGitSpec(spec) {
		return false
	}
	_, err := os.Lstat(spec)
	return err != nil
}

// networksIn returns the files of networks in a folder and the folders in it, hidden ones left out.
func networksIn(folder string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch isHidden := strings.HasPrefix(entry.Name(), "."); {
		case err != nil:
			return problemError("%w", regular.Unreadable(path, err))
		case entry.IsDir() && isHidden && path != folder:
			return fs.SkipDir
		case !isHidden && budget.IsNetworkName(path):
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if files = withoutFolders(files); files == nil {
		return nil, problemError("%s has no networks: no file in it ends in %s", plain.CutPath(folder),
			choice.List(budget.NetworkEndings()))
	}
	return files, nil
}

// matching returns the files of networks that a pattern names, or else the built-in networks. * matches within a
// folder, ** any folders.
func matching(pattern string) ([]string, error) {
	files, err := doublestar.FilepathGlob(pattern, doublestar.WithNoFollow(), doublestar.WithNoHidden(),
		doublestar.WithFailOnIOErrors())
	switch {
	case errors.Is(err, doublestar.ErrBadPattern):
		return nil, problemError("%s is not a pattern: a bracket is not closed, or an escape has nothing after it",
			plain.Quote(plain.CutPath(pattern)))
	case err != nil:
		return nil, problemError("%w", regular.Unreadable(pattern, err))
	}
	files = withoutFolders(files)
	var networks, others []string
	for _, name := range files {
		switch {
		case budget.IsNetworkName(name):
			networks = append(networks, name)
		case filepath.Base(name) != budget.FileName:
			others = append(others, name)
		}
	}
	if networks != nil {
		return networks, nil
	}
	for _, name := range architectures.Names() {
		if ok, _ := doublestar.Match(pattern, name); ok {
			networks = append(networks, name)
		}
	}
	if networks == nil {
		return nil, problemError("no file and no built-in network matches %s%s", plain.CutPath(pattern), skippedText(others))
	}
	return networks, nil
}

// skippedText says, after an error, which files are no networks by their names; "" for none.
func skippedText(files []string) string {
	endings := choice.List(budget.NetworkEndings())
	switch len(files) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("; %s does not end in %s", plain.CutPath(files[0]), endings)
	}
	return fmt.Sprintf("; %s files, such as %s, do not end in %s", plain.Count(int64(len(files))), plain.CutPath(files[0]),
		endings)
}

// withoutFolders returns the paths that are no folders, in order; nil for none.
func withoutFolders(paths []string) []string {
	var files []string
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || !info.IsDir() {
			files = append(files, path)
		}
	}
	slices.Sort(files)
	return files
}

// notOne returns the error for a folder or a pattern where one network is expected.
func notOne(spec string) error {
	networks, err := expand(spec)
	if err != nil {
		return err
	}
	what := "a pattern"
	if isFolderSpec(spec) {
		what = "a folder"
	}
	count := "1 network"
	if len(networks) > 1 {
		count = plain.Count(int64(len(networks))) + " networks"
	}
	return problemError("%s is %s of %s: name one, such as %s; check, compare and report take them all",
		plain.CutPath(spec), what, count, plain.Shell(plain.CutPath(networks[0])))
}
