package op

import "cnncalc/internal/graph"

// Softplus is SOFTPLUS: log(1+exp(beta*x))/beta, a smooth RELU.
type Softplus struct {
	elementwise
	beta, threshold number
}

func softplusKind() Kind {
	return Kind{
		Name:     "SOFTPLUS",
		Summary:  "log(1+exp(x)), a smooth RELU",
		Backward: "The gradient is multiplied by sigmoid(beta*x), so the input is kept.",
		New:      func() Layer { return &Softplus{} },
	}
}

// Counterparts returns the layer's names in other programs.
func (*Softplus) Counterparts() Counterparts {
	return Counterparts{Module: "Softplus", Function: "softplus", Traced: []string{"softplus"}}
}

// Kind returns "SOFTPLUS".
func (*Softplus) Kind() string { return "SOFTPLUS" }

// Fields returns the settings.
func (o *Softplus) Fields() []Field {
	return []Field{
		{Key: "beta", Doc: "how sharply it bends: log(1+exp(beta*x))/beta; default 1",
			Setting: decimal{to: &o.beta, what: "beta", min: 1e-6, max: 1e6}},
		{Key: "threshold", Doc: "value of beta*x above which the output is x; default 20",
			Setting: decimal{to: &o.threshold, what: "the threshold", min: 0, max: 1e6}},
	}
}

// Beta returns how sharply the function bends.
func (o *Softplus) Beta() float64 { return o.beta.or(1) }

// Threshold returns the value of beta*x above which the output is x.
func (o *Softplus) Threshold() float64 { return o.threshold.or(20) }

// Autograd reports that the layer saves the input.
func (*Softplus) Autograd(Pass, []graph.Shape, graph.Shape) Autograd { return keeps(savedInput(0)) }
