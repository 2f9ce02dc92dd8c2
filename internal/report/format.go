package report

import (
	"cnncalc/internal/choice"
	"cnncalc/internal/plain"
)

// Format is how a report is written.
type Format string

// The formats.
const (
	Text     Format = "text"
	Markdown Format = "markdown"
	CSV      Format = "csv"
	JSON     Format = "json"
)

// Formats returns the names that ParseFormat takes.
func Formats() []string {
	return []string{string(Text), string(Markdown), string(CSV), string(JSON)}
}

// ParseFormat reads a format's name. The error for any other word lists the names.
func ParseFormat(s string) (Format, error) { return choice.Parse[Format](s, "a format", Formats()) }

// quote puts s, made safe to print, between double quotes.
func quote(s string) string {
	return plain.Quote(s)
}
