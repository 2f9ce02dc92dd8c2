package pagecall

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/architectures"
	"cnncalc/internal/op"
	"cnncalc/internal/study"
)

// answer calls, and returns the error of the answer or decodes its result.
func answer(t *testing.T, call Call, to any) *Error {
	t.Helper()
	encoded := (&Calls{Answers: Answers()}).Answer(t.Context(), call)
	decoded := struct {
		Result any    `json:"result"`
		Error  *Error `json:"error"`
	}{Result: to}
	if err := json.Unmarshal(encoded, &decoded); err != nil {
		t.Fatalf("%s answers %s: %v", call.Name, encoded, err)
	}
	return decoded.Error
}

func TestCallsThatAreWrong(t *testing.T) {
	for _, test := range []struct {
		name string
		call Call
		want Error
	}{
		{"unknown", Call{Name: "nothing\x1b"}, Error{Request, `there is no call "nothing\x1b"`}},
		{"no request", Call{Name: "show"}, Error{Request, "the request is wrong: EOF"}},
		{"not JSON", Call{Name: "show", Request: []byte("{")}, Error{Request, "the request is wrong: unexpected EOF"}},
		{"a field that is not known", Call{Name: "show", Request: []byte(`{"nam": "x"}`)},
			Error{Request, `the request is wrong: json: unknown field "nam"`}},
		{"more than a request", Call{Name: "show", Request: []byte(`{} {}`)},
			Error{Request, "the request is wrong: there is more after its end"}},
		{"a request that is too large", Call{Name: "show", Request: make([]byte, MaxRequest+1)},
			Error{Limit, "the request is larger than 8,388,608 bytes"}},
		{"a file with a call that takes none", Call{Name: "show", Request: []byte(`{}`), Attachment: []byte("x")},
			Error{Request, "the call takes no file"}},
		{"a network that there is not", Call{Name: "show", Request: []byte(`{"name": "vgg61"}`)},
			Error{Request, `there is no built-in network "vgg61"; did you mean vgg11?`}},
		{"a path", Call{Name: "show", Request: []byte(`{"name": "../go.mod"}`)},
			Error{Request, `there is no built-in network "../go.mod"`}},
	} {
		err := answer(t, test.call, nil)
		if err == nil || err.Code != test.want.Code || !strings.HasPrefix(err.Message, test.want.Message) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
}

// A defect is an answer, and its place is logged.
func TestDefects(t *testing.T) {
	var log strings.Builder
	calls := Calls{Log: &log}
	encoded := Encode(nil, calls.defect("study", "index out of range"))
	if !strings.Contains(string(encoded), `"code":"internal"`) ||
		!strings.Contains(string(encoded), "index out of range") {
		t.Errorf("the answer is %s", encoded)
	}
	if !strings.Contains(log.String(), "TestDefects") {
		t.Errorf("the log is %s", log.String())
	}
	broken := with(func(context.Context, struct{}) (any, error) { panic("x") })
	_, err := calls.guard(t.Context(), Call{Name: "broken", Request: []byte("{}")}, broken)
	if coded := asError(err); coded.Code != Internal {
		t.Errorf("a panic is %v", coded)
	}
}

func TestCallsThatAreStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	encoded := (&Calls{Answers: Answers()}).Answer(ctx, Call{Name: "list", Request: []byte("{}")})
	if want := `{"error":{"code":"limit","message":"it was stopped"}}`; strings.TrimSpace(string(encoded)) != want {
		t.Errorf("the answer is %s, want %s", encoded, want)
	}
}

func TestListAndShow(t *testing.T) {
	var listed []Listed
	if err := answer(t, Call{Name: "list", Request: []byte("{}")}, &listed); err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range listed {
		names = append(names, l.Name)
		var shown Text
		if err := answer(t, Call{Name: "show", Request: []byte(`{"name": "` + l.Name + `"}`)}, &shown); err != nil {
			t.Fatal(err)
		}
		if text, err := architectures.Open(l.Name); err != nil || shown != (Text{l.Name, string(text)}) {
			t.Errorf("%s is shown as %+v", l.Name, shown)
		}
	}
	if diff := cmp.Diff(architectures.Names(), names); diff != "" {
		t.Errorf("the networks differ (-built-in +listed):\n%s", diff)
	}
}

func TestLanguageHasEveryKindAndField(t *testing.T) {
	var l Language
	if err := answer(t, Call{Name: "language", Request: []byte("{}")}, &l); err != nil {
		t.Fatal(err)
	}
	for i, k := range op.Kinds() {
		if l.Kinds[i].Name != k.Name || len(l.Kinds[i].Fields) != len(k.New().Fields()) {
			t.Errorf("kind %s is described as %+v", k.Name, l.Kinds[i])
		}
	}
	for setting, want := range map[string]string{"mode": "inference", "dtype": "amp", "optimizer": "adam", "device": "t4"} {
		if !slices.Contains(l.Choices[setting], want) {
			t.Errorf("the choices of %s are %q, without %s", setting, l.Choices[setting], want)
		}
	}
	if l.Schema["type"] != "object" {
		t.Errorf("the schema is of a %v", l.Schema["type"])
	}
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

func TestStudy(t *testing.T) {
	var d study.Document
	err := answer(t, Call{Name: "study", Request: request(t, StudyRequest{Name: "lenet5", Text: lenet5(t)})}, &d)
	if err != nil || !d.Sound || d.Name != "lenet5" {
		t.Errorf("%v, sound %v, name %s", err, d.Sound, d.Name)
	}
	broken := StudyRequest{Name: "b", Text: "input: 8x8x1\nlayers: INPUT -> CONF3-8 -> FC-2\n"}
	if err := answer(t, Call{Name: "study", Request: request(t, broken)}, &d); err != nil || d.Sound ||
		len(d.Problems) == 0 {
		t.Errorf("a network with a problem: %v, sound %v, %d problems", err, d.Sound, len(d.Problems))
	}
	wrong := StudyRequest{Text: lenet5(t), Settings: study.Settings{DType: "fp3"}}
	if err := answer(t, Call{Name: "study", Request: request(t, wrong)}, nil); err == nil {
		t.Error("a type of values that there is not was accepted")
	}
}
