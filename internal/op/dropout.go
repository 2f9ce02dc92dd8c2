package op

// Dropout is DROPOUT, which sets values to zero at random in training and does nothing when the network runs.
type Dropout struct {
	elementwise
	view
	rate number
}

func dropoutKind() Kind {
	return Kind{
		Name:     "DROPOUT",
		Summary:  "in training sets that share of the values to zero; nothing when the network runs: DROPOUT0.5",
		Backward: "The gradient passes where the forward pass let the value through, so the mask is kept.",
		New:      func() Layer { return &Dropout{} },
	}
}

// Counterparts are the names elsewhere.
func (*Dropout) Counterparts() Counterparts {
	return Counterparts{Module: "Dropout", Function: "dropout", Traced: []string{"dropout"}, MatConvNet: "vl_nndropout"}
}

// Kind is "DROPOUT".
func (*Dropout) Kind() string { return "DROPOUT" }

// Fields binds the settings.
func (o *Dropout) Fields() []Field {
	return []Field{{Key: "rate", Place: Head, Doc: "share of the values set to zero; 0.5 unless written",
		Setting: decimal{to: &o.rate, what: "the dropout rate", min: 0, max: 1, openMax: true}}}
}

// Rate is the share of the values set to zero in training.
func (o *Dropout) Rate() float64 { return o.rate.or(0.5) }
