package tikz

import (
	"strings"
	"testing"
)

func TestStyles(t *testing.T) {
	const sheet = `
    text { font: 12px system-ui, sans-serif; fill: #1f2328 }
    .size { font: 11px ui-monospace, monospace; fill: #59636e; font-weight: 600 }
    .face, .back { fill: #d0d7de; stroke: #59636e; stroke-width: 2; stroke-dasharray: 4 2; fill-opacity: 0.5 }
    .line { fill: none; stroke: #000000; stroke-linejoin: round; opacity: 0.6 }
    .bold { font-weight: 600 }
    @media (prefers-color-scheme: dark) {
      .size { fill: #9198a1 }
    }
`
	const face = "fill={rgb,255:red,208;green,215;blue,222},draw={rgb,255:red,89;green,99;blue,110},line width=1.5bp," +
		"dash pattern=on 3bp off 1.5bp,fill opacity=0.5"
	want := []string{
		`every node/.append style={text={rgb,255:red,31;green,35;blue,40},font=\sffamily\fontsize{9}{9}\selectfont},`,
		`cnn size/.style={fill={rgb,255:red,89;green,99;blue,110}},`,
		`cnn size text/.style={text={rgb,255:red,89;green,99;blue,110},font=\ttfamily\fontsize{8}{8}\selectfont},`,
		`cnn face/.style={` + face + `},`,
		`cnn face text/.style={text={rgb,255:red,208;green,215;blue,222}},`,
		`cnn back/.style={` + face + `},`,
		`cnn back text/.style={text={rgb,255:red,208;green,215;blue,222}},`,
		`cnn line/.style={draw={rgb,255:red,0;green,0;blue,0},line join=round,opacity=0.6},`,
		`cnn line text/.style={},`,
		`cnn bold/.style={},`,
		`cnn bold text/.style={font=\sffamily\bfseries},`,
		``,
	}
	if got := Styles(sheet); got != strings.Join(want, "\n") {
		t.Errorf("got\n%swant\n%s", got, strings.Join(want, "\n"))
	}
}

// Text cannot end the comment or the argument that it is in, or be a command.
func TestTextIsOnlyText(t *testing.T) {
	for text, want := range map[string]string{
		`\input{/etc/passwd}`:  `\textbackslash{}input\{/etc/passwd\}`,
		"50% of $x_1^2$ & #1~": `50\% of \$x\_1\textasciicircum{}2\$ \& \#1\textasciitilde{}`,
		"卷\u202eé\n\x00^^5c": `\textbackslash{}u5377\textbackslash{}u202e\textbackslash{}u00e9\textbackslash{}n` +
			`\textbackslash{}x00\textasciicircum{}\textasciicircum{}5c`,
	} {
		if got := Escape(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	d, err := New(10, 10, "a\n\\input{x}\r\u2028\\end{document}", "")
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(d.Bytes()), "\n")
	if want := `% a\n\input{x}\r\u2028\end{document}`; first != want {
		t.Errorf("%s, want %s", first, want)
	}
}

func TestTooLarge(t *testing.T) {
	if _, err := New(100, MaxSide+1, "", ""); err == nil {
		t.Error("no error")
	}
}
