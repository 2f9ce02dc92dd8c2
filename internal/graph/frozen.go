package graph

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"cnncalc/internal/diag"
)

// FrozenPattern chooses parameters that training leaves as they are, by the name of a layer ("conv*") or of a parameter
// ("conv1.bias"), in the syntax of path.Match. Names have no slash, so "*" stands for any characters. Of the patterns
// that match a parameter, the last decides. One that starts with "!" chooses parameters that training does change.
type FrozenPattern struct {
	Text string
	Pos  diag.Pos // zero for one of Options.Freeze
}

// FrozenPatterns returns the patterns with these texts, as in Options.Freeze.
func FrozenPatterns(texts []string) []FrozenPattern {
	var patterns []FrozenPattern
	for _, text := range texts {
		patterns = append(patterns, FrozenPattern{Text: text})
	}
	return patterns
}

// MaxFrozen is the most patterns that a file or a command may have. Each is compared with every parameter.
const MaxFrozen = 100

// maxFrozenPattern is the most bytes of a pattern.
const maxFrozenPattern = 128

// Freezes reports whether the pattern freezes what it matches.
func (p FrozenPattern) Freezes() bool { return !strings.HasPrefix(p.Text, "!") }

// Matches reports whether the pattern matches a name, without its "!".
func (p FrozenPattern) Matches(name string) bool {
	matches, _ := path.Match(p.Name(), name) // Check reports a pattern that is not sound
	return matches
}

// Name returns the pattern without its "!".
func (p FrozenPattern) Name() string { return strings.TrimPrefix(p.Text, "!") }

// Check returns an error for a pattern that no name can match.
func (p FrozenPattern) Check() error {
	if len(p.Text) > maxFrozenPattern {
		return fmt.Errorf("a pattern has at most %d characters", maxFrozenPattern)
	}
	if _, err := path.Match(p.Name(), ""); err != nil {
		return errors.New("the pattern is not complete: [abc] matches one of these characters, and needs its ]")
	}
	return nil
}
