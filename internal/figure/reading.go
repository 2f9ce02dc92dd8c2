package figure

// Reading is the value of a figure, or why it is not known.
type Reading struct {
	Value   int64  // in the figure's unit
	Unknown string // "" if the value is known
}

// Read returns a figure as Value does. What keeps it from being known is in the reading, without the figure's name.
func (s *Sheet) Read(f Figure, batch int64) Reading {
	if needs := f.Needs(s.use); needs != "" {
		return Reading{Unknown: "it needs " + needs}
	}
	value, err := f.value(s, batch)
	if err != nil {
		return Reading{Unknown: err.Error()}
	}
	return Reading{Value: value}
}

// Minus returns the difference to another reading of the figure. ok is false where one of them is not known.
func (r Reading) Minus(other Reading) (difference int64, ok bool) {
	if r.Unknown != "" || other.Unknown != "" {
		return 0, false
	}
	return r.Value - other.Value, true // figures are never negative
}

// Ratio returns the value divided by that of another reading of the figure. Equal values have the ratio 1, also where
// both are 0. ok is false where one of them is not known, and for a division by 0.
func (r Reading) Ratio(other Reading) (ratio float64, ok bool) {
	switch {
	case r.Unknown != "" || other.Unknown != "":
		return 0, false
	case r.Value == other.Value:
		return 1, true
	case other.Value == 0:
		return 0, false
	}
	return float64(r.Value) / float64(other.Value), true
}
