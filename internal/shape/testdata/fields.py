"""Measures receptive fields with PyTorch 1.13 and torchvision 0.14: python3 fields.py vgg16 resnet18 ...

For each network it prints the field, jump and start (as shape.FieldAxis defines them) of the last layer before the global
pool, on the axis of the width. All weights are made 1, max pools averages of the same window, and activation functions and
batch normalisation nothing, so that the gradient of a value is above zero exactly at the pixels that it is computed from.
The values looked at are in the middle of a picture wide enough that its borders are outside of their fields.
"""

import sys

import torch
import torch.nn.functional as functional
import torchvision
from torch import nn

HEADS = ("avgpool", "fc", "dropout", "aux1", "aux2", "AuxLogits")
NOTHING = (nn.ReLU, nn.ReLU6, nn.Dropout, nn.BatchNorm2d)


def average(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, **_):
    return functional.avg_pool2d(x, kernel_size, stride, padding, ceil_mode)


def linear(module):
    for name, child in module.named_children():
        if isinstance(child, nn.MaxPool2d):
            setattr(module, name, nn.AvgPool2d(child.kernel_size, child.stride, child.padding, child.ceil_mode))
        elif isinstance(child, NOTHING):
            setattr(module, name, nn.Identity())
        else:
            linear(child)


def trunk(name):
    options = {"aux_logits": False, "init_weights": False} if name in ("googlenet", "inception_v3") else {}
    net = getattr(torchvision.models, name)(weights=None, **options)
    if name.startswith("squeezenet"):
        return nn.Sequential(net.features, net.classifier[1])
    return nn.Sequential(*[child for part, child in net.named_children() if part not in HEADS + ("classifier",)])


def measure(net, width, height):
    linear(net)
    for p in net.parameters():
        p.data = torch.ones_like(p) / (p[0].numel() if p.dim() > 1 else 1)
    picture = torch.rand(1, 3, height, width, dtype=torch.float64).requires_grad_()
    out = net.double().eval()(picture)
    row, middle = out.shape[2] // 2, out.shape[3] // 2
    seen = []
    for place in (middle, middle + 1):
        gradient, = torch.autograd.grad(out[:, :, row, place].sum(), picture, retain_graph=True)
        columns = gradient.abs().sum((0, 1, 2)).nonzero().flatten()
        seen.append((columns[0].item(), columns[-1].item()))
    (first, last), (following, _) = seen
    jump = following - first
    return last - first + 1, jump, first - middle * jump


functional.relu = lambda x, inplace=False: x
functional.max_pool2d = average
for name in sys.argv[1:]:
    print(name, *measure(trunk(name), width=2200, height=107 if name == "inception_v3" else 65))
