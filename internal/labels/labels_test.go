package labels

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"lines", "cat\ndog\n", []string{"cat", "dog"}},
		{"CRLF and byte-order mark", "\ufeffcat\r\ndog\r\n", []string{"cat", "dog"}},
		{"an empty line keeps its place", "cat\n\ndog", []string{"cat", "", "dog"}},
		{"synset.txt", "n01440764 tench, Tinca tinca\nn01443537 goldfish, Carassius auratus", []string{"tench", "goldfish"}},
		{"JSON list", `["cat", "dog"]`, []string{"cat", "dog"}},
		{"JSON object", `{"1": "dog", "0": "cat"}`, []string{"cat", "dog"}},
		{"Keras class index", `{"0": ["n01440764", "tench"], "1": ["n01443537", "goldfish"]}`, []string{"tench", "goldfish"}},
		{"Hugging Face config", `{"model_type": "resnet", "id2label": {"0": "cat", "1": "dog"}}`, []string{"cat", "dog"}},
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
		{"\xff\xfe", "the file of labels is not a UTF-8 text"},
		{"a\x00b", "the file of labels is not a UTF-8 text"},
		{"[1, 2]", "the JSON list of labels holds names only: json: cannot unmarshal number into Go value of type string"},
		{"[]", "the JSON list of labels is empty"},
		{`["a"] x`, "the JSON list of labels holds names only: something follows the JSON value"},
		{`{"0": "a", "2": "b"}`, `the JSON object of labels has the index "2": 2 labels are numbered from 0 to 1`},
		{`{"0": "a", "00": "b"}`, `the JSON object of labels has the index`},
		{`{"a": "b"}`, `the JSON object of labels has the index "a": 1 labels are numbered from 0 to 0`},
		{`{"label2id": {"cat": 0}}`, `the JSON object of labels maps each index to a name, such as {"0": "tench"}, perhaps under id2label`},
		{`{"0": `, "the JSON object of labels maps each index to a name"},
		{`{}`, "the JSON object of labels is empty"},
		{strings.Repeat("a", MaxFileSize+1), "the file of labels is larger than 16777216 bytes"},
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

func FuzzParse(f *testing.F) {
	f.Add([]byte("cat\ndog"))
	f.Add([]byte(`{"id2label": {"0": "cat"}}`))
	f.Add([]byte(`["cat"]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		names, err := Parse(data)
		if (err == nil) != (len(names) > 0) {
			t.Fatalf("%d names with error %v", len(names), err)
		}
	})
}
