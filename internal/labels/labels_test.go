package labels

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cnncalc/internal/memory"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"lines", "cat\ndog\n", []string{"cat", "dog"}},
		{"CRLF and byte-order mark", "\ufeffcat\r\ndog\r\n", []string{"cat", "dog"}},
		{"an empty line keeps its place", "cat\n\ndog", []string{"cat", "", "dog"}},
		{"CR alone", "cat\rdog\r", []string{"cat", "dog"}},
		{"CR among LF", "cat\rdog\nant", []string{"cat", "dog", "ant"}},
		{"CR CR LF, from a file that was converted twice", "cat\r\r\ndog\r\r\n", []string{"cat", "dog"}},
		{"CR and an empty line", "cat\r\rdog", []string{"cat", "", "dog"}},
		{"a label as long as the limit", strings.Repeat("a", MaxLabel), []string{strings.Repeat("a", MaxLabel)}},
		{"synset.txt", "n01440764 tench, Tinca tinca\nn01443537 goldfish, Carassius auratus", []string{"tench", "goldfish"}},
		{"JSON list", `["cat", "dog"]`, []string{"cat", "dog"}},
		{"JSON object", `{"1": "dog", "0": "cat"}`, []string{"cat", "dog"}},
		{"Keras class index", `{"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"]}`, []string{"tench", "goldfish"}},
		{"Hugging Face config", `{"model_type": "resnet", "id2label": {"0": "cat", "1": "dog"}}`, []string{"cat", "dog"}},
		{"Hugging Face config, other keys of all kinds", `{"a": [1, {"b": null}], "id2label": {"0": "cat"}, "c": {}}`,
			[]string{"cat"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Parse([]byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{" \n", "the file of labels is empty"},
		{"\xff\xfe", "the file of labels is not UTF-8 text"},
		{"a\x00b", "the file of labels is not UTF-8 text"},
		{strings.Repeat("a", MaxFileSize+1), "the file of labels is larger than 16777216 bytes"},
		{"\r\n\ncat\r" + strings.Repeat("a", MaxLabel+1),
			`line 4: the label "` + strings.Repeat("a", 40) + `..." has 1,025 bytes; the limit is 1,024`},
		{"a" + strings.Repeat("\na", MaxLabels), "line 262145: the file has more than 262,144 labels, the limit"},

		{"[1, 2]", "the JSON list of labels: output 0 has 1 instead of a name"},
		{`["a", null]`, "the JSON list of labels: output 1 has null instead of a name"},
		{`["a", ["b"]]`, "the JSON list of labels: output 1 has a list instead of a name"},
		{"[]", "the JSON list of labels: it is empty"},
		{`["a"] x`, "the JSON list of labels: something follows the JSON value"},
		{"\n[\"a\",\n]", "the JSON list of labels: line 3: invalid character"},
		{`["a" "b"]`, "the JSON list of labels: line 1: invalid character"},
		{"[\"a\",\r\"b\"", "the JSON list of labels: line 2: the JSON text ends early"},
		{`["` + strings.Repeat("a", MaxLabel+1) + `"]`, `the JSON list of labels: the label "aaa`},
		{`["a"` + strings.Repeat(`,"a"`, MaxLabels) + "]", "the JSON list of labels: the file has more than 262,144 labels"},
		{`[` + strings.Repeat("1", 1<<20) + `]`, "the JSON list of labels: output 0 has " +
			strings.Repeat("1", 40) + "... instead"},

		{`{"0": "a", "2": "b"}`, "the JSON object of labels: it has the index 2, but its 2 labels are numbered from 0 to 1"},
		{`{"0": "a", "0": "b"}`, "the JSON object of labels: the index 0 is written twice"},
		{`{"0": "a", "00": "b"}`, "the JSON object of labels: the index 00 starts with a zero"},
		{`{"0": "a", "010": "b"}`, "the JSON object of labels: the index 010 starts with a zero"},
		{`{"0": "a", "+1": "b"}`, `the JSON object of labels: the key "+1" is not an index`},
		{`{"0": "a", "-1": "b"}`, `the JSON object of labels: the key "-1" is not an index`},
		{`{"0": "a", "0x1": "b"}`, `the JSON object of labels: the key "0x1" is not an index`},
		{`{"id2label": {"0": "a", "+1": "b"}}`, `the JSON object of labels: the key "+1" is not an index`},
		{`{"id2label": {"0": "a", "01": "b"}}`, "the JSON object of labels: the index 01 starts with a zero"},
		{`{"0": "a", "1": null}`, "the JSON object of labels: output 1 has null instead of a name"},
		{`{"0": ["n1", null]}`, "the JSON object of labels: output 0 has null instead of a name"},
		{`{"0": ["n1"]}`, "the JSON object of labels: output 0 has a list that is not a WordNet number and a name"},
		{`{"0": ["n1", "a", "b"]}`, "the JSON object of labels: output 0 has a list that is not a WordNet number and a name"},
		{`{"99999999999999999999": "b"}`, "the JSON object of labels: the index 99999999999999999999 is too large"},
		{`{"a": "b"}`, `the JSON object of labels: the key "a" is not an index; expected {"0": "tench"} and so on`},
		{`{"label2id": {"cat": 0}}`, `the JSON object of labels: the key "label2id" is not an index`},
		{`{"0": `, "the JSON object of labels: line 1: the JSON text ends early"},
		{`{}`, "the JSON object of labels: it is empty"},
		{`{"a": ` + strings.Repeat("[", 1<<20), "the JSON object of labels: the JSON text is nested deeper than 1000 levels"},

		{`{"a": [` + strings.Repeat("1,", maxTokens),
			"the JSON object of labels: the JSON text has more than 2,097,152 names, keys and brackets, the limit"},

		{`{"id2label": null}`, "the JSON object of labels: id2label is null instead of an object of index to name"},
		{`{"id2label": ["a"]}`, "the JSON object of labels: id2label is a list instead of"},
		{`{"id2label": {}}`, "the JSON object of labels: it is empty"},
		{`{"id2label": {"0": "a", "0": "b"}}`, "the JSON object of labels: the index 0 is written twice"},
		{`{"id2label": {"0": "a"}, "id2label": {"0": "b"}}`, "the JSON object of labels: the key id2label is written twice"},
		{`{"id2label": {"0": "a", "x": "b"}}`, `the JSON object of labels: the key "x" is not an index`},
	} {
		got, err := Parse([]byte(c.text))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%.20q: %v, %v; want the error %s", c.text, got, err, c.want)
		}
	}
}

