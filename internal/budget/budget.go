// Package budget reads the budgets of networks: limits of figures, each with what the network is used for. It finds
// those that a network breaks, by how much, and the layers that hold most of the figure.
//
// Package spec reads the files, and package figure computes the figures.
package budget

import (
	"fmt"
	"math"

	"cnncalc/internal/diag"
	"cnncalc/internal/figure"
	"cnncalc/internal/plain"
	"cnncalc/internal/shape"
)

// Limit is the largest or least value of a figure that a budget allows.
type Limit struct {
	figure.Limit
	Use   *figure.Use
	Batch int64
	// For is what the network is used for, as written: "account pytorch, mode inference"; "" if nothing is.
	For string
	Pos diag.Pos     // of the bound
	In  *diag.Source // the file of Pos if it is not the network's own
}

// Finding is what a network has of a figure that is limited.
type Finding struct {
	Limit      Limit
	Value      int64
	IsEstimate bool
	Largest    []figure.Share // of a figure that is too large, the largest first
	Err        error          // why the value is not known
}

// mostShares is how many layers a finding names.
const mostShares = 3

// Check returns what a network without problems has of each figure that is limited.
func Check(n *shape.Network, limits []Limit) []Finding {
	sheets := map[*figure.Use]*figure.Sheet{}
	findings := make([]Finding, len(limits))
	for i, l := range limits {
		sheet := sheets[l.Use]
		if sheet == nil {
			sheet = figure.NewSheet(n, l.Use)
			sheets[l.Use] = sheet
		}
		findings[i] = check(sheet, l)
	}
	return findings
}

func check(sheet *figure.Sheet, l Limit) Finding {
	f := Finding{Limit: l, IsEstimate: l.Figure.IsEstimate(l.Use)}
	f.Value, f.Err = sheet.Value(l.Figure, l.Batch)
	if f.IsBroken() && f.Err == nil && l.isUpper() == (l.Figure.Better != figure.More) {
		f.Largest, f.Err = sheet.Shares(l.Figure, l.Batch, mostShares)
	}
	return f
}

// IsBroken reports whether the network breaks the limit, or may: a value that is not known is no value that is allowed.
func (f *Finding) IsBroken() bool { return f.Err != nil || !f.Limit.Holds(f.Value) }

// isUpper reports whether the limit is a largest value.
func (l Limit) isUpper() bool { return l.Relation == figure.AtMost }

// Problems returns the limits that are broken, as problems. network is named in the messages about limits that are not
// in its own file.
func Problems(network string, findings []Finding) diag.List {
	var problems diag.List
	for i := range findings {
		if findings[i].IsBroken() {
			problems = append(problems, findings[i].problem(network))
		}
	}
	return problems
}

// String returns what the network has of the figure, "parameters 31,642 of 40K (79.1%)".
func (f *Finding) String() string {
	l := f.Limit
	name := l.Figure.Name
	if l.For != "" {
		name += " (" + l.For + ")"
	}
	value := l.Figure.Unit.Text(f.Value)
	switch {
	case f.Err != nil:
		return name + " is not known"
	case !l.isUpper():
		return fmt.Sprintf("%s %s of at least %s", name, value, l.Written)
	case l.Bound == 0:
		return fmt.Sprintf("%s %s of %s", name, value, l.Written)
	}
	return fmt.Sprintf("%s %s of %s (%s)", name, value, l.Written, percent(f.Value, l.Bound))
}

func (f *Finding) problem(network string) diag.Problem {
	l := f.Limit
	what := l.Figure.Name
	if l.In != nil {
		what = plain.CutPath(network) + ": " + what
	}
	if l.For != "" {
		what += " (" + l.For + ")"
	}
	if f.Err != nil {
		p := diag.ErrorfAt(l.Pos, "budget/not-known", "%s is not known: %v", what, f.Err)
		p.In = l.In
		return *p
	}
	is := fmt.Sprintf("%s is %s", what, l.Figure.Unit.Text(f.Value))
	if f.IsEstimate {
		is += " (an estimate)"
	}
	p := diag.ErrorfAt(l.Pos, "budget/exceeded", "%s, which exceeds the budget of %s by %s", is, l.Written,
		difference(l, f.Value-l.Bound))
	if !l.isUpper() {
		p = diag.ErrorfAt(l.Pos, "budget/below", "%s, which is below the budget's minimum of %s by %s", is, l.Written,
			difference(l, l.Bound-f.Value))
	}
	p.In, p.Most = l.In, f.mostText()
	return *p
}

// difference returns a difference from the bound, and its share of the bound.
func difference(l Limit, by int64) string {
	text := l.Figure.Unit.Text(by)
	if l.Bound == 0 {
		return text
	}
	return fmt.Sprintf("%s (%s)", text, percent(by, l.Bound))
}

// percent returns a share, with a digit after the point. A share that is not 0 is not written as 0.0%.
func percent(part, of int64) string {
	share := 100 * float64(part) / float64(of)
	switch {
	case part > 0 && share < 0.05:
		return "less than 0.1%"
	case share >= 1000 && share < math.MaxInt64:
		return plain.Count(int64(share)) + "%"
	}
	return fmt.Sprintf("%.1f%%", share)
}

// mostText names the layers that have most of the figure, with their shares of it.
func (f *Finding) mostText() string {
	text := ""
	for i, s := range f.Largest {
		if i > 0 {
			text += ", "
		}
		text += fmt.Sprintf("%s %s", plain.CutNames(s.Name), s.Unit.Text(s.Value))
		if s.Unit == f.Limit.Figure.Unit && f.Value > 0 {
			text += fmt.Sprintf(" (%s)", percent(s.Value, f.Value))
		}
	}
	return text
}
