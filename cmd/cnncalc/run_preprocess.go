package main

import (
	"reflect"

	"cnncalc/internal/graph"
	"cnncalc/internal/picture"
)

// The values of --preprocess: what the values 0 to 255 of a picture become.
const (
	preprocessImageNet = "imagenet"
	preprocessUnit     = "unit"
	preprocessRaw      = "raw"
)

func fitModes() []string { return []string{string(picture.Crop), string(picture.Stretch)} }

func preprocessings() []string { return []string{preprocessImageNet, preprocessUnit, preprocessRaw} }

// setPreprocessing changes how pictures are prepared to what the flag names. Without the flag, it notes what is used
// for the pictures of a model that does not say it.
func (a *app) setPreprocessing(l *loaded, flag string, hasPicture bool) {
	p := &l.network.Preprocess
	if flag == "" {
		if hasPicture && l.file.Weights() != nil && reflect.DeepEqual(*p, graph.Preprocess{}) {
			a.note("%s does not say how a picture becomes its input: the values are prepared as for ImageNet, or 0 to 1 in "+
				"grey; --preprocess unit or raw changes that", l.name)
		}
		return
	}
	p.Mean, p.Std, p.Scale = nil, nil, 0
	switch flag {
	case preprocessUnit:
		p.Mean, p.Std, p.Scale = []float64{0}, []float64{1}, 1.0/255
	case preprocessRaw:
		p.Mean, p.Std, p.Scale = []float64{0}, []float64{1}, 1
	}
}
