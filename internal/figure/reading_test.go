package figure

import (
	"strings"
	"testing"
)

func TestReadings(t *testing.T) {
	unknown := Reading{Unknown: "it overflows"}
	for _, c := range []struct {
		a, b       Reading
		difference int64
		ratio      float64
		knows      string // which of the two are known
	}{
		{Reading{Value: 25_557_032}, Reading{Value: 138_357_544}, -112_800_512, 25_557_032. / 138_357_544, "difference, ratio"},
		{Reading{Value: 7}, Reading{Value: 7}, 0, 1, "difference, ratio"},
		{Reading{}, Reading{}, 0, 1, "difference, ratio"},
		{Reading{}, Reading{Value: 3}, -3, 0, "difference, ratio"},
		{Reading{Value: 3}, Reading{}, 3, 0, "difference"},
		{unknown, Reading{Value: 3}, 0, 0, ""},
		{Reading{Value: 3}, unknown, 0, 0, ""},
		{unknown, unknown, 0, 0, ""},
	} {
		difference, hasDifference := c.a.Minus(c.b)
		ratio, hasRatio := c.a.Ratio(c.b)
		if difference != c.difference || ratio != c.ratio ||
			hasDifference != strings.Contains(c.knows, "difference") || hasRatio != strings.Contains(c.knows, "ratio") {
			t.Errorf("%v to %v: %d %t, %g %t", c.b, c.a, difference, hasDifference, ratio, hasRatio)
		}
	}
}

// What Value fails with is what a reading lacks.
func TestReadIsValue(t *testing.T) {
	sheet := NewSheet(builtIn(t, "lenet5"), notes())
	for _, f := range All() {
		for _, batch := range []int64{1, 1 << 62} {
			value, err := sheet.Value(f, batch)
			got := sheet.Read(f, batch)
			if got.Value != value || (got.Unknown == "") != (err == nil) {
				t.Errorf("%s for a batch of %d: %v; want %d, %v", f.Name, batch, got, value, err)
			}
		}
	}
}
