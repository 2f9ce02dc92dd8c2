package pagecall

import (
	"context"

	"cnncalc/architectures"
	"cnncalc/internal/diag"
	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/onnx"
	"cnncalc/internal/plain"
	"cnncalc/internal/spec"
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
		_, hasWeights := architectures.Weights(name)
		networks[i] = Listed{name, hasWeights}
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

// ConvertRequest names a file that comes with it.
type ConvertRequest struct {
	Name string `json:"name"`
}

// convertModel returns an ONNX model as the file of a network.
func convertModel(ctx context.Context, r ConvertRequest, model []byte) (any, error) {
	if !onnx.IsModel(model) {
		return nil, Errorf(Problem, "%s is not an ONNX model", plain.Escape(plain.CutPath(r.Name)))
	}
	decoded, err := onnx.Decode(model)
	if err != nil {
		return nil, Errorf(Problem, "%s: %v", plain.Escape(plain.CutPath(r.Name)), err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n, problems := network.ReadModel(r.Name, &onnx.File{Model: decoded}).Network(graph.Options{})
	if len(problems) > 0 {
		shown, _ := problems.Shown()
		return nil, Errorf(Problem, "%s: %s", plain.Escape(plain.CutPath(r.Name)), plain.Escape(shown[0].Error()))
	}
	return Text{r.Name, spec.PrintBlocks(n.Graph)}, nil
}
