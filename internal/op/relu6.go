package op

// ReLU6 is RELU6, min(max(0, x), 6).
type ReLU6 struct{ elementwise }

func relu6Kind() Kind {
	return Kind{
		Name:     "RELU6",
		Summary:  "min(max(0, x), 6)",
		Backward: "The gradient passes where the input is between 0 and 6.",
		New:      func() Layer { return &ReLU6{} },
	}
}

// Kind is "RELU6".
func (*ReLU6) Kind() string { return "RELU6" }
