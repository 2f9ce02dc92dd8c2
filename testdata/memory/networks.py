#!/usr/bin/env python3
"""Measures what PyTorch keeps and takes for torchvision's networks and LinkNet, which is written here, as the tests hold
their built-in counterparts to it.

    python3 testdata/memory/networks.py [name...]

Last run with Python 3.11, torch 1.13.0 and torchvision 0.14 on the CPU, in one thread. It adds to networks.json, or
replaces there, a row for each network that is named, or for all:

- params, buffers (in bytes), and for the network's own input size the multiply-accumulates of convolutions and linear
  layers, and the values of the picture and of every result but those of activation functions, dropout and views,
  though slices of the depth count;
- for a batch of pictures of input x input, which is smaller where a training would need too much memory: the bytes that
  autograd saves, the most that is allocated in a forward and a backward pass in training with a cross entropy, besides
  parameters, buffers, input and targets, and the most in evaluation, besides parameters and buffers.
"""
import copy
import json
import os
import sys

import torch
import torch.nn as nn
import torchvision
from torch.utils._python_dispatch import TorchDispatchMode

import generate

PATH = os.path.join(generate.HERE, "networks.json")

# The size of the input, and the size at which the network was measured if that is another.
SIZES = {
    "linknet": ((512, 1024), 64),
    "fcn_resnet50": (520, 129), "deeplabv3_resnet50": (520, 129),
    "efficientnet_b1": (240,), "efficientnet_b2": (288,), "efficientnet_b3": (300,), "efficientnet_b4": (380, 224),
    "efficientnet_b5": (456, 224), "efficientnet_b6": (528, 224), "efficientnet_b7": (600, 224),
    "efficientnet_v2_s": (384, 224), "efficientnet_v2_m": (480, 224), "efficientnet_v2_l": (480, 224),
    "inception_v3": (299, 363),  # at 299, BN of the auxiliary head would have one value per channel, which PyTorch refuses
}
# The weights of the losses in training, for networks with auxiliary heads.
SEGMENTATION = ("fcn_resnet50", "deeplabv3_resnet50")  # their auxiliary head is an option
LOSS_WEIGHTS = {"googlenet": (1, 0.3, 0.3), "inception_v3": (1, 0.4), **dict.fromkeys(SEGMENTATION, (1, 0.5))}
BATCHES = dict.fromkeys(SEGMENTATION, 2)  # BN after DeepLab's mean of all places trains on several values only
FAMILIES = ("densenet161", "resnext101", "wide_resnet101", "mnasnet", "mobilenet_v3", "shufflenet", "regnet",
            "efficientnet", "convnext", "googlenet", "inception")
NAMES = [name for name in torchvision.models.list_models(torchvision.models) if name.startswith(FAMILIES)]
NAMES += (*SEGMENTATION, "linknet")

# Results that make no volume of their own by the notes: those of activation functions and views, and parameters that
# are prepared. The product of a linear layer over maps (mm) is counted with its bias.
NO_VOLUME = {
    "relu", "relu_", "hardtanh_", "silu", "silu_", "sigmoid", "hardswish", "hardswish_", "hardsigmoid", "gelu", "t", "view",
    "_unsafe_view", "mm", "permute", "transpose", "slice", "detach", "as_strided_", "unsqueeze", "expand", "_reshape_alias",
}


class Counter(TorchDispatchMode):
    """Counts what a network computes and makes in evaluation."""

    def __init__(self):
        super().__init__()
        self.macs = self.activations = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        name, first = function.__name__.split(".")[0], out[0] if isinstance(out, (tuple, list)) else out
        if name == "convolution":
            transposed = args[6]
            self.macs += (args[0] if transposed else first).numel() * args[1][0].numel()
        elif name in ("addmm", "mm"):
            self.macs += first.numel() * args[-1].shape[0]
        if name == "split":
            self.activations += sum(part.numel() for part in out)
        elif name not in NO_VOLUME:
            self.activations += first.numel()
        return out


class Segmentation(nn.Module):
    """torchvision's network with its outputs in a tuple, or its only output."""

    def __init__(self, name, training):
        super().__init__()
        network = getattr(torchvision.models.segmentation, name)
        self.model = network(weights=None, weights_backbone=None, num_classes=21, aux_loss=training)

    def forward(self, x):
        outputs = tuple(self.model(x).values())
        return outputs if len(outputs) > 1 else outputs[0]


