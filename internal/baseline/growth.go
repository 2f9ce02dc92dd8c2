package baseline

import (
	"fmt"
	"math/big"
	"strings"

	"cnncalc/internal/figure"
	"cnncalc/internal/numeral"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// Tolerance is by how much a figure may become worse: a share of it, or an amount.
type Tolerance struct {
	Written  string
	percent  *big.Rat // nil for an amount
	absolute int64
}

// ParseTolerance reads 2%, +0.5%, or an amount in a unit such as +10MiB.
func ParseTolerance(text string, unit figure.Unit) (Tolerance, error) {
	t := Tolerance{Written: "+" + strings.TrimPrefix(strings.TrimSpace(text), "+")}
	number := t.Written[1:]
	share, isShare := strings.CutSuffix(number, "%")
	if !isShare {
		var err error
		t.absolute, err = unit.Parse(number)
		return t, err
	}
	if x, err := numeral.Float(share); err != nil || x < 0 || len(share) > maxDigits ||
		strings.ContainsAny(share, "eE+-") {
		return t, fmt.Errorf("%s is not a share: write 2%% or 0.5%%", plain.Quote(text))
	}
	t.percent, _ = new(big.Rat).SetString(share)
	return t, nil
}

// maxDigits is the longest share, in characters.
const maxDigits = 40

// allows reports whether a value may grow by so much.
func (t Tolerance) allows(value, by int64) bool {
	if t.percent == nil {
		return by <= t.absolute
	}
	allowed := new(big.Rat).Mul(t.percent, new(big.Rat).SetInt64(value))
	grown := new(big.Rat).Mul(new(big.Rat).SetInt64(by), big.NewRat(100, 1))
	return grown.Cmp(allowed) <= 0
}

// Growth is a figure before and after a change of the network.
type Growth struct {
	Figure
	New       int64
	NewErr    error // why the new value is not known
	Tolerance Tolerance
}

// Tolerances are those of figures by name, and that of all others.
type Tolerances struct {
	ByName map[string]Tolerance
	Others Tolerance
}

// Of returns the tolerance of a figure.
func (t Tolerances) Of(name string) Tolerance {
	if own, ok := t.ByName[name]; ok {
		return own
	}
	return t.Others
}

// Growth returns each figure of the record and what it is in a new network, which is used as the record says.
func (r *Record) Growth(n *shape.Network, allowed Tolerances) []Growth {
	sheets := map[*figure.Use]*figure.Sheet{}
	all := make([]Growth, len(r.Figures))
	for i, f := range r.Figures {
		if sheets[f.Use] == nil {
			sheets[f.Use] = figure.NewSheet(n, f.Use)
		}
		value, err := sheets[f.Use].Value(f.Figure, f.Batch)
		all[i] = Growth{f, value, err, allowed.Of(f.Name)}
	}
	return all
}

// IsKnown reports whether both values are known.
func (g Growth) IsKnown() bool { return g.Err == nil && g.NewErr == nil }

// By returns by how much the figure is larger now.
func (g Growth) By() int64 { return g.New - g.Value }

// worse returns by how much the figure is worse now. Figures that only describe a network never are.
func (g Growth) worse() int64 {
	switch g.Better {
	case figure.Less:
		return g.By()
	case figure.More:
		return -g.By()
	}
	return 0
}

// IsBroken reports whether the figure has become worse by more than its tolerance, or is no longer known.
func (g Growth) IsBroken() bool {
	if !g.IsKnown() {
		return g.Err == nil
	}
	return g.worse() > 0 && !g.Tolerance.allows(g.Value, g.worse())
}

// Change returns the difference and its share of the old value: "+162 (+2.7%)".
func (g Growth) Change() string {
	by := g.By()
	sign := "+"
	if by < 0 {
		by, sign = -by, "-"
	}
	text := sign + g.Unit.Text(by)
	if g.Value <= 0 || by == 0 {
		return text
	}
	share := 100 * float64(by) / float64(g.Value)
	if share < 0.05 {
		return text + " (less than " + sign + "0.1%)"
	}
	return fmt.Sprintf("%s (%s%.1f%%)", text, sign, share)
}
