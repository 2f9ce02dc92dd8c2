package main

import (
	"fmt"
	"image"
	"image/png"
	"io"
	"slices"

	"cnncalc/internal/exec"
	"cnncalc/internal/graph"
	"cnncalc/internal/maps"
	"cnncalc/internal/op"
	"cnncalc/internal/plain"
	"cnncalc/internal/report"
)

// Bounds of --maps.
const (
	defaultMaps     = 64   // of a layer
	mostMaps        = 4096 // that --max-maps may ask for
	mostMapped      = 16   // pictures of a batch, in a folder
	mostMappedSheet = 4    // the same in a sheet
)

// mapsFlags are those of run --maps.
type mapsFlags struct {
	path string
	most int
}

func (f *mapsFlags) check() error {
	ending := report.Ending(f.path)
	switch {
	case f.path == "" && f.most != defaultMaps:
		return usageError("--max-maps is for --maps")
	case f.most < 1 || f.most > mostMaps:
		return usageError("--max-maps must be from 1 to %d, not %d", mostMaps, f.most)
	case slices.Contains([]string{".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".svg", ".pdf"}, ending):
		return usageError("--maps %s: a picture of all layers is written as .png, not %s; a name without an ending is a "+
			"folder",
			plain.CutPath(f.path), ending)
	}
	return nil
}

func (f *mapsFlags) isSheet() bool { return report.Ending(f.path) == ".png" }

// memory returns what the pictures of a network's layers take besides the run, in bytes.
func (f *mapsFlags) memory(layers, batch int) int64 {
	if f.path != "" && f.isSheet() {
		return maps.SheetBytes(layers * min(batch, mostMappedSheet))
	}
	return 0
}

// mapper makes pictures of what every layer computes.
type mapper struct {
	app      *app
	program  *exec.Program
	flags    *mapsFlags
	pictures int            // of the batch, from the first on
	several  bool           // the batch has more than one picture
	folder   *report.Folder // nil for a sheet
	sheet    *maps.Sheet    // nil for a folder
}

// newMapper begins the pictures of --maps with those of the first filters. The batch begins with so many different
// pictures.
func (a *app) newMapper(f *mapsFlags, program *exec.Program, t *trained, pictures int) (*mapper, error) {
	m := &mapper{app: a, program: program, flags: f, pictures: min(pictures, mostMapped), several: pictures > 1}
	if f.isSheet() {
		m.sheet, m.pictures = maps.NewSheet(f.most), min(pictures, mostMappedSheet)
	} else {
		var err error
		if m.folder, err = a.outputs.MakeFolder(f.path); err != nil {
			return nil, outputError(err)
		}
	}
	if m.pictures < pictures {
		a.note("--maps shows the first %d of the %d pictures", m.pictures, pictures)
	}
	return m, m.addFilters(t)
}

// addFilters adds the filters of the first convolution, if there is one.
func (m *mapper) addFilters(t *trained) error {
	tensors := m.program.Tensors()
	i, node := firstFilters(m.program, tensors)
	if i < 0 {
		return nil
	}
	shape := tensors[i].Shape
	f := maps.Filters{Name: node.Name, K: shape[0], C: shape[1], H: shape[2], W: shape[3],
		IsBGR: m.program.Network().Preprocess.BGR}
	return t.whileRead(func() error {
		var err error
		if f.Values, err = t.values(tensors[i : i+1])(0); err != nil {
			return err
		}
		if m.sheet != nil {
			m.sheet.AddFilters(f)
			return nil
		}
		return m.write(node.Name+"-filters", f.Picture(m.flags.most))
	})
}

// firstFilters returns the index of the tensor of the first convolution's filters, -1 if there is none, and its node.
func firstFilters(program *exec.Program, tensors []exec.Tensor) (int, *graph.Node) {
	nodes := program.Network().Nodes
	for k := range nodes {
		switch nodes[k].Op.(type) {
		case *op.Conv, *op.DWConv:
			i := slices.IndexFunc(tensors, func(t exec.Tensor) bool { return t.Name == nodes[k].Name+".weight" })
			return i, &nodes[k]
		}
	}
	return -1, nil
}

// Computed makes a picture of a layer for each picture of the batch.
func (m *mapper) Computed(c exec.Computed) error {
	n := m.program.Network()
	out, name := n.Layers[c.Node].Out, n.Nodes[c.Node].Name
	each := len(c.Output) / m.program.Batch()
	for k := range m.pictures {
		v := maps.Volume{Name: name, Text: op.Short(n.Nodes[c.Node].Op), W: int(out.W), H: int(out.H), D: int(out.D),
			Values: c.Output[k*each : (k+1)*each]}
		file := name
		if m.several {
			v.Remark = fmt.Sprintf("picture %d", k+1)
			file = fmt.Sprintf("%s-%d", name, k+1)
		}
		if m.sheet != nil {
			m.sheet.AddLayer(v)
			continue
		}
		if err := m.write(file, maps.Layer(v, m.flags.most)); err != nil {
			return err
		}
	}
	return nil
}

func (m *mapper) write(name string, picture image.Image) error {
	return m.folder.WriteFile(name+".png", func(w io.Writer) error { return writePNG(w, picture) })
}

// finish writes the sheet, if that is what was asked for.
func (m *mapper) finish() error {
	if m.sheet == nil {
		return nil
	}
	if left := m.sheet.LeftOut(); left > 0 {
		m.app.note("%s does not hold the last %s maps of layers; --maps with a folder's name has all",
			plain.CutPath(m.flags.path), plain.Count(int64(left)))
	}
	picture := m.sheet.Picture()
	return outputError(m.app.outputs.WriteFile(m.flags.path, func(w io.Writer) error { return writePNG(w, picture) }))
}

// writePNG writes a picture fast rather than small.
func writePNG(w io.Writer, picture image.Image) error {
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	return encoder.Encode(w, picture)
}
