// Package ansi writes text in the colours of a terminal.
package ansi

// Style is how a text looks: the parameters of SGR, "select graphic rendition" (ECMA-48, 8.3.117).
type Style string

// The styles. None is the zero value.
const (
	None    Style = ""
	Bold    Style = "1"
	BoldRed Style = "1;31"
	Red     Style = "31"
	Green   Style = "32"
	Yellow  Style = "33"
	Cyan    Style = "36"
)

// Colours says whether text gets its style. The zero value leaves all text plain.
type Colours bool

// Paint returns a text in a style. The text must not have controls of its own: untrusted text is escaped first.
func (c Colours) Paint(s Style, text string) string {
	if !c || s == None || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}
