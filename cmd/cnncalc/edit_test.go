package main

import (
	"bufio"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The program serves the page at the address that it prints, and ends on an interrupt.
func TestEditServesThePage(t *testing.T) {
	cmd := exec.Command("cnncalc", "edit", "--no-browser", "lenet5")
	cmd.Dir = t.TempDir()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(strings.TrimSpace(line))
	if err != nil || !strings.HasPrefix(address.Fragment, "token=") {
		t.Fatalf("edit printed %q", line)
	}
	response, err := http.Get(address.String())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	html, err := io.ReadAll(response.Body)
	if err != nil || !strings.Contains(string(html), "page.js") {
		t.Errorf("the page is %q", html)
	}
	r, err := http.NewRequest("POST", "http://"+address.Host+"/api/open", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "http://"+address.Host)
	r.Header.Set("Authorization", "Bearer "+strings.TrimPrefix(address.Fragment, "token="))
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err != nil || !strings.Contains(string(text), `"name":"lenet5.yaml"`) {
		t.Errorf("open answers %s", text)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Skip(err) // on Windows
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after an interrupt: %v", err)
	}
}

func TestDocuments(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"own.yaml", "vgg16.yaml", "resnet50.yaml"} {
		if err := os.WriteFile(name, []byte("layers: FC-1\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		spec, path, note string
		initial          string // its start
	}{
		{"own.yaml", "own.yaml", "", ""},
		{"lenet5", "lenet5.yaml", "lenet5 is a built-in network", "name: lenet5"},
		{"torchvision/resnet50", "resnet50-2.yaml", "torchvision/resnet50 is a built-in network", "name: "},
		{"vgg16.yaml", "vgg16.yaml", "", ""},
		{"new.yaml", "new.yaml", "new.yaml does not exist yet", emptyNetwork},
		{filepath.Join("folder", "new.yml"), filepath.Join("folder", "new.yml"),
			filepath.Join("folder", "new.yml") + " does not exist yet", emptyNetwork},
		{"-", "network.yaml", "the network is from standard input", "INPUT -> FC-2"},
		{"INPUT -> FC-3", "network.yaml", "the network is from the command line", "INPUT -> FC-3"},
	} {
		a := newApp(t.Context(), strings.NewReader("INPUT -> FC-2"), io.Discard, io.Discard)
		d, err := a.document(test.spec)
		if err != nil {
			t.Errorf("%s: %v", test.spec, err)
			continue
		}
		if !strings.HasPrefix(d.Initial, test.initial) || (d.Initial == "") != (test.initial == "") {
			t.Errorf("%s: the text is %q", test.spec, d.Initial)
		}
		if d.Path != test.path || d.Note != test.note {
			t.Errorf("%s: the file is %s, %q; want %s, %q", test.spec, d.Path, d.Note, test.path, test.note)
		}
	}
}