// The first, the last and two in between, from the published list of ILSVRC 2012 classes.
func TestImageNet(t *testing.T) {
	names := ImageNet()
	if len(names) != 1000 {
		t.Fatalf("%d classes", len(names))
	}
	for i, want := range map[int]string{0: "tench", 281: "tabby", 285: "Egyptian cat", 999: "toilet tissue"} {
		if names[i] != want {
			t.Errorf("class %d is %s, want %s", i, names[i], want)
		}
	}
}

// FuzzParse holds that what is read is within the bounds, and that no JSON is read that is not JSON.
func FuzzParse(f *testing.F) {
	f.Add([]byte("cat\ndog"))
	f.Add([]byte("cat\rdog\r\nn01440764 tench, Tinca tinca"))
	f.Add([]byte(`{"id2label": {"0": "cat"}, "other": [{}]}`))
	f.Add([]byte(`{"0": ["n1", "cat"], "1": "dog"}`))
	f.Add([]byte(`["cat", null]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		names, err := Parse(data)
		if (err == nil) != (len(names) > 0) {
			t.Fatalf("%d names with error %v", len(names), err)
		}
		if err != nil {
			if text := err.Error(); len(text) > 1000 {
				t.Fatalf("an error of %d bytes: %.100s", len(text), text)
			}
			return
		}
		for i, name := range names {
			if len(name) > MaxLabel || i >= MaxLabels {
				t.Fatalf("label %d has %d bytes", i, len(name))
			}
		}
		text := bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\ufeff")))
		if (text[0] == '[' || text[0] == '{') && !json.Valid(text) {
			t.Fatalf("%q was read as %q", data, names)
		}
	})
}

// TestPeakMemory parses the costliest files of the largest size in a process of its own.
func TestPeakMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector, which runs with -short, takes memory of its own")
	}
	if _, ok := memory.PeakResident(); !ok {
		t.Skip("the peak of a process is not known here")
	}
	fill := func(begin, each string) string {
		return begin + strings.Repeat(each, (MaxFileSize-len(begin))/len(each))
	}
	most := strings.Repeat("a", MaxLabel-1)
	for name, text := range map[string]string{
		"empty lines":    fill("a", "\n") + "b",
		"CR":             fill("a", "\r") + "b",
		"long lines":     fill("", most+"\n"),
		"one line":       fill("", "a"),
		"list":           fill("[", `"",`),
		"nested list":    fill("", "["),
		"long name":      fill(`["`, "a"),
		"object":         fill("{", `"0":"",`),
		"keys":           fill("{", `"a":"",`),
		"nested object":  fill("", `{"a":`),
		"nested numbers": fill(`{"a":[`, "1,"),
		"id2label":       fill(`{"id2label":{`, `"0":"",`),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "labels")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			child := exec.Command(os.Args[0], "-test.run=^TestPeakMemoryChild$", "-test.v")
			child.Env = append(os.Environ(), childVariable+"="+path)
			out, err := child.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			_, result, _ := strings.Cut(string(out), childResult)
			var peak int64
			if _, err := fmt.Sscan(result, &peak); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if most := int64(128 << 20); peak > most {
				t.Errorf("the peak is %d bytes, want at most %d", peak, most)
			}
		})
	}
}

const (
	childVariable = "LABELS_TEST_CHILD" // holds the path
	childResult   = "peak: "
)

func TestPeakMemoryChild(t *testing.T) {
	path := os.Getenv(childVariable)
	if path == "" {
		t.Skip("only for TestPeakMemory")
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = Parse(data)
	peak, _ := memory.PeakResident()
	fmt.Println(childResult, peak)
}
