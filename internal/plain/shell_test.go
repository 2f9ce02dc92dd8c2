package plain

import (
	"os/exec"
	"testing"
)

// A shell reads every word back as it was.
func TestShell(t *testing.T) {
	for word, want := range map[string]string{
		"nets/a-1.yaml":                 "nets/a-1.yaml",
		"git:main:./a.yaml":             "git:main:./a.yaml",
		"":                              "''",
		"my net.yaml":                   "'my net.yaml'",
		"INPUT -> [CONV3-16 -> RELU]*2": "'INPUT -> [CONV3-16 -> RELU]*2'",
		"it's":                          `'it'\''s'`,
		"N=2,3":                         "N=2,3",
		"=ls":                           "'=ls'",
		"$(rm x)`y`":                    "'$(rm x)`y`'",
		"~/a":                           "'~/a'",
		"a\nb":                          "'a\nb'",
		"größe":                         "'größe'",
	} {
		got := Shell(word)
		if got != want {
			t.Errorf("Shell(%q) = %s, want %s", word, got, want)
		}
		sh, err := exec.LookPath("sh")
		if err != nil {
			continue
		}
		back, err := exec.Command(sh, "-c", "printf %s "+got).Output()
		if err != nil || string(back) != word {
			t.Errorf("a shell reads %s as %q (%v), want %q", got, back, err, word)
		}
	}
}
