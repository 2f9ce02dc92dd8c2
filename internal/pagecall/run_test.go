package pagecall

import (
	"bytes"
	"encoding/json"
	"image/png"
	"os"
	"strings"
	"testing"

	"cnncalc/architectures"
	"cnncalc/internal/study"
)

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

func TestStudy(t *testing.T) {
	var d study.Document
	err := answer(t, Call{Name: "study", Request: request(t, StudyRequest{Name: "lenet5", Text: lenet5(t)})}, &d)
	if err != nil || !d.Sound || d.Name != "lenet5" {
		t.Errorf("%v, sound %v, name %s", err, d.Sound, d.Name)
	}
	broken := StudyRequest{Name: "b", Text: "input: 8x8x1\nlayers: INPUT -> CONF3-8 -> FC-2\n"}
	if err := answer(t, Call{Name: "study", Request: request(t, broken)}, &d); err != nil || d.Sound || len(d.Problems) == 0 {
		t.Errorf("a network with a problem: %v, sound %v, %d problems", err, d.Sound, len(d.Problems))
	}
	wrong := StudyRequest{Text: lenet5(t), Settings: study.Settings{DType: "fp3"}}
	if err := answer(t, Call{Name: "study", Request: request(t, wrong)}, nil); err == nil {
		t.Error("a type of values that there is not was accepted")
	}
}

func TestADigitIsRecognised(t *testing.T) {
	eight, err := os.ReadFile("../../testdata/digits/eight.png")
	if err != nil {
		t.Fatal(err)
	}
	var got Run
	of := RunRequest{Name: "lenet5.yaml", Text: lenet5(t), BuiltIn: "lenet5"}
	if err := answer(t, Call{"run", request(t, of), eight}, &got); err != nil {
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
	if err := answer(t, Call{"run", request(t, changed), eight}, &got); err != nil {
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
		err := answer(t, Call{"run", request(t, RunRequest{Text: test.text}), test.picture}, nil)
		if err == nil || !strings.HasPrefix(err.Message, test.want) {
			t.Errorf("%s: %v, want %s", test.name, err, test.want)
		}
	}
}
