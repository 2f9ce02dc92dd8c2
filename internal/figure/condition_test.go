package figure

import (
	"math"
	"strings"
	"testing"
)

// values returns a function for Condition.Holds, and a list to which it adds the names that it was asked for.
func values(of map[string]int64) (value func(Figure) (int64, error), asked *[]string) {
	asked = new([]string)
	return func(f Figure) (int64, error) {
		*asked = append(*asked, f.Name)
		return of[f.Name], nil
	}, asked
}

func TestConditions(t *testing.T) {
	of := map[string]int64{"parameters": 5_000_000, "macs": 300_000_000, "peak": 2 << 30, "layers": 7, "time": 1_500_000}
	for _, c := range []struct {
		text  string
		holds bool
		asked string
	}{
		{"parameters<=5M", true, "parameters"},
		{"parameters<5M", false, "parameters"},
		{"parameters>=5000000", true, "parameters"},
		{"parameters>5M", false, "parameters"},
		{"parameters==5m", true, "parameters"},
		{"parameters!=5M", false, "parameters"},
		{"parameters<=4999999", false, "parameters"},
		{"parameters<=5000001", true, "parameters"},
		{"peak<=2GiB", true, "peak"},
		{"peak<=2147483647B", false, "peak"},
		{"peak <= 2GB", false, "peak"},
		{"macs<=0.3G", true, "macs"},
		{"macs<=0.3B", true, "macs"},
		{"time<=1.5ms", true, "time"},
		{"time<1500us", false, "time"},
		{"layers<7||layers<8", true, "layers layers"},
		{"layers<8 || macs<1", true, "layers"},
		{"layers<7 && macs<1", false, "layers"},
		{"!layers<7 && !(macs<1 || peak<1B)", true, "layers macs peak"},
		// && binds more strongly, as in Go and C.
		{"layers==7 || layers==7 && macs==1", true, "layers"},
		{"(layers==7 || layers==7) && macs==1", false, "layers macs"},
		{"!!layers==7", true, "layers"},
	} {
		condition, err := ParseCondition(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		value, asked := values(of)
		holds, err := condition.Holds(value)
		if err != nil || holds != c.holds || strings.Join(*asked, " ") != c.asked {
			t.Errorf("%s: %v, asked for %v, %v; want %v, %s", c.text, holds, *asked, err, c.holds, c.asked)
		}
	}
}

func TestConditionsThatAreWrong(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "it ends where a limit or ) should follow",
		"parameters":                `"parameters" is not a limit: write a figure, a relation and a number, such as parameters<=5M`,
		"parameters<=":              `parameters: "" is not a count: write a number, such as 5000000 or 5M`,
		"parameter<=5M":             "did you mean parameters?",
		"parameters<=5MiB":          `parameters: "5MiB" is not a count`,
		"parameters<=5.0000001M":    `"5.0000001M" is not whole`,
		"parameters<=05":            `"05" starts with a zero: write 5`,
		"parameters=5":              "has no relation that is known: choose from <=, <, >=, >, == and !=",
		"parameters<=99999999999T":  "is too large: the largest is 9223372036854775807",
		"peak<=5":                   `"5" has no unit`,
		"peak<=5M && ":              "it ends where a limit or ) should follow",
		"(peak<=5M":                 "it ends where a limit or ) should follow",
		"peak<=5M)":                 `")" is not expected there: join limits with && or ||`,
		"peak<=5M & macs<=1":        `"& macs<=1" is not expected there`,
		"time<=5":                   "is not a time: write a number and a unit, such as 20ms",
		"receptive_field<=5px":      "is not a number of pixels",
		strings.Repeat("!", 10_000): "the condition has more than 4096 bytes",
		strings.Repeat("(", 100):    "it is nested more than 64 deep",
	} {
		_, err := ParseCondition(text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20s: %v; want %s", text, err, want)
		}
	}
}

func TestFiguresOfACondition(t *testing.T) {
	condition, err := ParseCondition("!(macs<1 || peak<1B) && macs>0 && layers>2")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range condition.Figures() {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, " "); got != "macs peak layers" {
		t.Error(got)
	}
}

// A condition that is read does not depend on anything but the figures in it, and never fails by itself.
func FuzzCondition(f *testing.F) {
	for _, text := range []string{"parameters<5M && (peak<2GiB || !macs>=1.5G)", "time==3ns", "((", "layers<=1||", "peak!=0"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		condition, err := ParseCondition(text)
		if err != nil {
			return
		}
		if len(condition.Figures()) == 0 {
			t.Errorf("%q has no figure", text)
		}
		for _, v := range []int64{0, 1, math.MaxInt64} {
			if _, err := condition.Holds(func(Figure) (int64, error) { return v, nil }); err != nil {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
}

// A limit written with its own text is the same limit.
func TestLimitsAreReadAgain(t *testing.T) {
	for _, text := range []string{"parameters<=5M", "peak < 2GiB", "time != 12.5 ms", "receptive_field>31"} {
		l, err := ParseLimit(text)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseLimit(l.String())
		if err != nil || again.Bound != l.Bound || again.Relation != l.Relation || again.Figure.Name != l.Figure.Name {
			t.Errorf("%s: %v is read as %v, %v", text, l, again, err)
		}
	}
}
