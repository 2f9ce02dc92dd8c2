package pagecall

import (
	"context"

	"cnncalc/architectures"
	"cnncalc/internal/diag"
	"cnncalc/internal/plain"
)

// Listed is a built-in network.
type Listed struct {
	Name       string `json:"name"`
	HasWeights bool   `json:"hasWeights"` // trained ones come with it
}

func list() []Listed {
	names := architectures.Names()
	networks := make([]Listed, len(names))
	for i, name := range names {
		networks[i] = Listed{name, architectures.HasWeights(name)}
	}
	return networks
}

// ShowRequest names a built-in network.
type ShowRequest struct {
	Name string `json:"name"`
}

// Text is the file of a network.
type Text struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

func show(_ context.Context, r ShowRequest) (any, error) {
	text, err := architectures.Open(r.Name)
	if err == nil {
		return Text{r.Name, string(text)}, nil
	}
	message := "there is no built-in network " + plain.Quote(plain.Cut(r.Name))
	if hint := diag.DidYouMean(r.Name, architectures.Names()); hint != "" {
		message += "; " + hint
	}
	return nil, Errorf(Request, "%s", message)
}
