package graph_test

import (
	"fmt"
	"testing"

	"cnncalc/internal/graph"
)

func TestScopeString(t *testing.T) {
	tests := []struct {
		depth int
		want  string
	}{
		{0, ""},
		{1, "s1"},
		{2, "s1, s2"},
		{8, "s1, s2, s3, s4, s5, s6, s7, s8"},
		{9, "..., s2, s3, s4, s5, s6, s7, s8, s9"},
		{1000, "..., s993, s994, s995, s996, s997, s998, s999, s1000"},
	}
	for _, tt := range tests {
		var s *graph.Scope
		for i := range tt.depth {
			s = &graph.Scope{Outer: s, What: fmt.Sprint("s", i+1)}
		}
		if got := s.String(); got != tt.want {
			t.Errorf("%d scopes: %q, want %q", tt.depth, got, tt.want)
		}
	}
}
