package study

import (
	"strings"
	"testing"
)

// A defect in either of two functions that run at the same time is the caller's, who may recover from it.
func TestTogether(t *testing.T) {
	fail := func() { panic("out of range") }
	ran := false
	for name, run := range map[string]func(){
		"the first":  func() { together(fail, func() { ran = true }) },
		"the second": func() { together(func() { ran = true }, fail) },
		"both":       func() { ran = true; together(fail, fail) },
	} {
		ran = false
		value := recovered(run)
		if text, ok := value.(string); !ok || !strings.Contains(text, "out of range") {
			t.Errorf("%s panics: the caller got %v", name, value)
		}
		if !ran {
			t.Errorf("%s panics: the other did not run", name)
		}
	}
	if value := recovered(func() { together(func() {}, func() {}) }); value != nil {
		t.Errorf("neither panics: the caller got %v", value)
	}
}

func recovered(run func()) (value any) {
	defer func() { value = recover() }()
	run()
	return nil
}
