package draw

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// pdflatex accepts the pictures, and sets each on one page. The names are as hostile as a file's may be.
func TestLaTeXAcceptsTikZ(t *testing.T) {
	pdflatex, err := exec.LookPath("pdflatex")
	if err != nil {
		t.Skip("no pdflatex")
	}
	const hostile = "50% \\input{x} $^_~&#{}\"\u202e卷\n\\end{document}"
	graph := func(network string, o Options) []byte {
		d := New(builtIn(t, network), o)
		d.Title = hostile
		picture, err := d.TikZ()
		if err != nil {
			t.Fatal(err)
		}
		return picture
	}
	volumes := func(network string) []byte {
		all := Volumes(builtIn(t, network))
		all[0].Makers = append(all[0].Makers, hostile)
		picture, err := VolumesTikZ(hostile, all, RootScale)
		if err != nil {
			t.Fatal(err)
		}
		return picture
	}
	heat := make([]int64, len(builtIn(t, "googlenet").Nodes))
	heat[1] = 1
	for name, picture := range map[string][]byte{
		"googlenet": graph("googlenet", Options{Depth: -1, Heat: heat}), "folded": graph("googlenet", Options{}),
		"densenet201": graph("torchvision/densenet201", Options{Depth: -1}), "vgg16": volumes("vgg16"),
	} {
		t.Run(name, func(t *testing.T) {
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(folder, "net.tex"), picture, 0o644); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(pdflatex, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "net.tex")
			cmd.Dir = folder
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), "(1 page") {
				t.Errorf("%v\n%s", err, out[max(len(out)-2000, 0):])
			}
		})
	}
}
