// Package internal_test checks that packages import each other only in the direction in which data flows:
//
//	file -> spec -> graph -> shape -> memory -> {exec, report}
package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "cnncalc/"

// allowed lists the packages of this module that each package may import, outside of its tests. A package comes after
// everything that it may import, so the table is acyclic, as TestTableIsAcyclic checks.
var allowed = []struct {
	name    string
	imports []string
}{
	// Leaves: they know nothing of networks.
	{"internal/allocator", nil},
	{"internal/ansi", nil},
	{"internal/checked", nil},
	{"internal/plain", nil},
	{"internal/pattern", nil},
	{"internal/pickle", nil},
	{"internal/schedule", nil},
	{"internal/numeral", []string{"internal/plain"}},
	{"internal/svg", []string{"internal/plain"}},
	{"internal/tikz", []string{"internal/plain"}},
	{"internal/maps", []string{"internal/plain"}},
	{"internal/kernel", nil},
	{"internal/floats", nil},
	{"internal/regular", []string{"internal/plain"}},
	{"internal/diag", []string{"internal/ansi", "internal/plain"}},
	{"internal/choice", []string{"internal/plain", "internal/diag"}},
	{"internal/weights", []string{"internal/floats", "internal/plain", "internal/regular", "internal/diag"}},
	{"internal/onnx", []string{"internal/floats", "internal/plain", "internal/regular"}},
	{"internal/picture", []string{"internal/plain", "internal/regular"}},
	{"internal/labels", []string{"internal/numeral", "internal/pattern", "internal/plain"}},
	{"internal/page", nil},
	{"architectures", nil},

	// The network, from a file to its shapes and sizes.
	{"internal/graph", []string{"internal/checked", "internal/diag"}},
	{"internal/op", []string{"internal/checked", "internal/numeral", "internal/plain", "internal/diag", "internal/graph"}},
	{"internal/spec", []string{"internal/checked", "internal/numeral", "internal/pattern", "internal/plain", "internal/diag", "internal/graph", "internal/op"}},
	{"internal/shape", []string{"internal/checked", "internal/plain", "internal/diag", "internal/graph", "internal/op"}},
	{"internal/pytorchcode", []string{"internal/pattern", "internal/graph", "internal/op", "internal/shape"}},
	{"internal/onnxnet", []string{"internal/plain", "internal/diag", "internal/onnx", "internal/graph", "internal/op", "internal/shape"}},
	{"internal/network", []string{"internal/numeral", "internal/plain", "internal/diag", "internal/onnx", "internal/graph", "internal/spec", "internal/shape", "internal/onnxnet"}},
	{"internal/memory", []string{"internal/allocator", "internal/checked", "internal/choice", "internal/plain", "internal/diag", "internal/graph", "internal/op",
		"internal/shape"}},
	{"internal/explain", []string{"internal/checked", "internal/plain", "internal/graph", "internal/op", "internal/shape", "internal/memory"}},
	{"internal/traffic", []string{"internal/checked", "internal/op", "internal/shape", "internal/memory"}},
	{"internal/convert", []string{"internal/diag", "internal/graph", "internal/op", "internal/shape"}},
	{"internal/count", []string{"internal/checked", "internal/choice", "internal/plain", "internal/diag", "internal/graph", "internal/op",
		"internal/shape", "internal/memory"}},
	{"internal/fit", []string{"internal/numeral", "internal/plain", "internal/diag", "internal/graph", "internal/op", "internal/shape", "internal/memory",
		"internal/traffic"}},
	{"internal/snapshot", []string{"internal/allocator", "internal/pickle", "internal/plain", "internal/memory"}},
	{"internal/preprocess", []string{"internal/graph", "internal/picture"}},
	{"internal/ranking", []string{"internal/graph", "internal/op"}},
	{"internal/align", []string{"internal/plain", "internal/graph", "internal/op", "internal/shape"}},
	{"internal/draw", []string{"internal/plain", "internal/svg", "internal/tikz", "internal/graph", "internal/op", "internal/shape"}},
	{"internal/lint", []string{"internal/diag", "internal/graph", "internal/op", "internal/shape"}},

	// What is done with it. Neither package knows the file language or the other.
	{"internal/exec", []string{"internal/checked", "internal/schedule", "internal/choice", "internal/diag", "internal/kernel", "internal/weights", "internal/graph",
		"internal/op", "internal/shape", "internal/memory"}},
	{"internal/figure", []string{"internal/checked", "internal/choice", "internal/numeral", "internal/plain", "internal/shape", "internal/memory", "internal/fit",
		"internal/traffic", "internal/exec"}},
	{"internal/budget", []string{"internal/choice", "internal/numeral", "internal/plain", "internal/diag", "internal/graph", "internal/spec", "internal/shape",
		"internal/memory", "internal/traffic", "internal/fit", "internal/kernel", "internal/figure"}},
	{"internal/baseline", []string{"internal/numeral", "internal/plain", "internal/op", "internal/shape", "internal/align", "internal/memory", "internal/figure"}},
	{"internal/sweep", []string{"internal/checked", "internal/numeral", "internal/plain", "internal/graph", "internal/shape", "internal/memory",
		"internal/figure"}},
	{"internal/report", []string{"internal/ansi", "internal/snapshot", "internal/checked", "internal/choice", "internal/numeral", "internal/pattern", "internal/plain", "internal/svg", "internal/diag", "internal/graph", "internal/op",
		"internal/shape", "internal/memory", "internal/fit", "internal/explain", "internal/count",
		"internal/traffic", "internal/ranking", "internal/figure", "internal/align", "internal/budget", "internal/sweep", "internal/baseline"}},
	{"internal/study", []string{"internal/pattern", "internal/numeral", "internal/plain", "internal/diag", "internal/graph", "internal/op", "internal/shape", "internal/network", "internal/memory",
		"internal/traffic", "internal/fit", "internal/explain", "internal/draw", "internal/lint", "internal/figure", "internal/budget"}},

	// The page, on a local server or as WebAssembly.
	{"internal/pagecall", []string{"architectures", "internal/plain", "internal/diag", "internal/op", "internal/spec", "internal/network", "internal/budget",
		"internal/memory", "internal/fit", "internal/study"}},
	{"internal/pagerun", []string{"architectures", "internal/plain", "internal/onnx", "internal/graph", "internal/op", "internal/spec", "internal/network",
		"internal/shape", "internal/memory", "internal/weights", "internal/labels", "internal/picture", "internal/preprocess", "internal/ranking",
		"internal/exec", "internal/maps", "internal/study", "internal/pagecall"}},
	{"internal/pageserver", []string{"internal/plain", "internal/regular", "internal/network", "internal/report", "internal/pagecall"}},
	{"web/wasm", []string{"internal/pagecall"}},
	{"web/wasm/study", []string{"internal/pagecall", "web/wasm"}},
	{"web/wasm/run", []string{"internal/pagerun", "web/wasm"}},

	{"internal/htmlreport", []string{"internal/pattern", "internal/page", "internal/plain", "internal/svg", "internal/study"}},

	// The program wires them all together.
	{"cmd/cnncalc", []string{"architectures", "internal/snapshot", "internal/page", "internal/pagecall", "internal/pagerun", "internal/preprocess", "internal/pageserver", "internal/ansi", "internal/choice", "internal/numeral", "internal/plain", "internal/regular", "internal/weights",
		"internal/picture", "internal/labels",
		"internal/diag", "internal/graph", "internal/op", "internal/spec", "internal/shape", "internal/onnx", "internal/onnxnet", "internal/network", "internal/memory", "internal/fit",
		"internal/pytorchcode", "internal/traffic", "internal/convert", "internal/count", "internal/lint",
		"internal/ranking", "internal/draw", "internal/exec", "internal/maps", "internal/figure", "internal/align", "internal/budget", "internal/sweep", "internal/baseline", "internal/report", "internal/study", "internal/htmlreport", "internal/page"}},
}

