package report

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A table loses its minor columns, the least important first, until it fits, and no more.
func TestNarrow(t *testing.T) {
	whole := vggStart()
	whole.Minor = []string{"weights", "gone", "volume", "layer", "memory"}
	widest := width(t, whole)
	for _, test := range []struct {
		width int
		want  string // the headers
		note  string
	}{
		{0, "layer output MACs_mem weights", ""},
		{widest, "layer output MACs_mem weights", ""},
		{widest - 1, "layer output MACs_mem", "Columns left out: weights; --width 0 shows them."},
		{22, "layer MACs_mem", "Columns left out: weights, volume; --width 0 shows them."},
		{21, "MACs_mem", "Columns left out: weights, volume, layer; --width 0 shows them."},
		{1, "MACs_mem", "Columns left out: weights, volume, layer; --width 0 shows them."}, // one remains
	} {
		got := whole.Narrow(test.width)
		var headers []string
		for _, c := range got.Columns {
			headers = append(headers, c.Header)
		}
		if diff := cmp.Diff(test.want, strings.Join(headers, " ")); diff != "" {
			t.Errorf("width %d (-want +got):\n%s", test.width, diff)
		}
		if last := got.Notes[len(got.Notes)-1]; test.note != "" && last != test.note || test.note == "" && len(got.Notes) != len(whole.Notes) {
			t.Errorf("width %d: the last note is %q, want %q", test.width, last, test.note)
		}
		if w := width(t, got); test.width > 8 && w > test.width {
			t.Errorf("width %d: the table is %d wide", test.width, w)
		}
	}
	if len(whole.Notes) != 2 {
		t.Error("Narrow changed its table")
	}
}

// width returns the width of a table's rules.
func width(t *testing.T, table Table) int {
	t.Helper()
	for line := range strings.Lines(render(t, table, Text)) {
		if strings.HasPrefix(line, "---") {
			return len(line) - 1
		}
	}
	t.Fatal("no rule")
	return 0
}
