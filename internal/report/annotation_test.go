package report

import (
	"errors"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"cnncalc/internal/diag"
)

func someAnnotations() []Annotation {
	return []Annotation{
		{File: "nets/a,b: 100%.yaml", Pos: diag.Pos{Line: 3, Col: 7}, Code: "a/b", Title: "a: b,c", Message: "50% more:\r\nof 1, 2\x1b"},
		{File: "./b.yaml", Code: "a/b", IsNote: true, Title: "t", Message: "m"},
		{File: "c.yaml", Pos: diag.Pos{Line: 1, Col: 1}, Code: "c/d", Title: "::error::", Message: "::error::\n::stop-commands::x"},
	}
}

// Nothing in a text can end a command or start another one.
func TestGitHubCommands(t *testing.T) {
	var b strings.Builder
	if err := WriteGitHub(&b, someAnnotations()); err != nil {
		t.Fatal(err)
	}
	want := `::error file=nets/a%2Cb%3A 100%25.yaml,line=3,col=7,title=a%3A b%2Cc::50%25 more:%0Aof 1, 2\x1b
::notice file=b.yaml,title=t::m
::error file=c.yaml,line=1,col=1,title=%3A%3Aerror%3A%3A::::error::%0A::stop-commands::x
`
	if b.String() != want {
		t.Errorf("%s\nwant\n%s", b.String(), want)
	}
}

// The log keeps the schema of SARIF 2.1.0, with and without results.
func TestSARIF(t *testing.T) {
	for _, annotations := range [][]Annotation{nil, someAnnotations()} {
		var b strings.Builder
		if err := WriteSARIF(&b, annotations); err != nil {
			t.Fatal(err)
		}
		log, err := sarif.FromString(b.String())
		if err != nil {
			t.Fatal(err)
		}
		if err := log.Validate(); err != nil {
			t.Error(err)
		}
		if len(log.Runs) != 1 || len(log.Runs[0].Results) != len(annotations) ||
			!strings.Contains(b.String(), `"results": [`) {
			t.Errorf("%s", b.String())
		}
		if annotations == nil {
			continue
		}
		result := log.Runs[0].Results[0]
		place := result.Locations[0].PhysicalLocation
		if *place.ArtifactLocation.URI != "nets/a%2Cb:%20100%25.yaml" &&
			*place.ArtifactLocation.URI != "nets/a,b:%20100%25.yaml" {
			t.Errorf("the file is %s", *place.ArtifactLocation.URI)
		}
		if *place.Region.StartLine != 3 || *place.Region.StartColumn != 7 || result.Level != "error" ||
			*result.RuleID != "a/b" ||
			*result.Message.Text != "50% more:\r\nof 1, 2\x1b" {
			t.Errorf("%+v", result)
		}
		if second := log.Runs[0].Results[1]; second.Level != "note" || second.Locations[0].PhysicalLocation.Region != nil {
			t.Errorf("%+v", second)
		}
	}
}

func TestAnnotationsOfCheck(t *testing.T) {
	budgets := &diag.Source{Name: "budgets.yaml"}
	files := []CheckedFile{
		{Name: "a.yaml", Problems: diag.List{
			{Pos: diag.Pos{Line: 2, Col: 3}, Code: "x/y", Msg: "wrong", Context: "turn 1", Fits: "5", Hint: "do"},
			{Pos: diag.Pos{Line: 1, Col: 3}, In: budgets, Code: "budget/exceeded", Msg: "large", Most: "fc1"},
		}, Advice: diag.List{{Code: "lint/z", Msg: "better"}}},
		{Name: "b.yaml", Unreadable: errors.New("cannot")},
	}
	want := []Annotation{
		{File: "a.yaml", Pos: diag.Pos{Line: 2, Col: 3}, Code: "x/y", Title: "x/y", Message: "wrong\nin: turn 1\nfits: 5\nhint: do"},
		{File: "budgets.yaml", Pos: diag.Pos{Line: 1, Col: 3}, Code: "budget/exceeded", Title: "budget/exceeded", Message: "large\nmost: fc1"},
		{File: "a.yaml", Code: "lint/z", IsNote: true, Title: "lint/z", Message: "better"},
		{File: "b.yaml", Code: "file/unreadable", Title: "cnncalc", Message: "cannot"},
	}
	got := CheckAnnotations(files)
	for i := range want {
		if i >= len(got) || got[i] != want[i] {
			t.Fatalf("%+v\nwant\n%+v", got, want)
		}
	}
}
