// Package architectures owns the built-in networks: one YAML file for each, in the language of package spec,
// embedded so that their names work in any folder. It hands out bytes; reading them is spec's.
package architectures

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// Names lists the networks: the examples of the CS231n notes, then the papers' networks in the order of their
// years. A name is the file's path in this folder without .yaml, with slashes.
func Names() []string {
	return []string{
		"cifar10",
		"pattern-single",
		"pattern-double",
		"grammar",
		"lenet5",
		"alexnet",
		"zfnet",
		"vgg11",
		"vgg13",
		"vgg16",
		"vgg19",
		"googlenet",
		"resnet18",
		"resnet50",
	}
}

// Open gives the text of the network's file. The name may end in .yaml. An unknown name is an error that wraps
// fs.ErrNotExist.
func Open(name string) ([]byte, error) {
	name = strings.TrimSuffix(name, ".yaml")
	if !slices.Contains(Names(), name) {
		return nil, fmt.Errorf("there is no built-in network %q: %w", name, fs.ErrNotExist)
	}
	return files.ReadFile(name + ".yaml")
}
