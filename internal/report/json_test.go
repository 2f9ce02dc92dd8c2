package report

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"cnncalc/internal/plain"
)

func TestWriteJSON(t *testing.T) {
	doc := struct {
		Schema string `json:"schema"`
		Name   string `json:"name"`
		MACs   int64  `json:"macs"`
	}{"cnncalc/1", "<a&b>\x1b\n\x7f\u009b\u202e\u200b\u2028\U000e0001é卷\xff", 15_470_264_320}
	want := `{
  "schema": "cnncalc/1",
  "name": "<a&b>\u001b\n\u007f\u009b\u202e\u200b\u2028\udb40\udc01é卷\ufffd",
  "macs": 15470264320
}
`
	var buf bytes.Buffer
	if err := WriteJSON(&buf, doc); err != nil {
		t.Fatal(err)
	}
	if got := buf.String(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

func TestWriteJSONRefuses(t *testing.T) {
	var buf bytes.Buffer
	err := WriteJSON(&buf, map[string]float64{"seconds": math.NaN()})
	if err == nil || !strings.HasPrefix(err.Error(), "can't write the report as JSON: ") {
		t.Errorf("NaN: error %v", err)
	}
	if buf.Len() > 0 {
		t.Errorf("NaN: wrote %q before the error", buf.String())
	}
}

func FuzzWriteJSON(f *testing.F) {
	f.Add("conv1\u202e\x00")
	f.Add("\"\\u202e\" \U000e0001\U0001f600")
	f.Add("\xff\xed\xa0\x80")
	f.Fuzz(func(t *testing.T, s string) {
		var buf bytes.Buffer
		if err := WriteJSON(&buf, s); err != nil {
			t.Fatal(err)
		}
		line := strings.TrimSuffix(buf.String(), "\n")
		if plain.Escape(line) != line {
			t.Fatalf("%q is not safe to print", line)
		}
		var back string
		if err := json.Unmarshal(buf.Bytes(), &back); err != nil {
			t.Fatal(err)
		}
		if want := strings.ToValidUTF8(s, "\ufffd"); strings.ReplaceAll(back, "\ufffd", "") != strings.ReplaceAll(want,
			"\ufffd", "") {
			t.Fatalf("%q reads back as %q", s, back)
		}
	})
}
