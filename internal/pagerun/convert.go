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
	file, err := readModel(r.Name, model)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	n, problems := file.Network(graph.Options{})
	if len(problems) > 0 {
		shown, _ := problems.Shown()
		return nil, pagecall.Errorf(pagecall.Problem, "%s: %s", plain.Escape(plain.CutPath(r.Name)),
			plain.Escape(shown[0].Error()))
	}
	return pagecall.Text{Name: r.Name, Text: spec.PrintBlocks(n.Graph)}, nil
}

func readModel(name string, model []byte) (*network.File, error) {
	if err := onnx.Check(model); err != nil {
		return nil, pagecall.Errorf(pagecall.Problem, "%s: %v", plain.Escape(plain.CutPath(name)), err)
	}
	decoded, err := onnx.Decode(model)
	if err != nil {
		return nil, pagecall.Errorf(pagecall.Problem, "%s: %v", plain.Escape(plain.CutPath(name)), err)
	}
	return network.ReadModel(name, &onnx.File{Model: decoded}), nil
}
