package plain

import "strings"

// shellSafe is the characters, besides letters and digits, that mean nothing to a shell wherever they stand in a word.
const shellSafe = "-_./:,+@%="

// Shell returns a word of a command line: as it is where no shell changes it, otherwise in single quotes, as POSIX
// shells and PowerShell read them. It does not escape s.
func Shell(s string) string {
	isUnsafe := func(r rune) bool {
		isLetter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !isLetter && !strings.ContainsRune(shellSafe, r)
	}
	if s != "" && s[0] != '=' && strings.IndexFunc(s, isUnsafe) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
