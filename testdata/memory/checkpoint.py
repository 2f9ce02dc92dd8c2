#!/usr/bin/env python3
"""Measures the peak of trainings with torch.utils.checkpoint, as the tests of internal/memory hold it.

    python3 testdata/memory/checkpoint.py

Last run with Python 3.11, torch 1.13.0 and torchvision 0.14.1 on the CPU, in one thread. It writes checkpoint.json: for
some networks, and places to cut them, the most that is allocated in a forward and a backward pass, besides parameters,
buffers, input and targets.
"""
import json
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
import torchvision
from torch.profiler import ProfilerActivity, profile
from torch.utils.checkpoint import checkpoint

from generate import peak

HERE = os.path.dirname(os.path.abspath(__file__))
torch.set_num_threads(1)

PLAIN = """input: 32x32x3
defaults: {relu: {inplace: true}}
layers: |
  INPUT -> [CONV3-16 -> BN -> RELU]*2 -> POOL2 -> [CONV3-32 -> BN -> RELU]*3 -> POOL2
  -> FC-64 -> RELU -> DROPOUT0.5 -> FC-10
"""


def plain():
    def unit(a, b):
        return [nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(inplace=True)]

    return [
        nn.Sequential(*unit(3, 16), *unit(16, 16), nn.MaxPool2d(2)),
        nn.Sequential(*unit(16, 32), *unit(32, 32), *unit(32, 32), nn.MaxPool2d(2)),
        nn.Sequential(nn.Flatten(), nn.Linear(32 * 64, 64), nn.ReLU(inplace=True), nn.Dropout(), nn.Linear(64, 10)),
    ]


def vgg16():
    model = torchvision.models.vgg16()
    layers = list(model.features) + [model.avgpool, nn.Flatten(), *model.classifier]
    pools = [i + 1 for i, layer in enumerate(layers) if isinstance(layer, nn.MaxPool2d)]
    return [nn.Sequential(*layers[a:b]) for a, b in zip([0] + pools, pools + [len(layers)])]


def resnet18():
    m = torchvision.models.resnet18()
    return [
        nn.Sequential(m.conv1, m.bn1, m.relu, m.maxpool), m.layer1, m.layer2, m.layer3,
        nn.Sequential(m.layer4, m.avgpool, nn.Flatten(), m.fc),
    ]


# The network as cnncalc has it, its parts, and the layer that ends each of them but the last.
NETWORKS = [
    (PLAIN, plain, ["pool1", "pool2"], (3, 32, 32), 8),
    ("torchvision/vgg16", vgg16, ["pool1", "pool2", "pool3", "pool4", "pool5"], (3, 224, 224), 2),
    ("torchvision/resnet18", resnet18, ["pool1", "basic2.relu2", "basic3.relu2", "basic4.relu2"], (3, 224, 224), 4),
]


def measure(parts, cut, shape, batch):
    """cut tells of each part but the last whether it ends a segment."""
    torch.manual_seed(0)
    segments, segment = [], []
    for part, ends in zip(parts, cut + [True]):
        segment.append(part)
        if ends:
            segments.append(nn.Sequential(*segment).train())
            segment = []
    x, target = torch.rand(batch, *shape), torch.zeros(batch, dtype=torch.long)
    for p in nn.ModuleList(segments).parameters():
        p.grad = None
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        y = x
        for s in segments[:-1]:
            y = checkpoint(s, y, use_reentrant=False)
        scores = segments[-1](y)
        del y
        loss = F.cross_entropy(scores, target)
        loss.backward()
    return peak(profiler.profiler.kineto_results.events())


def rows():
    for name, make, ends, shape, batch in NETWORKS:
        parts = make()
        for bits in range(1 << len(ends)):
            cut = [bits >> i & 1 == 1 for i in range(len(ends))]
            if name != PLAIN and sum(cut) not in (0, 1, len(ends)):
                continue
            places = [end for end, is_cut in zip(ends, cut) if is_cut]
            yield {"network": name, "batch": batch, "cuts": places, "peak": measure(parts, cut, shape, batch)}


if __name__ == "__main__":
    source = f"PyTorch {torch.__version__}, torchvision {torchvision.__version__} on the CPU, float32, one thread; bytes"
    with open(os.path.join(HERE, "checkpoint.json"), "w") as file:
        lines = ",\n".join("    " + json.dumps(row) for row in rows())
        file.write(f'{{\n  "source": {json.dumps(source)},\n  "trainings": [\n{lines}\n  ]\n}}\n')
