package budget

import (
	"os"
	"strings"
	"testing"

	"cnncalc/internal/figure"
)

// The manual names every figure and every key of a limit.
func TestManualListsFigures(t *testing.T) {
	text, err := os.ReadFile("../../docs/budgets.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range figure.All() {
		for _, name := range append(keys(f), f.Name) {
			if !strings.Contains(string(text), "`"+name+"`") {
				t.Errorf("docs/budgets.md does not name %s", name)
			}
		}
	}
}
