package graph_test

import (
	"testing"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

func TestScopeString(t *testing.T) {
	tests := []struct {
		depth int
		want  string
	}{
		{0, ""},
		{1, "b1 at line 1"},
		{2, "b1 at line 1, turn 2 of 9"},
		{8, "b1 at line 1, turn 2 of 9, b3 at line 3, turn 4 of 9, b5 at line 5, turn 6 of 9, b7 at line 7, turn 8 of 9"},
		{9, "..., turn 2 of 9, b3 at line 3, turn 4 of 9, b5 at line 5, turn 6 of 9, b7 at line 7, turn 8 of 9, b9 at line 9"},
	}
	calls := []string{"", "b1", "", "b3", "", "b5", "", "b7", "", "b9"}
	for _, tt := range tests {
		var s *graph.Scope
		for i := range tt.depth {
			s = &graph.Scope{Outer: s, Turn: int64(i + 1), Turns: 9}
			if call := calls[i+1]; call != "" {
				s.Turn, s.Call, s.Pos = 0, call, diag.Pos{Line: i + 1}
			}
		}
		if got := s.String(); got != tt.want {
			t.Errorf("%d scopes: %q, want %q", tt.depth, got, tt.want)
		}
	}
}

// A thousand scopes are named by the innermost few.
func TestScopeStringOfMany(t *testing.T) {
	var s *graph.Scope
	for i := range int64(1000) {
		s = &graph.Scope{Outer: s, Turn: i + 1, Turns: 1000}
	}
	const want = "..., turn 993 of 1000, turn 994 of 1000, turn 995 of 1000, turn 996 of 1000, turn 997 of 1000, " +
		"turn 998 of 1000, turn 999 of 1000, turn 1000 of 1000"
	if got := s.String(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
