package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"cnncalc/internal/memory"
)

// steps makes a timeline of a forward pass, a loss and a backward pass, whose most is alive in the first step backward.
func steps(forward int) []memory.Moment {
	all := []memory.Moment{{Phase: memory.Forward, Name: "input", Live: 100, Most: 100}}
	for i := range forward {
		live := int64(200 + 10*i)
		all = append(all, memory.Moment{Phase: memory.Forward, Node: i + 1, Name: "conv", Live: live, Most: live + 5})
	}
	all = append(all, memory.Moment{Phase: memory.LossStep, Node: -1, Name: "cross entropy", Live: 300, Most: 300})
	return append(all, memory.Moment{Phase: memory.Backward, Node: 1, Name: "conv", Live: 400, Most: 10_000})
}

func TestChart(t *testing.T) {
	timeline := Timeline{Title: "small", Steps: steps(2)}
	timeline.Steps[3].Live, timeline.Steps[3].Most = 5_000, 7_500
	table := timeline.Chart(IEC, 93, false)
	// 8 + 13 + 11 + 7 and four gaps of 2 leave 46 columns, 8 of them for the mark.
	for i, want := range []string{
		"", "#", "#", // 100, 200 and 210 of 10,000 in 38 columns
		strings.Repeat("#", 19) + strings.Repeat("+", 10),
		"##" + strings.Repeat("+", 36) + " <- peak",
	} {
		if got := table.Rows[i][4].Text; got != want {
			t.Errorf("row %d: %q, want %q", i, got, want)
		}
	}
	var text bytes.Buffer
	if err := table.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(text.String()) {
		if len(line) > 93+1 {
			t.Errorf("%d columns: %q", len(line)-1, line)
		}
	}
	if narrow := timeline.Chart(IEC, 10, false).Rows[4][4].Text; len(narrow) != minBar+len(peakMark) {
		t.Errorf("the least bar is %q", narrow)
	}
}

func TestChartFolds(t *testing.T) {
	timeline := Timeline{Steps: steps(900)}
	rows := timeline.fold(false)
	if len(rows) < 30 || len(rows) > maxChartRows+4 {
		t.Errorf("%d rows", len(rows))
	}
	steps := 0
	for i, r := range rows {
		others := 0
		if _, number, folded := strings.Cut(r.name, " +"); folded {
			for _, digit := range number {
				others = 10*others + int(digit-'0')
			}
		}
		steps += 1 + others
		if r.isPeak != (i == len(rows)-1) {
			t.Errorf("row %d of %d is the peak: %v", i, len(rows), r.isPeak)
		}
	}
	if steps != len(timeline.Steps) {
		t.Errorf("the rows stand for %d steps of %d", steps, len(timeline.Steps))
	}
	if first := rows[0]; first.name != "conv +15" || first.live != 200+10*14 || first.most != first.live+5 {
		t.Errorf("the first row is %+v", first)
	}
	if all := timeline.fold(true); len(all) != len(timeline.Steps) {
		t.Errorf("%d rows of all steps", len(all))
	}
}

func TestTickStep(t *testing.T) {
	for _, c := range []struct {
		top   float64
		units Units
		step  float64
		name  string
	}{
		{1, IEC, 1, "B"},
		{100, IEC, 20, "B"},
		{1000, IEC, 200, "B"},
		{1300, IEC, 0.5, "KiB"},
		{60 << 10, IEC, 10, "KiB"},
		{61 << 10, IEC, 20, "KiB"},
		{4.2 * (1 << 30), IEC, 1, "GiB"},
		{1.8e9, SI, 0.5, "GB"},
		{math.MaxInt64, IEC, 2, "EiB"},
	} {
		step, unit, name := tickStep(c.top, c.units)
		if math.Abs(step-c.step) > 1e-9 || name != c.name || step*unit*6 < c.top {
			t.Errorf("up to %g: %g %s, want %g %s", c.top, step, name, c.step, c.name)
		}
	}
}

// A drawing is XML whatever the names are, and stays small.
func TestSVGIsXML(t *testing.T) {
	for _, timeline := range []Timeline{
		{Title: "a<b> & \"c\" ]]> \x00\x1b[31m \u202e", Steps: steps(3)},
		{Title: strings.Repeat("long", 500), Steps: steps(3000)},
		{Title: "one", Steps: []memory.Moment{{Phase: memory.Forward, Name: "input"}}},
		{Title: "huge",
			Steps: []memory.Moment{{Phase: memory.Forward, Name: "</text>", Live: math.MaxInt64, Most: math.MaxInt64}}},
	} {
		var out bytes.Buffer
		if err := timeline.WriteSVG(&out, IEC); err != nil {
			t.Fatal(err)
		}
		if out.Len() > 80_000 {
			t.Errorf("%.20s: %d bytes", timeline.Title, out.Len())
		}
		if strings.Contains(out.String(), "NaN") || strings.Contains(out.String(), "Inf") ||
			strings.ContainsAny(out.String(), "\x00\x1b") {
			t.Errorf("%.20s: not to be drawn: %s", timeline.Title, out.String())
		}
		texts := 0
		for decoder := xml.NewDecoder(&out); ; {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if start, ok := token.(xml.StartElement); ok && start.Name.Local == "text" {
				texts++
			}
		}
		if texts < 5 {
			t.Errorf("%.20s: %d texts", timeline.Title, texts)
		}
	}
}
