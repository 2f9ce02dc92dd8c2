package plain

import "strings"

// latexEscaper escapes the characters that TeX takes for commands, and those that its default font prints as others.
// Two dashes would become one long one. A bracket or star at the start of a row would belong to the \\ before it.
var latexEscaper = strings.NewReplacer(
	`\`, `\textbackslash{}`, `&`, `\&`, `%`, `\%`, `$`, `\$`, `#`, `\#`, `_`, `\_`, `{`, `\{`, `}`, `\}`,
	`~`, `\textasciitilde{}`, `^`, `\textasciicircum{}`, `<`, `\textless{}`, `>`, `\textgreater{}`, `|`, `\textbar{}`,
	`"`, `\char34{}`, "`", `\textasciigrave{}`, `--`, `-{}-{}`, `[`, `{[}`, `*`, `{*}`,
)

// EscapeLaTeX returns s escaped as by [Escape], for LaTeX to print. Characters other than ASCII stay as they are.
func EscapeLaTeX(s string) string { return latexEscaper.Replace(Escape(s)) }
