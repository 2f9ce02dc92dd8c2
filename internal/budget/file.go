package budget

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"cnncalc/internal/choice"
	"cnncalc/internal/diag"
	"cnncalc/internal/plain"
	"cnncalc/internal/spec"
)

// FileName is the file of budgets that is read where none is named.
const FileName = "cnncalc.budget.yaml"

// NetworkEndings returns the endings of the files of networks that folders and patterns stand for.
func NetworkEndings() []string { return []string{".yaml", ".yml", ".onnx"} }

// IsNetworkName reports whether a file may be a network by its name. A file of budgets is none.
func IsNetworkName(path string) bool {
	return slices.Contains(NetworkEndings(), strings.ToLower(filepath.Ext(path))) && filepath.Base(path) != FileName
}

// File is a file that gives budgets to several networks.
type File struct {
	Source   *diag.Source
	folder   string
	networks []networkLimits
}

// networkLimits is the limits of the networks that a pattern names.
type networkLimits struct {
	pattern string
	pos     diag.Pos
	limits  []Limit
}

// ReadFile reads a file of budgets, whose patterns are relative to its folder.
func ReadFile(name string, data []byte) (*File, diag.List) {
	budgets, source, problems := spec.ReadBudgets(name, data)
	f := &File{Source: source, folder: filepath.Dir(name)}
	for _, b := range budgets {
		pattern := strings.TrimPrefix(b.Pattern, "./")
		if !fs.ValidPath(pattern) || !doublestar.ValidatePattern(pattern) {
			problems.Add(b.Pos, "budget/pattern", "%s is not a pattern of files in the folder of %s", plain.Quote(b.Pattern),
				plain.CutPath(filepath.Base(name))).
				WithHint("write a path such as nets/mynet.yaml, nets/*.yaml or nets/**/*.yaml, with / between folders")
			continue
		}
		limits, wrong := Read(b.Items)
		problems = append(problems, wrong...)
		for i := range limits {
			limits[i].In = source
		}
		f.networks = append(f.networks, networkLimits{pattern, b.Pos, limits})
	}
	return f, problems
}

// Specs returns the files and the built-in networks that the patterns name, in order and each once. A pattern that
// names none is a problem.
func (f *File) Specs(builtIn []string) ([]string, diag.List) {
	var specs []string
	var problems diag.List
	for _, n := range f.networks {
		found := f.files(n.pattern)
		if found == nil {
			found = matches(n.pattern, builtIn)
		}
		if found == nil {
			problems.Add(n.pos, "budget/pattern", "%s names no file and no built-in network", plain.Quote(n.pattern)).
				WithHint("paths are relative to the folder of this file, and files end in %s; cnncalc list shows the built-in "+
					"networks", choice.List(NetworkEndings()))
		}
		for _, spec := range found {
			if !slices.Contains(specs, spec) {
				specs = append(specs, spec)
			}
		}
	}
	return specs, problems
}

// files returns the files that a pattern names: one with its very name, or else files of networks that are not hidden.
// The file of budgets itself is none.
func (f *File) files(pattern string) []string {
	found, _ := doublestar.Glob(os.DirFS(f.folder), pattern, doublestar.WithFilesOnly(),
		doublestar.WithNoHidden())
	slices.Sort(found)
	var paths []string
	for _, name := range found {
		full := filepath.Join(f.folder, filepath.FromSlash(name))
		if (name == pattern || IsNetworkName(name)) && full != filepath.Clean(f.Source.Name) {
			paths = append(paths, full)
		}
	}
	return paths
}

func matches(pattern string, names []string) []string {
	var found []string
	for _, name := range names {
		if ok, _ := doublestar.Match(pattern, name); ok {
			found = append(found, name)
		}
	}
	return found
}

// Limits returns all limits of a network, which is a file or, if isBuiltIn is set, the name of a built-in network.
func (f *File) Limits(name string, isBuiltIn bool) []Limit {
	relative := strings.TrimSuffix(name, ".yaml")
	if !isBuiltIn {
		var ok bool
		if relative, ok = f.relative(name); !ok {
			return nil
		}
	}
	var limits []Limit
	for _, n := range f.networks {
		if ok, _ := doublestar.Match(n.pattern, relative); ok {
			limits = append(limits, n.limits...)
		}
	}
	return limits
}

// relative returns the path of a file from the folder of the budgets, or false if it is not in that folder.
func (f *File) relative(name string) (string, bool) {
	folder, err := filepath.Abs(f.folder)
	if err != nil {
		return "", false
	}
	full, err := filepath.Abs(name)
	if err != nil {
		return "", false
	}
	relative, err := filepath.Rel(folder, full)
	return filepath.ToSlash(relative), err == nil && filepath.IsLocal(relative)
}
