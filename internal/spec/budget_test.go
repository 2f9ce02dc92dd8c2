package spec

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
)

const withBudget = `input: 8x8x1
budget:
  parameters: 5M
  macs: {max: 600M, min: "1"}
  peak:
    - {account: pytorch, mode: inference, max: 50 MB}
    - 1GiB
  time: [{flops: 13TFLOP/s, max: 1.5ms}]
  "no, figure": "null"
layers: INPUT -> FC-2
`

// A budget is read as it is written, with its places.
func TestBudget(t *testing.T) {
	g, problems := lower(t, withBudget)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	at := func(line, col int) diag.Pos { return diag.Pos{Line: line, Col: col} }
	want := []graph.BudgetItem{
		{Figure: "parameters", Pos: at(3, 3), Settings: []graph.BudgetSetting{
			{Key: "max", Value: "5M", Pos: at(3, 15), ValuePos: at(3, 15)}}},
		{Figure: "macs", Pos: at(4, 3), Settings: []graph.BudgetSetting{
			{Key: "max", Value: "600M", Pos: at(4, 10), ValuePos: at(4, 15)},
			{Key: "min", Value: "1", Pos: at(4, 21), ValuePos: at(4, 26)}}},
		{Figure: "peak", Pos: at(5, 3), Settings: []graph.BudgetSetting{
			{Key: "account", Value: "pytorch", Pos: at(6, 8), ValuePos: at(6, 17)},
			{Key: "mode", Value: "inference", Pos: at(6, 26), ValuePos: at(6, 32)},
			{Key: "max", Value: "50 MB", Pos: at(6, 43), ValuePos: at(6, 48)}}},
		{Figure: "peak", Pos: at(5, 3), Settings: []graph.BudgetSetting{
			{Key: "max", Value: "1GiB", Pos: at(7, 7), ValuePos: at(7, 7)}}},
		{Figure: "time", Pos: at(8, 3), Settings: []graph.BudgetSetting{
			{Key: "flops", Value: "13TFLOP/s", Pos: at(8, 11), ValuePos: at(8, 18)},
			{Key: "max", Value: "1.5ms", Pos: at(8, 29), ValuePos: at(8, 34)}}},
		{Figure: "no, figure", Pos: at(9, 3), Settings: []graph.BudgetSetting{
			{Key: "max", Value: "null", Pos: at(9, 17), ValuePos: at(9, 17)}}},
	}
	if diff := cmp.Diff(want, g.Budget); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	checkRoundTrip(t, g)
	printed := `budget:
  parameters: 5M
  macs: {max: 600M, min: 1}
  peak:
    - {account: pytorch, mode: inference, max: 50 MB}
    - 1GiB
  time: {flops: 13TFLOP/s, max: 1.5ms}
  "no, figure": "null"
`
	if text := Print(g); !strings.Contains(text, printed) {
		t.Errorf("no budget in\n%s", text)
	}
}

func TestBudgetsThatAreNone(t *testing.T) {
	for text, want := range map[string]string{
		"budget: 5M":                             "1:9: budget must be a mapping of names to values, not 5M",
		"budget:":                                "1:8: budget must be a mapping of names to values, not nothing",
		"budget: {}":                             "1:9: budget has no limit",
		"budget: {parameters: }":                 "1:22: parameters has no value",
		"budget: {parameters: []}":               "1:22: the list for parameters is empty",
		"budget: {parameters: [[1]]}":            "1:23: parameters must be a single value, not a list",
		"budget: {parameters: {max: [1]}}":       "1:28: max must be a single value, not a list",
		"budget: {parameters: {max: 1, max: 2}}": "1:31: the key max is written twice in parameters",
		"budget: {macs: 1, macs: 2}":             "1:19: the key macs is written twice in budget",
		"budget: {macs: !!float 1}":              "1:16: the YAML tag !!float has no meaning here",
		"budgets: {macs: 1}":                     "1:1: an architecture file has no key budgets",
		"budget: {macs: [" + strings.Repeat("1, ", 101) + "1]}": "1:10: budget has more than 100 limits",
	} {
		_, _, problems := Read("f.yaml", []byte(text+"\ninput: 8x8x1\nlayers: INPUT -> FC-2\n"))
		if problems = problems.Sorted(); len(problems) != 1 || problems[0].Error() != want {
			t.Errorf("%.60s: %v, want %s", text, problems, want)
		}
	}
}

func TestFilesOfBudgets(t *testing.T) {
	budgets, source, problems := ReadBudgets("b.yaml",
		[]byte("networks:\n  a.yaml: &small {parameters: 5M}\n  \"*.onnx\": *small\n"))
	want := []NetworkBudget{
		{"a.yaml", diag.Pos{Line: 2, Col: 3}, []graph.BudgetItem{{Figure: "parameters", Pos: diag.Pos{Line: 2, Col: 19},
			Settings: []graph.BudgetSetting{{Key: "max", Value: "5M", Pos: diag.Pos{Line: 2, Col: 31},
				ValuePos: diag.Pos{Line: 2, Col: 31}}}}}},
	}
	if len(budgets) == 2 {
		want = append(want, NetworkBudget{"*.onnx", diag.Pos{Line: 3, Col: 3}, budgets[0].Items})
	}
	if diff := cmp.Diff(want, budgets); diff != "" || len(problems) > 0 || source.Name != "b.yaml" {
		t.Errorf("%v %s (-want +got):\n%s", problems, source.Name, diff)
	}
	for text, want := range map[string]string{
		"":                               "the file is empty",
		"# nothing\n":                    "the file is empty",
		"5":                              "1:1: a file of budgets must be a mapping of names to values, not 5",
		"{}":                             "the key networks is missing",
		"network: {a.yaml: {macs: 1}}":   "1:1: a file of budgets has no key network",
		"networks: [a.yaml]":             "1:11: networks must be a mapping of names to values, not a list",
		"networks: {a.yaml: {}}":         "1:20: a.yaml has no limit",
		"networks: {}":                   "1:11: networks names no network",
		"networks:\n  *.yaml: {macs: 1}": "2:3: YAML reads a value that starts with * as an alias",
		"networks: {a: {macs: 1}}\n---\nnetworks: {a: {macs: 1}}": "" +
			"2:1: a second YAML document starts here: a file holds one document",
		"networks: {a: {macs: 1}": "1:11: this { is not closed, or a comma is missing after it",
		"\xff":                    `1:1: the byte 0xff is not valid UTF-8`,
	} {
		_, _, problems := ReadBudgets("b.yaml", []byte(text))
		if len(problems) != 1 || problems[0].Error() != want {
			t.Errorf("%q: %v, want %s", text, problems, want)
		}
	}
}
