package page_test

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"cnncalc/internal/page"
)

// Every file that the page names is among the assets, and none is on another host.
func TestPageNamesItsAssets(t *testing.T) {
	assets := page.Assets()
	html, err := fs.ReadFile(assets, "index.html")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`(?:src|href)="([^"]*)"`).FindAllSubmatch(html, -1)
	if len(named) < 3 {
		t.Fatalf("index.html names %d files", len(named))
	}
	for _, match := range named {
		name := string(match[1])
		if name == "data:," || strings.HasPrefix(name, "#") {
			continue
		}
		if _, err := fs.Stat(assets, name); err != nil {
			t.Errorf("index.html names %s: %v", name, err)
		}
	}
}

// The policy of the page allows neither scripts nor handlers of events within its HTML.
func TestPageHasNoScriptInline(t *testing.T) {
	html, err := fs.ReadFile(page.Assets(), "index.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, forbidden := range []string{`<script>`, `\son\w+=`, `javascript:`} {
		if found := regexp.MustCompile(forbidden).Find(html); found != nil {
			t.Errorf("index.html contains %q", found)
		}
	}
}

// A browser runs a script only if its name says what it is.
func TestKindsOfAssets(t *testing.T) {
	known := []string{".html", ".js", ".css", ".txt", ".json", ".svg", ".png"}
	err := fs.WalkDir(page.Assets(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		if !slices.Contains(known, path.Ext(name)) || strings.HasPrefix(path.Base(name), ".") {
			t.Errorf("%s is of no known kind", name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
