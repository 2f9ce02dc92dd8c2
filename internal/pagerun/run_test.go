package pagerun

import (
	"bytes"
	"encoding/json"
	"image/png"
	"os"
	"strings"
	"testing"

	"cnncalc/architectures"
	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/pagecall"
)

// answer calls, and returns the error of the answer or decodes its result.
func answer(t *testing.T, call pagecall.Call, to any) *pagecall.Error {
	t.Helper()
	encoded := (&pagecall.Calls{Answers: Answers()}).Answer(t.Context(), call)
	decoded := struct {
		Result any             `json:"result"`
		Error  *pagecall.Error `json:"error"`
	}{Result: to}
	if err := json.Unmarshal(encoded, &decoded); err != nil {
		t.Fatalf("%s answers %s: %v", call.Name, encoded, err)
	}
	return decoded.Error
}

func request(t *testing.T, value any) []byte {
	t.Helper()
	data, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func lenet5(t *testing.T) string {
	t.Helper()
	text, err := architectures.Open("lenet5")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestADigitIsRecognised(t *testing.T) {
	eight, err := os.ReadFile("../../testdata/digits/eight.png")
	if err != nil {
		t.Fatal(err)
	}
	var got Run
	of := RunRequest{Name: "lenet5.yaml", Text: lenet5(t), BuiltIn: "lenet5"}
	if err := answer(t, pagecall.Call{Name: "run", Request: request(t, of), Attachment: eight}, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Ranking) != 10 || got.Ranking[0].Label != "8" || got.Ranking[0].Probability < 0.5 || got.Note != "" {
		t.Errorf("the ranking is %+v, with the note %q", got.Ranking, got.Note)
	}
	names := map[string]bool{}
	for _, l := range got.Layers {
		names[l.Name] = true
		if _, err := png.Decode(bytes.NewReader(l.Picture)); err != nil {
			t.Errorf("the picture of %s: %v", l.Name, err)
		}
	}
	if !names["conv1"] || !names["fc3"] {
		t.Errorf("there are pictures of %v", names)
	}
}

func TestRunsOfOtherNetworks(t *testing.T) {
	eight, err := os.ReadFile("../../testdata/digits/eight.png")
	if err != nil {
		t.Fatal(err)
	}
	changed := RunRequest{Text: strings.Replace(lenet5(t), "FC-120", "FC-121", 1), BuiltIn: "lenet5"}
	var got Run
	if err := answer(t, pagecall.Call{Name: "run", Request: request(t, changed), Attachment: eight}, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Ranking) > 0 || !strings.Contains(got.Note, "random") {
		t.Errorf("a network that its weights do not fit has the ranking %v and the note %q", got.Ranking, got.Note)
	}
	for _, test := range []struct {
		name, text string
		picture    []byte
		want       string
	}{
		{"problems", "input: 8x8x1\nlayers: INPUT -> CONF3-8\n", eight, "the network has problems: 2:18: unknown kind of layer CONF"},
		{"depth", "input: 8x8x2\nlayers: INPUT -> FC-2\n", eight, "the input is 8x8x2, but a picture is 3 deep, or 1 in grey"},
		{"no picture", "input: 8x8x1\nlayers: INPUT -> FC-2\n", nil, "the picture: "},
		{"memory", "input: 60000x60000x3\nlayers: INPUT -> CONV3-64\n", eight, "the network needs "},
	} {
		err := answer(t,
			pagecall.Call{Name: "run", Request: request(t, RunRequest{Text: test.text}), Attachment: test.picture}, nil)
		if err == nil || !strings.HasPrefix(err.Message, test.want) {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
}

// What a dropped model becomes is a network without problems.
func TestConvert(t *testing.T) {
	model, err := os.ReadFile("../../testdata/onnx/convnext-17.onnx")
	if err != nil {
		t.Fatal(err)
	}
	var text pagecall.Text
	if err := answer(t, pagecall.Call{Name: "convert", Request: []byte(`{"name": "convnext.onnx"}`), Attachment: model},
		&text); err != nil {
		t.Fatal(err)
	}
	if _, err := network.Sound("m.yaml", []byte(text.Text), graph.Options{}); err != nil {
		t.Errorf("%v in\n%s", err, text.Text)
	}
}

func TestModelsThatAreWrong(t *testing.T) {
	for _, test := range []struct {
		name string
		call pagecall.Call
		want string
	}{
		{"no model", pagecall.Call{Name: "convert", Request: []byte(`{"name": "m.onnx"}`)}, "m.onnx: not an ONNX model: the file is empty"},
		{"half a model", pagecall.Call{Name: "convert", Request: []byte(`{"name": "m.onnx"}`), Attachment: []byte{0x08, 0x07, 0x3a, 0x10}},
			"m.onnx: not a valid ONNX model, at byte "},
		{"text", pagecall.Call{Name: "convert", Request: []byte(`{"name": "m.onnx"}`), Attachment: []byte("input: 8x8x1\n")},
			"m.onnx: not an ONNX model, but text"},
		{"a name with a line end", pagecall.Call{Name: "convert", Request: []byte(`{"name": "a\n\u202eb.onnx"}`)},
			`a\n\u202eb.onnx: not an ONNX model`},
	} {
		err := answer(t, test.call, nil)
		if err == nil || err.Code != pagecall.Problem || !strings.HasPrefix(err.Message, test.want) {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
}

// A model runs with its own weights, on the picture in the request.
func TestRunOfAModel(t *testing.T) {
	model, err := os.ReadFile("../../testdata/onnx/convnext-17.onnx")
	if err != nil {
		t.Fatal(err)
	}
	eight, err := os.ReadFile("../../testdata/digits/eight.png")
	if err != nil {
		t.Fatal(err)
	}
	var got Run
	of := request(t, RunRequest{Name: "convnext.onnx", Picture: eight})
	if err := answer(t, pagecall.Call{Name: "run", Request: of, Attachment: model}, &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Ranking) == 0 || got.Note != "" {
		t.Errorf("the ranking is %+v, with the note %q", got.Ranking, got.Note)
	}
	picture := pagecall.Call{Name: "run", Request: of, Attachment: eight}
	if err := answer(t, picture, nil); err == nil ||
		err.Message != "convnext.onnx: neither an ONNX model nor text: no model starts with the byte 0x89" {
		t.Errorf("a picture in place of the model: %v", err)
	}
}