class LinkNet(nn.Module):
    """Chaurasia and Culurciello, LinkNet, 2017, over torchvision's ResNet-18."""

    def __init__(self):
        super().__init__()
        resnet = torchvision.models.resnet18(weights=None)
        self.first = nn.Sequential(resnet.conv1, resnet.bn1, resnet.relu, resnet.maxpool)
        self.encoders = nn.ModuleList([resnet.layer1, resnet.layer2, resnet.layer3, resnet.layer4])
        self.decoders = nn.ModuleList(self.decoder(*depths) for depths in [(512, 256), (256, 128), (128, 64), (64, 64, 1)])
        self.end = nn.Sequential(
            *unit(nn.ConvTranspose2d(64, 32, 3, 2, 1, 1, bias=False), 32), *unit(nn.Conv2d(32, 32, 3, 1, 1, bias=False), 32),
            nn.ConvTranspose2d(32, 20, 2, 2))

    @staticmethod
    def decoder(m, n, stride=2):
        wider = nn.ConvTranspose2d(m // 4, m // 4, 3, stride, 1, stride - 1, bias=False)
        return nn.Sequential(*unit(nn.Conv2d(m, m // 4, 1, bias=False), m // 4), *unit(wider, m // 4),
                             *unit(nn.Conv2d(m // 4, n, 1, bias=False), n))

    def forward(self, x):
        results = [self.first(x)]
        for encoder in self.encoders:
            results.append(encoder(results[-1]))
        x = results.pop()
        for decoder in self.decoders:
            x = decoder(x) + results.pop()
        return self.end(x)


def unit(conv, depth):
    return conv, nn.BatchNorm2d(depth), nn.ReLU(inplace=True)


def make(name, training=True):
    """The network as it is trained, or without what it has in training only, if torchvision can leave that out."""
    if name in SEGMENTATION:
        model = Segmentation(name, training)
    elif name == "linknet":
        model = LinkNet()
    else:
        options = {"init_weights": False} if name in LOSS_WEIGHTS else {}  # they are slow
        model = getattr(torchvision.models, name)(weights=None, **options)
    if name in LOSS_WEIGHTS:
        model.loss_weights = LOSS_WEIGHTS[name]
    return model


def saved_bytes(model, x):
    """All that autograd saves, with what measure cannot see: a function in place on a view hides what it saves."""
    storages = {}

    def pack(tensor):
        storages[tensor.storage().data_ptr()] = tensor.storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        _loss = generate.loss_of(model, [x], [torch.zeros(len(x), dtype=torch.long)] * 3)  # keeps them
    return sum(storages.values())


def row(name):
    own, size = (SIZES.get(name, (224,)) * 2)[:2]
    batch = BATCHES.get(name, 1)
    model, inferred = make(name), make(name, training=False).eval()
    height, width = own if isinstance(own, tuple) else (own, own)
    x, on_meta = torch.empty(1, 3, height, width, device="meta"), copy.deepcopy(inferred).to("meta")
    with torch.no_grad(), Counter() as counter:
        scores = on_meta(x)
    inference = generate.measure_inference(inferred, (3, size, size), batch)
    saved, peak = generate.measure(model, (3, size, size), batch)
    if scores.dim() == 2:
        saved["other"] += saved_bytes(model, torch.rand(1, 3, size, size)) - sum(saved.values())
    result = {
        "name": name, "params": sum(p.numel() for p in model.parameters()),
        "buffers": sum(b.numel() * b.element_size() for b in model.buffers()),
        "macs": counter.macs, "activations": x.numel() + counter.activations,
        "input": size, "saved": saved, "peak": peak, "inference": inference,
    }
    if name == "linknet":
        result |= {"network": "linknet"}
    if scores.dim() > 2:
        result |= {"batch": batch, "out": list(scores.shape[:0:-1])}
    return result


def main():
    with open(PATH) as file:
        rows = {r["name"]: r for r in json.load(file)["networks"]}
    for name in sys.argv[1:] or NAMES:
        rows[name] = row(name)
        source = f"torchvision {torchvision.__version__} with PyTorch {torch.__version__} on the CPU, float32, one thread; bytes"
        generate.write("networks.json", {"source": source, "networks": [rows[n] for n in sorted(rows)]}, "networks")


if __name__ == "__main__":
    main()
