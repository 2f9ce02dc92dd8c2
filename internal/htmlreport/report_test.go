package htmlreport_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"cnncalc/architectures"
	"cnncalc/internal/htmlreport"
	"cnncalc/internal/network"
	"cnncalc/internal/page"
	"cnncalc/internal/study"
)

func documentOf(t *testing.T, name, text string) *study.Document {
	t.Helper()
	d, err := study.Make(network.Read(name, []byte(text)), study.Settings{DrawsFolded: true})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func reportOf(t *testing.T, documents ...*study.Document) string {
	t.Helper()
	text, err := htmlreport.Write(documents)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func builtIn(t *testing.T, name string) *study.Document {
	t.Helper()
	data, err := architectures.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return documentOf(t, name, string(data))
}

// The report of a deep network is not larger than a mail takes, and equal networks make equal reports.
func TestSize(t *testing.T) {
	const most = 400_000
	for _, name := range []string{"torchvision/resnet152", "torchvision/densenet121"} {
		if text := reportOf(t, builtIn(t, name)); len(text) > most {
			t.Errorf("the report of %s has %d bytes, more than %d", name, len(text), most)
		}
	}
	text := reportOf(t, builtIn(t, "torchvision/resnet152"))
	if again := reportOf(t, builtIn(t, "torchvision/resnet152")); again != text {
		t.Error("two reports of a network differ")
	}
}

// The document has every section without JavaScript, and names no host.
func TestSections(t *testing.T) {
	text := reportOf(t, builtIn(t, "lenet5"), builtIn(t, "vgg16"))
	for _, want := range []string{
		"Side by side", "x2242.21", // VGG-16's parameters
		`id="n0-graph"`, `id="n0-volumes"`, `id="n0-layers"`, `id="n0-memory"`, `id="n0-batches"`, `id="n0-roofline"`,
		`id="n0-explain"`, `id="n0-fields"`, `id="n1-layers"`, "<tr><td>conv1<td>CONV5-6<td>28x28x6<td>4,704<td>156<td>117,600",
		`<template shadowrootmode="open"><svg`, "<details><summary><b>conv1</b> CONV5-6",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %s", want)
		}
	}
	without := strings.ReplaceAll(strings.Replace(text, page.ReportScript, "", 1), `xmlns="http://www.w3.org/2000/svg"`,
		"")
	if found := regexp.MustCompile(`(?i)(src|href)="[^#]|url\(|@import`).FindString(without); found != "" {
		t.Errorf("the report refers to something outside of it: %s", found)
	}
}

// Text of users is text wherever it is.
func TestHostileText(t *testing.T) {
	const evil = `</script><script>alert(1)</script>"'><img src=x onerror=alert(1)>javascript:alert(1)`
	d := builtIn(t, "lenet5")
	long := strings.Repeat("x", 100_000)
	d.Name, d.Description, d.Reference = evil, evil+"\u202e\u2028"+long, evil
	d.Layers[1].Name, d.Layers[1].Text, d.Layers[1].Origin, d.Layers[1].Within = evil, evil, evil, evil
	d.Memory.Tensors[0].Name, d.Memory.Steps[d.Memory.At].Layer = evil, evil
	d.Problems = []study.Problem{{Message: evil, Hint: evil}}
	d.Failures = []string{evil}
	d.Settings.Device = evil
	d.Batches.Devices[0].Name = evil
	text := reportOf(t, d, d)
	if n := strings.Count(text, "<script"); n != 2 {
		t.Errorf("the report has %d script elements, not the data and the script", n)
	}
	if strings.Contains(text, "<img") || strings.ContainsAny(text, "\u2028\u202e") {
		t.Error("text of a user is markup, or reorders what is around it")
	}
	for _, tag := range regexp.MustCompile(`<[a-z][^>]*>`).FindAllString(strings.Replace(text, page.ReportScript, "", 1), -1) {
		if strings.Contains(tag, "onerror") && !strings.Contains(tag, "&") {
			t.Errorf("the report has the element %s", tag)
		}
	}
}

// The data in the report is the document, but for its drawings.
func TestData(t *testing.T) {
	d := builtIn(t, "lenet5")
	text := reportOf(t, d)
	const start = `<script type="application/json" id="data">`
	_, after, ok := strings.Cut(text, start)
	data, _, _ := strings.Cut(after, "</script>")
	if !ok || strings.Contains(data, "<") {
		t.Fatal("no data, or it is not escaped")
	}
	var packed []map[string]any
	if err := json.NewDecoder(bytes.NewReader([]byte(data))).Decode(&packed); err != nil {
		t.Fatal(err)
	}
	rows := packed[0]["layers"].(map[string]any)["rows"].([]any)
	if len(rows) != len(d.Layers) || packed[0]["graph"] != nil {
		t.Errorf("%d layers of %d", len(rows), len(d.Layers))
	}
}
