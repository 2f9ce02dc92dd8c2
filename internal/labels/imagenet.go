package labels

import (
	_ "embed"
	"strings"
)

// The 1000 classes of ILSVRC 2012 in the order of published networks, as torchvision 0.14 names them
// (torchvision/models/_meta.py, BSD licence).
//
//go:embed imagenet.txt
var imageNet string

// ImageNet returns the names of ImageNet's 1000 classes.
func ImageNet() []string { return strings.Split(strings.TrimSuffix(imageNet, "\n"), "\n") }
