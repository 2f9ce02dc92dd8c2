package report

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// LaTeX sets tables, whatever characters of ASCII are in them and wherever these are in a row.
func TestLaTeXCompiles(t *testing.T) {
	latex, err := exec.LookPath("pdflatex")
	if err != nil || exec.Command("kpsewhich", "booktabs.sty").Run() != nil {
		t.Skip("there is no pdflatex with booktabs")
	}
	hostile := Table{Title: "a\nb", Columns: []Column{left("a", "[a]"), right("b", "*b")}, Notes: []string{`\undefined %`}}
	for c := byte(0); c < 0x80; c++ {
		text := string([]byte{c})
		hostile.Rows = append(hostile.Rows, []Cell{Str(text), Str(text + text)})
		hostile.Footer = append(hostile.Footer, []Cell{Str(text + "x"), Str("x" + text)})
	}
	for name, table := range map[string]Table{"vgg": vggStart(), "hostile": hostile} {
		var document bytes.Buffer
		document.WriteString("\\documentclass{article}\n\\usepackage{booktabs}\n\\begin{document}\n")
		if err := table.WriteLaTeX(&document); err != nil {
			t.Fatal(err)
		}
		document.WriteString("\\end{document}\n")
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "t.tex"), document.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(latex, "-interaction=nonstopmode", "-halt-on-error", "t.tex")
		cmd.Dir = folder
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
