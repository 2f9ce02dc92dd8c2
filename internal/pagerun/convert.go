package pagerun

import (
	"context"

	"cnncalc/internal/graph"
	"cnncalc/internal/network"
	"cnncalc/internal/onnx"
	"cnncalc/internal/pagecall"
	"cnncalc/internal/plain"
	"cnncalc/internal/spec"
)

// ConvertRequest names a file that comes with it.
type ConvertRequest struct {
	Name string `json:"name"`
}

// convertModel returns an ONNX model as the file of a network.
func convertModel(ctx context.Context, r ConvertRequest, model []byte) (any, error) {
	if !onnx.IsModel(model) {
		return nil, pagecall.Errorf(pagecall.Problem, "%s is not an ONNX model", plain.Escape(plain.CutPath(r.Name)))
	}
	decoded, err := onnx.Decode(model)
	if err != nil {
		return nil, pagecall.Errorf(pagecall.Problem, "%s: %v", plain.Escape(plain.CutPath(r.Name)), err)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n, problems := network.ReadModel(r.Name, &onnx.File{Model: decoded}).Network(graph.Options{})
	if len(problems) > 0 {
		shown, _ := problems.Shown()
		return nil, pagecall.Errorf(pagecall.Problem, "%s: %s", plain.Escape(plain.CutPath(r.Name)), plain.Escape(shown[0].Error()))
	}
	return pagecall.Text{Name: r.Name, Text: spec.PrintBlocks(n.Graph)}, nil
}
