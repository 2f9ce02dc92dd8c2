package draw

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// pdflatex accepts the pictures, and sets each on one page.
func TestLaTeXAcceptsTikZ(t *testing.T) {
	if _, err := exec.LookPath("pdflatex"); err != nil {
		t.Skip("no pdflatex")
	}
	graph := func(network string, o Options) []byte {
		d := New(builtIn(t, network), o)
		d.Title = hostileTexts()["TeX"]
		picture, err := d.TikZ()
		if err != nil {
			t.Fatal(err)
		}
		return picture
	}
	volumes := func(network string) []byte {
		all := Volumes(builtIn(t, network))
		for name, text := range hostileTexts() {
			if !strings.HasPrefix(name, "long") {
				all[0].Makers = append(all[0].Makers, text)
			}
		}
		picture, err := VolumesTikZ("net", all, RootScale)
		if err != nil {
			t.Fatal(err)
		}
		return picture
	}
	heat := make([]int64, len(builtIn(t, "googlenet").Nodes))
	heat[1] = 1
	for name, picture := range map[string][]byte{
		"googlenet":   graph("googlenet", Options{Depth: -1, Heat: heat}),
		"densenet201": graph("torchvision/densenet201", Options{Depth: -1}), "hostile names": volumes("vgg16"),
		// In several rows, without bars.
		"unet": volumes("unet"),
		// Higher than half of what TeX's lengths hold.
		"efficientnet_b7": graph("torchvision/efficientnet_b7", Options{Depth: -1}),
	} {
		t.Run(name, func(t *testing.T) { setOnOnePage(t, picture) })
	}
}

// setOnOnePage runs pdflatex, if there is one.
func setOnOnePage(t *testing.T, picture []byte) {
	t.Helper()
	pdflatex, err := exec.LookPath("pdflatex")
	if err != nil {
		return
	}
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
}
