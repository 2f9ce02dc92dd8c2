package onnxnet

import (
	"bufio"
	"cmp"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"cnncalc/internal/graph"
	"cnncalc/internal/onnx"
)

// schema is a line of operators.txt: the attributes of an operator from an opset on.
type schema struct {
	since      int64
	attributes []string
}

// schemas returns the versions of each operator, in order.
func schemas(t *testing.T) map[string][]schema {
	t.Helper()
	file, err := os.Open("../../testdata/onnx/operators.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all := map[string][]schema{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		words := strings.Fields(lines.Text())
		since, err := strconv.ParseInt(words[1], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		all[words[0]] = append(all[words[0]], schema{since, words[2:]})
	}
	return all
}

// Every operator has the attributes that ONNX lists for it, at every opset, and no others.
func TestAttributes(t *testing.T) {
	listed := schemas(t)
	if len(listed) != len(operators) {
		t.Errorf("%d operators are listed, and %d known", len(listed), len(operators))
	}
	for name, o := range operators {
		versions := listed[name]
		if len(versions) == 0 || versions[0].since != o.since {
			t.Errorf("%s is known from opset %d on; listed are %v", name, o.since, versions)
			continue
		}
		for opset := int64(1); opset <= newestOpset; opset++ {
			var want []string
			for _, v := range versions {
				if v.since <= opset {
					want = v.attributes
				}
			}
			var got []string
			for attribute, s := range o.spans() {
				if s.has(opset) {
					got = append(got, attribute)
				}
			}
			if slices.Sort(got); o.has(opset) && !slices.Equal(got, want) {
				t.Errorf("%s has at opset %d the attributes %v, want %v", name, opset, got, want)
			}
		}
	}
}

// modelOfNode is a model of one node that reads as many pictures as its operator needs.
func modelOfNode(name string, opset int64, attributes ...onnx.Attribute) *onnx.Model {
	n := onnx.Node{Name: "the node", Op: name, Outputs: []string{"y"}, Attributes: attributes}
	m := &onnx.Model{IRVersion: 3, Opsets: map[string]int64{"": opset},
		Graph: onnx.Graph{Outputs: []onnx.Value{{Name: "y"}}}}
	for i := range max(operators[name].inputs, 1) {
		n.Inputs = append(n.Inputs, fmt.Sprint("x", i))
		m.Graph.Inputs = append(m.Graph.Inputs, onnx.Value{
			Name: n.Inputs[i], HasShape: true, Dims: []onnx.Dim{{Size: 1}, {Size: 4}, {Size: 3}, {Size: 3}},
		})
	}
	m.Graph.Nodes = []onnx.Node{n}
	return m
}

// firstProblem returns the first problem of a model with its place.
func firstProblem(m *onnx.Model) string {
	_, _, problems := Read(&onnx.File{Model: m}, "m").Lower(graph.Options{})
	if len(problems) == 0 {
		return ""
	}
	return problems[0].Node + ": " + problems[0].Msg
}

// An attribute that ONNX does not have is refused by every operator, at its place and with a remedy; it might change
// the result.
func TestUnknownAttributes(t *testing.T) {
	for name, o := range operators {
		opset := o.until
		if opset == 0 {
			opset = newestOpset
		}
		m := modelOfNode(name, opset, onnx.Attribute{Name: "made_up", Kind: onnx.KindInt, Int: 1})
		got := firstProblem(m)
		want := `ONNX knows no attribute "made_up" of it: remove the attribute, or export the model again`
		namesOperator := strings.Contains(got, name+": ") || strings.Contains(got, name+", node")
		if !strings.HasSuffix(got, want) || !strings.Contains(got, `0, "the node"`) || !namesOperator {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// So is an attribute of another operator, which shape rules that both use might read.
func TestAttributesOfOthers(t *testing.T) {
	all := map[string]bool{}
	for _, o := range operators {
		for attribute := range o.spans() {
			all[attribute] = true
		}
	}
	for name, o := range operators {
		opset, own := cmp.Or(o.until, newestOpset), o.spans()
		for attribute := range all {
			if _, isOwn := own[attribute]; isOwn {
				continue
			}
			a := onnx.Attribute{Name: attribute, Kind: kindsOf(attribute)[0], Int: 1, Ints: []int64{1}}
			if got := firstProblem(modelOfNode(name, opset, a)); !strings.Contains(got, "ONNX knows no attribute") {
				t.Errorf("%s with %s: %s", name, attribute, got)
			}
		}
	}
}

// What a model cannot have at its opset is refused.
func TestVersions(t *testing.T) {
	number := func(name string) onnx.Attribute { return onnx.Attribute{Name: name, Kind: onnx.KindFloat, Float: 1} }
	for name, test := range map[string]struct {
		model *onnx.Model
		want  string
	}{
		"future": {modelOfNode("Relu", newestOpset+1),
			": the model has opset 28, and cnncalc knows the operators up to opset 27: " +
				"export it with opset_version=27, or convert it with onnx.version_converter"},
		"newest": {modelOfNode("Relu", newestOpset), ""},
		"first":  {modelOfNode("Relu", 1), ""},
		"none":   {modelOfNode("Relu", 0), ": the model declares opset 0; opsets start with 1"},
		"too early": {modelOfNode("HardSwish", 13),
			`0, "the node": HardSwish: ONNX has the operator from opset 14 on, but the model declares opset 13: ` +
				`export it with another opset_version`},
		"too late": {modelOfNode("Upsample", 10),
			`0, "the node": Upsample: ONNX has the operator up to opset 9, but the model declares opset 10: ` +
				`export it with another opset_version`},
		"of the past": {modelOfNode("Clip", 11, number("min")),
			`0, "the node": Clip: ONNX knows its attribute "min" up to opset 10, but the model declares opset 11: ` +
				`export it with another opset_version`},
		"of the past ": {modelOfNode("Clip", 10, number("min")), ""},
		"another kind": {modelOfNode("Flatten", 17, number("axis")),
			`0, "the node": Flatten: its attribute "axis" is a number, not an integer: export the model again`},
		"twice": {modelOfNode("Clip", 10, number("min"), number("min")),
			`0, "the node": Clip: it has the attribute "min" twice: export the model again`},
		"of a function": {modelOfNode("Clip", 10, onnx.Attribute{Name: "min", Ref: "low"}),
			`0, "the node": Clip: its attribute "min" is one of a function that is not there: export the model again`},
	} {
		t.Run(name, func(t *testing.T) {
			if got := firstProblem(test.model); got != test.want {
				t.Errorf("%s\nwant\n%s", got, test.want)
			}
		})
	}
	old := modelOfNode("Relu", 8)
	old.IRVersion = 2
	undeclared := modelOfNode("Relu", 8)
	undeclared.Opsets = nil
	for want, m := range map[string]*onnx.Model{
		": the model has IR version 2, and cnncalc reads version 3 and later: save it with a later onnx package": old,
		`0, "the node": Relu: the model does not declare the opset of ONNX's operators: export it again`:         undeclared,
	} {
		if got := firstProblem(m); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
}