func TestTableIsAcyclic(t *testing.T) {
	var above []string
	for _, p := range allowed {
		for _, i := range p.imports {
			if !slices.Contains(above, i) {
				t.Errorf("%s may import %s, which does not come before it", p.name, i)
			}
		}
		above = append(above, p.name)
	}
}

func TestImports(t *testing.T) {
	may := map[string][]string{}
	for _, p := range allowed {
		may[p.name] = p.imports
	}
	actual := importsOfModule(t)
	if len(actual) < 10 {
		t.Fatalf("only %d packages found: %v", len(actual), slices.Sorted(maps.Keys(actual)))
	}
	for name, imports := range actual {
		if strings.HasPrefix(name, "bench/") {
			continue // programs that measure any package; nothing imports them
		}
		permitted, known := may[name]
		if !known {
			t.Errorf("%s is not in the table: add what it may import", name)
			continue
		}
		for path, file := range imports {
			if !slices.Contains(permitted, path) {
				t.Errorf("%s imports %s, which is against the flow of data: %s may import %v", file, path, name, permitted)
			}
		}
	}
}

// importsOfModule reads the imports of all Go files except tests, with any build tags. It returns, for each package,
// the packages of this module that it imports, each with a file that does.
func importsOfModule(t *testing.T) map[string]map[string]string {
	t.Helper()
	root := os.DirFS("..")
	packages := map[string]map[string]string{}
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "testdata" || path != "." && strings.HasPrefix(entry.Name(), ".")) {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", path), nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(filepath.Dir(path))
		if packages[name] == nil {
			packages[name] = map[string]string{}
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if own, ok := strings.CutPrefix(imported, module); ok {
				packages[name][own] = path
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages
}
