// Package architectures embeds the built-in networks: one YAML file for each, in the language of package spec. It
// returns their bytes; package spec reads them.
package architectures

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

//go:embed *.yaml torchvision/*.yaml
var files embed.FS

// Names returns the names of the networks: the examples of the CS231n notes, the papers' networks by year, and
// torchvision's. A name is the file's slash-separated path in this folder, without .yaml.
func Names() []string {
	return []string{
		"cifar10",
		"pattern-single",
		"pattern-double",
		"grammar",
		"lenet5",
		"alexnet",
		"zfnet",
		"nin",
		"vgg11",
		"vgg13",
		"vgg16",
		"vgg19",
		"googlenet",
		"allconv",
		"unet",
		"linknet",
		"resnet18",
		"resnet50",
		"resnet20",
		"resnet56",
		"resnet110",
		"yolov3",
		"yolov3-tiny",
		"torchvision/alexnet",
		"torchvision/vgg11",
		"torchvision/vgg13",
		"torchvision/vgg16",
		"torchvision/vgg19",
		"torchvision/vgg11_bn",
		"torchvision/vgg13_bn",
		"torchvision/vgg16_bn",
		"torchvision/vgg19_bn",
		"torchvision/googlenet",
		"torchvision/inception_v3",
		"torchvision/resnet18",
		"torchvision/resnet34",
		"torchvision/resnet50",
		"torchvision/resnet101",
		"torchvision/resnet152",
		"torchvision/wide_resnet50_2",
		"torchvision/wide_resnet101_2",
		"torchvision/resnext50_32x4d",
		"torchvision/resnext101_32x8d",
		"torchvision/resnext101_64x4d",
		"torchvision/squeezenet1_0",
		"torchvision/squeezenet1_1",
		"torchvision/densenet121",
		"torchvision/densenet161",
		"torchvision/densenet169",
		"torchvision/densenet201",
		"torchvision/mobilenet_v2",
		"torchvision/mobilenet_v3_small",
		"torchvision/mobilenet_v3_large",
		"torchvision/shufflenet_v2_x0_5",
		"torchvision/shufflenet_v2_x1_0",
		"torchvision/shufflenet_v2_x1_5",
		"torchvision/shufflenet_v2_x2_0",
		"torchvision/mnasnet0_5",
		"torchvision/mnasnet0_75",
		"torchvision/mnasnet1_0",
		"torchvision/mnasnet1_3",
		"torchvision/efficientnet_b0",
		"torchvision/efficientnet_b1",
		"torchvision/efficientnet_b2",
		"torchvision/efficientnet_b3",
		"torchvision/efficientnet_b4",
		"torchvision/efficientnet_b5",
		"torchvision/efficientnet_b6",
		"torchvision/efficientnet_b7",
		"torchvision/efficientnet_v2_s",
		"torchvision/efficientnet_v2_m",
		"torchvision/efficientnet_v2_l",
		"torchvision/convnext_tiny",
		"torchvision/convnext_small",
		"torchvision/convnext_base",
		"torchvision/convnext_large",
		"torchvision/regnet_x_400mf",
		"torchvision/regnet_x_800mf",
		"torchvision/regnet_x_1_6gf",
		"torchvision/regnet_x_3_2gf",
		"torchvision/regnet_x_8gf",
		"torchvision/regnet_x_16gf",
		"torchvision/regnet_x_32gf",
		"torchvision/regnet_y_400mf",
		"torchvision/regnet_y_800mf",
		"torchvision/regnet_y_1_6gf",
		"torchvision/regnet_y_3_2gf",
		"torchvision/regnet_y_8gf",
		"torchvision/regnet_y_16gf",
		"torchvision/regnet_y_32gf",
		"torchvision/regnet_y_128gf",
		"torchvision/fcn_resnet50",
		"torchvision/deeplabv3_resnet50",
	}
}

// Open returns the text of the network's file. The name may end in .yaml. The error for an unknown name wraps
// fs.ErrNotExist.
func Open(name string) ([]byte, error) {
	name = strings.TrimSuffix(name, ".yaml")
	if !slices.Contains(Names(), name) {
		return nil, fmt.Errorf("there is no built-in network %q: %w", name, fs.ErrNotExist)
	}
	return files.ReadFile(name + ".yaml")
}
