package internal_test

import (
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// repository is the root folder.
var repository = os.DirFS("..")

func readFile(t *testing.T, name string) string {
	t.Helper()
	data, err := fs.ReadFile(repository, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// filesOf returns the files of the repository whose name ends in one of the suffixes. It skips what is not part of
// the repository, such as bench/node_modules.
func filesOf(t *testing.T, suffixes ...string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(repository, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (slices.Contains([]string{".git", "node_modules", "rapid"}, entry.Name())) {
			return fs.SkipDir
		}
		hasSuffix := func(suffix string) bool { return strings.HasSuffix(name, suffix) }
		if entry.Type().IsRegular() && slices.ContainsFunc(suffixes, hasSuffix) {
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

var (
	link       = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading    = regexp.MustCompile(`(?m)^#+ (.*)$`)
	block      = regexp.MustCompile("(?ms)^```.*?^```$")
	codeSpan   = regexp.MustCompile("`([^`\n]+)`")
	notInAName = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// Every link in a Markdown file leads to an existing file and heading. Links to other sites are not followed.
func TestLinksResolve(t *testing.T) {
	pages := filesOf(t, ".md")
	if len(pages) < 4 {
		t.Fatalf("only %v found", pages)
	}
	for _, name := range pages {
		for _, m := range link.FindAllStringSubmatch(block.ReplaceAllString(readFile(t, name), ""), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			target, anchor, _ := strings.Cut(m[1], "#")
			to := name
			if target != "" {
				to = path.Join(path.Dir(name), target)
			}
			if _, err := fs.Stat(repository, to); err != nil {
				t.Errorf("%s links to %s: %v", name, m[1], err)
				continue
			}
			if anchor != "" && !slices.Contains(anchors(readFile(t, to)), anchor) {
				t.Errorf("%s links to %s: %s has no such heading", name, m[1], to)
			}
		}
	}
}

// anchors returns the names that GitHub gives to the headings of a page.
func anchors(text string) []string {
	var names []string
	for _, m := range heading.FindAllStringSubmatch(block.ReplaceAllString(text, ""), -1) {
		name := notInAName.ReplaceAllString(strings.ToLower(m[1]), "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}

// manual returns the pages that are checked against the repository.
func manual(t *testing.T) []string {
	t.Helper()
	pages, err := fs.Glob(repository, "docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	return append(pages, "README.md")
}

// Every file and folder of the repository that a page names exists.
func TestNamedPathsExist(t *testing.T) {
	top, err := fs.ReadDir(repository, ".")
	if err != nil {
		t.Fatal(err)
	}
	isPath := func(code string) bool {
		first, _, folder := strings.Cut(code, "/")
		return folder && !strings.ContainsAny(code, " <*") &&
			slices.ContainsFunc(top, func(entry fs.DirEntry) bool { return entry.IsDir() && entry.Name() == first })
	}
	for _, name := range manual(t) {
		for _, m := range codeSpan.FindAllStringSubmatch(readFile(t, name), -1) {
			if !isPath(m[1]) {
				continue
			}
			if _, err := fs.Stat(repository, strings.TrimSuffix(m[1], "/")); err != nil {
				t.Errorf("%s names %s: %v", name, m[1], err)
			}
		}
	}
}

// The README is a front page, which links to every page of the manual.
func TestREADME(t *testing.T) {
	text := readFile(t, "README.md")
	if n := strings.Count(text, "\n"); n > 200 {
		t.Errorf("README.md has %d lines, more than the 200 of a front page: docs/ holds the manual", n)
	}
	for _, page := range manual(t) {
		if page != "README.md" && !strings.Contains(text, "("+page+")") {
			t.Errorf("README.md does not link to %s", page)
		}
	}
}

// The manual lists every package under internal/, and no other.
func TestPackagesAreListed(t *testing.T) {
	const page = "docs/contributing.md"
	listed := regexp.MustCompile(`(?m)^internal/[a-z]+/`).FindAllString(readFile(t, page), -1)
	for _, p := range allowed {
		if strings.HasPrefix(p.name, "internal/") && !slices.Contains(listed, p.name+"/") {
			t.Errorf("the packages in %s lack %s/", page, p.name)
		}
	}
	for _, folder := range listed {
		if _, err := fs.Stat(repository, strings.TrimSuffix(folder, "/")); err != nil {
			t.Errorf("%s lists %s: %v", page, folder, err)
		}
	}
}

// recipe says how to add a kind of layer. It follows HARDSWISH.
const recipe = "docs/adding-a-kind.md"

// namedInRecipe returns the code spans of the recipe.
func namedInRecipe(t *testing.T) []string {
	t.Helper()
	var named []string
	for _, m := range codeSpan.FindAllStringSubmatch(readFile(t, recipe), -1) {
		named = append(named, m[1])
	}
	return named
}

// The recipe names every file that mentions its kind.
func TestRecipeNamesEveryFile(t *testing.T) {
	named := namedInRecipe(t)
	mentions := 0
	for _, name := range filesOf(t, ".go", ".s", ".py", ".json", ".yaml", ".txt", ".txtar") {
		if !strings.Contains(strings.ToLower(readFile(t, name)), "hardswish") || name == "internal/docs_test.go" {
			continue
		}
		mentions++
		covers := func(n string) bool { return n == name || strings.HasSuffix(n, "/") && strings.HasPrefix(name, n) }
		if !slices.ContainsFunc(named, covers) {
			t.Errorf("%s does not name %s", recipe, name)
		}
	}
	if mentions < 10 {
		t.Errorf("only %d files mention HARDSWISH", mentions)
	}
}

// The recipe names every interface that a layer may implement.
func TestRecipeNamesEveryInterface(t *testing.T) {
	named := namedInRecipe(t)
	declared := regexp.MustCompile(`(?m)^type (\w+) interface`)
	found := 0
	for _, name := range filesOf(t, ".go") {
		if path.Dir(name) != "internal/op" {
			continue
		}
		for _, m := range declared.FindAllStringSubmatch(readFile(t, name), -1) {
			found++
			// Every layer is a Layer, and Setting belongs to a field.
			if m[1] != "Layer" && m[1] != "Setting" && !slices.Contains(named, m[1]) {
				t.Errorf("%s does not name %s of %s", recipe, m[1], name)
			}
		}
	}
	if found < 5 {
		t.Errorf("only %d interfaces found in internal/op", found)
	}
}

// problemCode matches a problem's code in the source. Its first part says what finds the problem.
var problemCode = regexp.MustCompile(`"((?:file|yaml|arrow|layer|block|variable|label|network|shape|onnx|convert|lint|budget)/[a-z-]+)"`)

// Every code that the program gives to problems is explained in docs/check.md, and there are no others.
func TestCodesAreDocumented(t *testing.T) {
	documented := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z]+/[a-z-]+)` \\|").FindAllStringSubmatch(readFile(t, "docs/check.md"), -1) {
		documented[row[1]] = true
	}
	found := map[string]bool{}
	for _, name := range filesOf(t, ".go") {
		if strings.HasSuffix(name, "_test.go") || !strings.HasPrefix(name, "internal/") {
			continue
		}
		for _, code := range problemCode.FindAllStringSubmatch(readFile(t, name), -1) {
			found[code[1]] = true
			if !documented[code[1]] {
				t.Errorf("%s gives the code %s, which docs/check.md does not explain", name, code[1])
			}
		}
	}
	for code := range documented {
		if !found[code] {
			t.Errorf("docs/check.md explains %s, which no problem has", code)
		}
	}
}
