package pytorchcode

import (
	"fmt"
	"strconv"

	"cnncalc/internal/pattern"
)

// minTurns is the fewest lines that become a loop.
const minTurns = 3

var (
	madeModule   = pattern.Lazy(`^self\.(\w*[A-Za-z_])([1-9]\d{0,5}) = (.*)$`)
	calledModule = pattern.Lazy(`^(\w+(?:, \w+)*) = self\.(\w*[A-Za-z_])([1-9]\d{0,5})(\(.*\))$`)
)

// turn is a line that may be one of a loop: the line with the running number of its module taken out.
type turn struct {
	stem, rest, results string
	number              int
	isCall              bool
}

func turnOf(text string) (turn, bool) {
	if m := calledModule().FindStringSubmatch(text); m != nil {
		k, _ := strconv.Atoi(m[3]) // of at most six digits
		return turn{m[2], m[4], m[1], k, true}, true
	}
	if m := madeModule().FindStringSubmatch(text); m != nil {
		k, _ := strconv.Atoi(m[2])
		return turn{m[1], m[3], "", k, false}, true
	}
	return turn{}, false
}

// loops writes lines that differ only in the running number of their module as a loop.
func loops(lines []line) []line {
	var out []line
	for at := 0; at < len(lines); {
		first, ok := turnOf(lines[at].text)
		end := at + 1
		for ok && end < len(lines) && lines[end].depth == lines[at].depth && lines[end].comment == lines[at].comment {
			next, is := turnOf(lines[end].text)
			want := first
			want.number += end - at
			if !is || next != want {
				break
			}
			end++
		}
		if end-at < minTurns {
			out = append(out, lines[at])
			at++
			continue
		}
		l := lines[at]
		loop := fmt.Sprintf("for i in range(%d, %d):", first.number, first.number+end-at)
		out = append(out, line{text: loop, depth: l.depth})
		text := fmt.Sprintf(`self.add_module(f"%s{i}", %s)`, first.stem, first.rest)
		if first.isCall {
			text = fmt.Sprintf(`%s = getattr(self, f"%s{i}")%s`, first.results, first.stem, first.rest)
		}
		out = append(out, line{text: text, comment: l.comment, depth: l.depth + 1})
		at = end
	}
	return out
}
