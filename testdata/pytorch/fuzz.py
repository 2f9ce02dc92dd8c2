#!/usr/bin/env python3
"""Draws random networks and compares what cnncalc says of them with PyTorch.

    go build -o cnncalc ./cmd/cnncalc
    python3 testdata/pytorch/fuzz.py ./cnncalc [--minutes 10] [--seed 1] [--count N]

Last run with Python 3.11, torch 1.13.0 and NumPy 1.24.2. A network has layers of all kinds and with all of their
options, one or several inputs, merges of several paths, repeats, blocks with numbers, layers and labels as arguments,
labels from which layers go on or take their size, lists of results, heads, some of them for training only, shared
weights and frozen layers. The same network is made of PyTorch's modules, with the same weights, and these must be equal:

- the shape, the parameters and the MACs of every layer;
- the bytes that autograd saves in training, in each category, where cnncalc calls them exact;
- the output, up to rounding.

It prints counts, and for every mismatch the smallest network that still has it, and exits with 1 if there was one.

The last 10 minutes (60 runs with --count 40, seeds 70000, 71000 and so on, on a free machine): 2,400 networks with 32,105
layers, 1,734 heads, 540 of them for training, 470 networks of several inputs, 235 labels that layers follow, 584 sizes of
labels, 766 lists joined, 405 shared weights, 281 calls with arguments, 500 networks with frozen layers; the saved bytes of
1,666 and the outputs of 2,020 were compared. No network was a mismatch. PyTorch 1.13 at times corrupts its heap in a
backward pass and aborts, so runs are short.
"""
import argparse
import collections
import importlib.util
import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from PIL import Image
from torchvision.ops import stochastic_depth

from generate import FC, Local, max_pool_padded, randomise, shuffle

HERE = os.path.dirname(os.path.abspath(__file__))
BATCH = 2
MAX_VALUES = 40_000  # of a volume of one picture

torch.set_num_threads(1)


def load_measure():
    spec = importlib.util.spec_from_file_location("memory", os.path.join(HERE, "..", "memory", "generate.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.measure_inputs


class Unfit(Exception):
    """The drawn layer does not fit its input."""


class Call(nn.Module):
    """A function as a module."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *xs):
        return self.function(*xs)


class InTraining(nn.Module):
    """A function that does something else in training."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x, self.training)


class Padded(nn.Module):
    """A layer after zero padding: left, right, top, bottom."""

    def __init__(self, pad, layer):
        super().__init__()
        self.pad, self.layer = pad, layer

    def forward(self, x):
        return self.layer(F.pad(x, self.pad))


class ChannelNorm(nn.Module):
    """LayerNorm over the depth at each place."""

    def __init__(self, depth, eps, affine):
        super().__init__()
        self.layer = nn.LayerNorm(depth, eps, affine)

    def forward(self, x):
        return self.layer(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Scale(nn.Module):
    """A learnt factor for each channel, and a shift."""

    def __init__(self, depth, bias):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(depth, 1, 1))
        self.bias = nn.Parameter(torch.empty(depth, 1, 1)) if bias else None

    def forward(self, x):
        x = x * self.weight
        return x if self.bias is None else x + self.bias


# A layer is its text, which cnncalc reads, and its module. Each function here draws one for an input of this shape,
# (depth, height, width), with a random.Random.

def pair_of(size):
    return "x".join(map(str, size))


def pair(w, h):
    return str(w) if w == h else f"{w}x{h}"


def divisor(r, n, *others):
    return r.choice([d for d in range(1, n + 1) if all(m % d == 0 for m in (n, *others))])


def window(r, shape, most=5, dilate=True):
    """(size, stride, dilation) as (height, width), and their text after the size."""
    _, height, width = shape
    size = r.randint(1, most), r.randint(1, most)
    if r.random() < 0.6:
        size = size[0], size[0]
    stride = r.choice([(1, 1), (1, 1), (2, 2), (2, 1), (3, 3)])
    dilation = r.choice([(1, 1)] * 4 + [(2, 2), (1, 2)]) if dilate else (1, 1)
    text = ""
    if stride != (1, 1):
        text += f" s{pair(stride[1], stride[0])}"
    if dilation != (1, 1):
        text += f" d{pair(dilation[1], dilation[0])}"
    return size, stride, dilation, text


def pads(r, shape, size, stride, dilation):
    """Four pads of a convolution, left, right, top, bottom, and their text."""
    _, height, width = shape
    how = r.choice(["none", "same number", "same number", "same number", "pair", "pair", "default", "default"] +
                   ["four", "tf"] * (r.random() < 0.3))
    reach = [d * (f - 1) + 1 for f, d in zip(size, dilation)]
    if how == "default" and stride == (1, 1) and size[0] % 2 and size[1] % 2:
        y, x = (reach[0] - 1) // 2, (reach[1] - 1) // 2
        return (x, x, y, y), ""
    if how == "tf":
        total = [max((math.ceil(n / s) - 1) * s + e - n, 0) for n, s, e in zip((height, width), stride, reach)]
        top, left = total[0] // 2, total[1] // 2
        return (left, total[1] - left, top, total[0] - top), " same"
    most = [max(e - 1, 0) for e in reach]
    if how == "same number":
        p = r.randint(0, min(most))
        return (p, p, p, p), f" p{p}"
    if how == "pair":
        y, x = r.randint(0, most[0]), r.randint(0, most[1])
        return (x, x, y, y), f" p{x}x{y}"
    if how == "four":
        p = (r.randint(0, most[1]), r.randint(0, most[1]), r.randint(0, most[0]), r.randint(0, most[0]))
        return p, " p=" + ",".join(map(str, p))
    return (0, 0, 0, 0), " p0"


def padded(pad, make):
    """A layer with these pads: make takes the symmetric ones."""
    left, right, top, bottom = pad
    if left == right and top == bottom:
        return make((top, left))
    return Padded(pad, make((0, 0)))


def conv(r, shape):
    size, stride, dilation, text = window(r, shape)
    filters, bias = r.randint(1, 9), r.random() < 0.7
    groups = divisor(r, shape[0], filters) if r.random() < 0.3 else 1
    pad, pad_text = pads(r, shape, size, stride, dilation)
    text = f"CONV{pair(size[1], size[0])}-{filters}{text}{pad_text} floor"
    text += (f" g{groups}" if groups > 1 else "") + ("" if bias else " nobias")
    return text, padded(pad, lambda p: nn.Conv2d(shape[0], filters, size, stride, p, dilation, groups, bias))


def dwconv(r, shape):
    size, stride, dilation, text = window(r, shape)
    bias = r.random() < 0.7
    pad, pad_text = pads(r, shape, size, stride, dilation)
    text = f"DWCONV{pair(size[1], size[0])}{text}{pad_text} floor" + ("" if bias else " nobias")
    return text, padded(pad, lambda p: nn.Conv2d(shape[0], shape[0], size, stride, p, dilation, shape[0], bias))


def local(r, shape):
    size, stride, dilation, text = window(r, shape, 3)
    filters, bias = r.randint(1, 4), r.random() < 0.7
    pad, pad_text = pads(r, shape, size, stride, dilation)
    sides = (shape[1] + pad[2] + pad[3], shape[2] + pad[0] + pad[1])
    out = tuple((n - d * (f - 1) - 1) // s + 1 for n, d, f, s in zip(sides, dilation, size, stride))
    if min(out) < 1:
        raise Unfit
    text = f"LOCAL{pair(size[1], size[0])}-{filters}{text}{pad_text} floor" + ("" if bias else " nobias")
    return text, Local(shape[0], filters, size, out, stride, pad, dilation, bias)


def upconv(r, shape):
    size, stride, dilation, text = window(r, shape, 4)
    filters, bias = r.randint(1, 6), r.random() < 0.7
    groups = divisor(r, shape[0], filters) if r.random() < 0.3 else 1
    pad = tuple(r.randint(0, max(d * (f - 1), 0)) for d, f in zip(dilation, size))
    most = [max(s, d) - 1 for s, d in zip(stride, dilation)]
    outpad = (r.randint(0, most[0]), r.randint(0, most[1])) if r.random() < 0.4 else (0, 0)
    text = text if " s" in text else " s1" + text
    text = f"UPCONV{pair(size[1], size[0])}-{filters}{text} p{pair(pad[1], pad[0])}"
    text += f" outpad={pair(outpad[1], outpad[0])}" if any(outpad) else ""
    text += (f" g{groups}" if groups > 1 else "") + ("" if bias else " nobias")
    return text, nn.ConvTranspose2d(shape[0], filters, size, stride, pad, outpad, groups, bias, dilation)


def pool(r, shape):
    size, stride, dilation, text = window(r, shape, 3)
    pad = tuple(r.randint(0, f // 2) for f in size)
    ceil = r.random() < 0.4
    text = f"POOL{pair(size[1], size[0])} s{pair(stride[1], stride[0])} p{pair(pad[1], pad[0])}"
    text += f" d{pair(dilation[1], dilation[0])} {'ceil' if ceil else 'floor'}"
    if r.random() < 0.1 and not ceil:
        four = (pad[1], r.randint(0, size[1] // 2), pad[0], r.randint(0, size[0] // 2))
        text = text.replace(f" p{pair(pad[1], pad[0])}", " p=" + ",".join(map(str, four)))
        if four[0] != four[1] or four[2] != four[3]:
            return text, Call(lambda x: max_pool_padded(x, four, size, stride, dilation))
    return text, Call(lambda x: F.max_pool2d(x, size, stride, pad, dilation, ceil))


def avgpool(r, shape):
    size, stride, _, _ = window(r, shape, 3, False)
    pad = tuple(r.randint(0, f // 2) for f in size)
    ceil, exclude = r.random() < 0.4, r.random() < 0.3
    text = f"AVGPOOL{pair(size[1], size[0])} s{pair(stride[1], stride[0])} p{pair(pad[1], pad[0])}"
    text += (" excludepad" if exclude else "") + (" ceil" if ceil else " floor")
    return text, Call(lambda x: F.avg_pool2d(x, size, stride, pad, ceil, not exclude))


def l2pool(r, shape):
    size, stride, _, _ = window(r, shape, 3, False)
    return (f"L2POOL{pair(size[1], size[0])} s{pair(stride[1], stride[0])} floor",
            Call(lambda x: F.lp_pool2d(x, 2, size, stride)))


def adaptive(r, shape):
    w, h = r.randint(1, 9), r.randint(1, 9)
    if r.random() < 0.5:
        return f"ADAPTAVG{pair(w, h)}", Call(lambda x: F.adaptive_avg_pool2d(x, (h, w)))
    return f"ADAPTMAX{pair(w, h)}", Call(lambda x: F.adaptive_max_pool2d(x, (h, w)))


def global_pool(r, shape):
    if r.random() < 0.5:
        return "GAP", Call(lambda x: F.adaptive_avg_pool2d(x, 1))
    return "GMP", Call(lambda x: F.adaptive_max_pool2d(x, 1))


def fc(r, shape):
    units, bias = r.randint(1, 12), r.random() < 0.7
    return f"FC-{units}" + ("" if bias else " nobias"), FC(math.prod(shape), units, bias=bias)


def flatten(r, shape):
    return "FLATTEN", Call(lambda x: x.flatten(1)[:, :, None, None])


# Functions that can work in place, and others.
IN_PLACE = {
    "RELU": F.relu,
    "LEAKYRELU": F.leaky_relu,
    "LEAKYRELU0.3": lambda x, inplace=False: F.leaky_relu(x, 0.3, inplace),
    "RELU6": F.relu6,
    "SIGMOID": lambda x, inplace=False: x.sigmoid_() if inplace else x.sigmoid(),
    "TANH": lambda x, inplace=False: x.tanh_() if inplace else x.tanh(),
    "ELU": F.elu,
    "ELU alpha=0.4": lambda x, inplace=False: F.elu(x, 0.4, inplace),
    "SELU": F.selu,
    "SILU": F.silu,
    "MISH": F.mish,
    "HARDSWISH": F.hardswish,
    "HARDSIGMOID": F.hardsigmoid,
    "CLIP min=-0.5 max=0.75": lambda x, inplace=False: F.hardtanh(x, -0.5, 0.75, inplace),
}
PLAIN = {
    "GELU": F.gelu,
    "GELU tanh": lambda x: F.gelu(x, approximate="tanh"),
    "SOFTPLUS": F.softplus,
    "SOFTPLUS beta=2 threshold=1": lambda x: F.softplus(x, 2, 1),
    "HARDSIGMOID slope=0.2 shift=0.4": lambda x: (x * 0.2 + 0.4).clamp(0, 1),
    "SOFTMAX": lambda x: F.softmax(x, 1),
    "LOGSOFTMAX": lambda x: F.log_softmax(x, 1),
    "SCALE0.5": lambda x: x * 0.5,
}


def activation(r, shape):
    if r.random() < 0.1:
        return "PRELU", nn.PReLU(shape[0])
    if r.random() < 0.1:
        return "PRELU shared", nn.PReLU()
    if r.random() < 0.6:
        text = r.choice(list(IN_PLACE))
        return text, Call(IN_PLACE[text])
    text = r.choice(list(PLAIN))
    return text, Call(PLAIN[text])


def in_place(r, shape):
    """An activation that overwrites its input: only after a layer that does not keep its output."""
    text = r.choice(list(IN_PLACE))
    function = IN_PLACE[text]
    return text + " inplace", Call(lambda x: function(x, inplace=True))


def dropout(r, shape):
    rate = r.choice(["0", "0.2", "0.5"])
    p, which = float(rate), r.randrange(4)
    if which == 0:
        return f"DROPOUT{rate}", InTraining(lambda x, training: F.dropout(x, p, training))
    if which == 1:
        return f"DROPOUT{rate} channels", InTraining(lambda x, training: F.dropout2d(x, p, training))
    mode = "row" if which == 2 else "batch"
    return f"STOCHDEPTH{rate} {mode}", InTraining(lambda x, training: stochastic_depth(x, p, mode, training))


def norm(r, shape):
    eps = r.choice(["1e-5", "0.1"])
    which = r.choice(["BN", "LN", "LN volume", "GN", "IN", "LRN"])
    affine = r.random() < 0.6
    words = ("" if eps == "1e-5" else f" eps={eps}")
    e = float(eps)
    if which == "LRN":
        size = r.randint(1, 6)
        return (f"LRN{size} alpha=0.3 beta=0.6 k=1.5",
                Call(lambda x: F.local_response_norm(x, size, alpha=0.3, beta=0.6, k=1.5)))
    if which == "IN":
        return f"IN{' affine' if affine else ''}{words}", nn.InstanceNorm2d(shape[0], e, affine=affine)
    words += "" if affine else " noaffine"
    if which == "BN":
        return "BN" + words, nn.BatchNorm2d(shape[0], e, affine=affine)
    if which == "GN":
        groups = divisor(r, shape[0])
        return f"GN{groups}{words}", nn.GroupNorm(groups, shape[0], e, affine)
    if which == "LN":
        return "LN" + words, ChannelNorm(shape[0], e, affine)
    return "LN volume" + words, nn.LayerNorm(list(shape), e, affine)


def scale(r, shape):
    bias = r.random() < 0.5
    return "SCALE" + (" bias" if bias else ""), Scale(shape[0], bias)


def upsample(r, shape):
    w, h = r.randint(1, 3), r.randint(1, 3)
    if r.random() < 0.5:
        return f"UPSAMPLE{pair(w, h)}", Call(lambda x: F.interpolate(x, scale_factor=(h, w)))
    return (f"UPSAMPLE{pair(w, h)} bilinear",
            Call(lambda x: F.interpolate(x, scale_factor=(h, w), mode="bilinear")))


def resize(r, shape):
    """To a size or by a factor."""
    _, height, width = shape
    mode = r.choice(["nearest", "bilinear", "bilinear align"])
    options = {} if mode == "nearest" else {"mode": "bilinear", "align_corners": mode.endswith("align")}
    if r.random() < 0.6:
        w, h = r.randint(1, 15), r.randint(1, 15)
        return f"RESIZE{w}x{h} {mode}", Call(lambda x: F.interpolate(x, (h, w), **options))
    factor = r.choice([0.5, 0.7, 1.5, 2.0])
    if int(min(height, width) * factor) < 1:
        raise Unfit
    return f"RESIZE scale={factor} {mode}", Call(lambda x: F.interpolate(x, scale_factor=factor, **options))


def pad(r, shape):
    _, height, width = shape
    mode = r.choice(["zero", "value", "reflect", "replicate"])
    most = (width - 1, height - 1) if mode == "reflect" else (3, 3)
    sides = [r.randint(0, min(most[0], 3)), r.randint(0, min(most[0], 3)),
             r.randint(0, min(most[1], 3)), r.randint(0, min(most[1], 3))]
    if not any(sides):
        raise Unfit
    text = "PAD p=" + ",".join(map(str, sides))
    if mode == "zero":
        return text, Call(lambda x: F.pad(x, sides))
    if mode == "value":
        return text + " value=-0.5", Call(lambda x: F.pad(x, sides, value=-0.5))
    return f"{text} {mode}", Call(lambda x: F.pad(x, sides, mode))


def crop(r, shape):
    _, height, width = shape
    w, h = r.randint(1, width), r.randint(1, height)
    x0, y0, text = (width - w) // 2, (height - h) // 2, f"CROP{pair(w, h)}"
    if r.random() < 0.5:
        x0, y0 = r.randint(0, width - w), r.randint(0, height - h)
        text += f" offset={x0},{y0}"
    return text, Call(lambda x: x[:, :, y0:y0 + h, x0:x0 + w])


def channels(r, shape):
    first = r.randrange(shape[0])
    last = r.randint(first + 1, shape[0])
    return f"CHANNELS from={first} to={last}", Call(lambda x: x[:, first:last])


def shuffled(r, shape):
    groups = divisor(r, shape[0])
    return f"SHUFFLE{groups}", Call(lambda x: shuffle(x, groups))


def pixels(r, shape):
    depth, height, width = shape
    fits = [("PIXELSHUFFLE", n) for n in (2, 3) if depth % n**2 == 0]
    fits += [("PIXELUNSHUFFLE", n) for n in (2, 3) if height % n == width % n == 0]
    if not fits:
        raise Unfit
    kind, factor = r.choice(fits)
    function = F.pixel_shuffle if kind == "PIXELSHUFFLE" else F.pixel_unshuffle
    return f"{kind}{factor}", Call(lambda x: function(x, factor))


def same_conv(r, shape):
    """A convolution that keeps the plane."""
    size, filters = r.choice([1, 3, 5]), r.randint(1, 6)
    return f"CONV{size}-{filters}", nn.Conv2d(shape[0], filters, size, padding=size // 2)


# Layers that take the width and the height of the result with a label.

def crop_like(r, shape, like, label):
    (_, height, width), (_, h, w) = shape, like
    if h > height or w > width:
        raise Unfit
    x0, y0, text = (width - w) // 2, (height - h) // 2, f"CROP like=@{label}"
    if r.random() < 0.3:
        x0, y0 = r.randint(0, width - w), r.randint(0, height - h)
        text += f" offset={x0},{y0}"
    return text, Call(lambda x: x[:, :, y0:y0 + h, x0:x0 + w])


def upsample_like(r, shape, like, label):
    (_, height, width), (_, h, w) = shape, like
    if h % height or w % width:
        raise Unfit
    factor = h // height, w // width
    if r.random() < 0.5:
        return f"UPSAMPLE like=@{label}", Call(lambda x: F.interpolate(x, scale_factor=factor))
    return (f"UPSAMPLE like=@{label} bilinear",
            Call(lambda x: F.interpolate(x, scale_factor=factor, mode="bilinear")))


def resize_like(r, shape, like, label):
    mode = r.choice(["nearest", "bilinear", "bilinear align"])
    options = {} if mode == "nearest" else {"mode": "bilinear", "align_corners": mode.endswith("align")}
    return f"RESIZE like=@{label} {mode}", Call(lambda x: F.interpolate(x, like[1:], **options))


LIKE = {crop: crop_like, upsample: upsample_like, resize: resize_like}

LAYERS = [(conv, 8), (dwconv, 3), (local, 0.3), (upconv, 2), (pool, 2), (avgpool, 2), (l2pool, 0.4), (adaptive, 1),
          (global_pool, 0.5), (fc, 0.5), (flatten, 0.3), (activation, 8), (dropout, 2), (norm, 5), (scale, 1.5),
          (upsample, 1.5), (resize, 1.5), (pad, 1), (crop, 1.5), (channels, 1), (shuffled, 1), (pixels, 2), (same_conv, 1)]

# Layers whose output autograd does not keep, so that it can be overwritten.
OVERWRITABLE = (conv, dwconv, upconv, avgpool)


# A network is a chain: a list of items, each of which is a dictionary that JSON could hold, so that it can be made
# again with some items left out. A layer is drawn from its own seed, so that it depends on nothing but its input.

def draw_chain(r, length, depth):
    items = []
    for _ in range(length):
        if depth == 0 and r.random() < 0.03:
            items += draw_dense(r)
        elif depth == 0 and items and r.random() < 0.1:
            items[-1]["label"], items[-1]["collect"] = True, None
            items.append({"goto": r.random(), "label": False, "collect": None})
        else:
            items.append(draw_item(r, depth))
    return items


def draw_network(r):
    """The arguments of a Network."""
    sizes = [(r.randint(1, 14), r.randint(1, 14), r.choice([1, 3, 3, r.randint(1, 6)]))]
    chain = draw_chain(r, r.randint(1, 9), 0)
    while len(sizes) < 4 and r.random() < 0.2:
        size = sizes[0] if r.random() < 0.5 else (r.randint(1, 14), r.randint(1, 14), r.randint(1, 6))
        merge = {**draw_merge(r, 0), "seed": r.getrandbits(32), "label": r.random() < 0.3, "collect": None}
        merge["paths"] = [{"chain": draw_chain(r, r.randint(0, 2), 1), **read(r)} for _ in range(2)]
        merge["paths"][1]["input"] = len(sizes)
        chain.insert(r.choice([0, r.randint(0, len(chain))]), merge)
        sizes.append(size)
    heads = [{"from": r.random(), "chain": draw_chain(r, r.choice([0, 1, 1, 2, 3]), 0), "training": r.random() < 0.4,
              "loss": r.choice([None, None, "0.3", "2"])} for _ in range(r.choice([0, 0, 0, 1, 2, 3]))]
    return {"sizes": sizes, "chain": chain, "heads": heads, "frozen": r.getrandbits(32) if r.random() < 0.3 else None,
            "label": r.random() < 0.2}


def read(r):
    """What a path reads: the result before the merge, that of a label, an input, or all of a list."""
    return {"from": r.random() if r.random() < 0.3 else None, "input": None,
            "list": r.randrange(2) if r.random() < 0.1 else None}


def draw_merge(r, depth):
    kind = r.choice(["ADD", "ADD", "CONCAT", "CONCAT", "MUL", "MAX"])
    paths = [{**read(r), "chain": draw_chain(r, r.choice([0, 1, 1, 2, 3]), depth + 1)}
             for _ in range(r.choice([1, 2, 2, 2, 3]))]
    return {"merge": kind, "paths": paths, "inplace": kind == "ADD" and r.random() < 0.15, "lead": r.random() < 0.5}


def draw_dense(r):
    """Layers that read all results of a list and add theirs to it, as in DenseNet."""
    which = r.randrange(2)
    items = [draw_layer(r, draw) for draw in (same_conv, *r.choices([norm, activation], k=r.randint(0, 2)), same_conv)]
    whole = {"merge": "CONCAT", "seed": 0, "inplace": False, "lead": False, "label": False, "collect": None,
             "paths": [{"from": None, "input": None, "list": which, "chain": []}]}
    items[0]["collect"] = items[-1]["collect"] = which
    repeat = {"repeat": r.randint(1, 3), "arguments": None, "chain": [whole, *items[1:]], "label": False,
              "collect": None, "seed": 0}
    return [items[0], repeat, {**whole}] if r.random() < 0.7 else [items[0], repeat]


def draw_layer(r, draw):
    index = [draw for draw, _ in LAYERS].index(draw)
    return {"seed": r.getrandbits(32), "layer": index, "inplace": r.random() < 0.4, "share": None, "like": None,
            "label": False, "collect": None}


def draw_item(r, depth):
    item = {"seed": r.getrandbits(32)}
    roll = r.random()
    if depth < 2 and roll < 0.2:
        item.update(draw_merge(r, depth))
    elif depth < 2 and roll < 0.28:
        item.update(repeat=r.randint(1, 3), arguments=r.getrandbits(32) if r.random() < 0.7 else None,
                    chain=draw_chain(r, r.randint(1, 3), depth + 1))
    else:
        item.update(draw_layer(r, r.choices([draw for draw, _ in LAYERS], [w for _, w in LAYERS])[0]))
        item["share"] = r.random() if r.random() < 0.2 else None
        item["like"] = r.random() if r.random() < 0.5 else None
    item["label"] = depth == 0 and r.random() < 0.3
    item["collect"] = r.randrange(2) if r.random() < 0.1 else None
    return item


Head = collections.namedtuple("Head", "name start stop at training loss")  # a head: its layers, and which is the output


class Network(nn.Module):
    """A network from its chain, with what cnncalc should say of each layer. Items that do not fit are left out."""

    def __init__(self, sizes, chain, heads=(), frozen=None, label=False):
        super().__init__()
        self.inputs = [[] for _ in sizes]
        self.kinds, self.macs = ["INPUT"] * len(sizes), [0] * len(sizes)
        self.shapes = [(depth, height, width) for width, height, depth in sizes]
        self.sizes, self.blocks, self.shared = len(sizes), [], set()
        self.labels = {f"in{i}": i for i in range(len(sizes))} if len(sizes) > 1 or label else {}
        self.lists = [[], []]
        self.refers = {}  # whose size or weights a layer takes
        self.heads, self.head = [], None  # all, and the one that is being made
        texts, end, made = self.chain(chain, 0, first=True)
        texts, end = self.join_inputs(texts, end, made)
        text = f"input: {pair_of(sizes[0])}\n" if len(sizes) == 1 else \
            "inputs: {" + ", ".join(f"in{i}: {pair_of(size)}" for i, size in enumerate(sizes)) + "}\n"
        self.end = end
        made_heads, head_text = self.make_heads(heads)
        self.text = f"{text}layers: |\n  {' -> '.join(texts)}\n{head_text}"
        self.made = {"sizes": sizes, "chain": made, "heads": made_heads, "frozen": frozen, "label": label}
        if self.blocks:
            self.text += "blocks:\n" + "".join(f"  {head}: |\n    {text}\n" for head, text in self.blocks)
        self.finish()
        self.names = list(self.kinds)  # until cnncalc says how it calls them
        self.frozen = self.freeze(frozen)

    def join_inputs(self, texts, end, made):
        """The layers with their start, and a CONCAT of inputs that nothing reads."""
        if self.sizes == 1:
            texts = ["INPUT @in0" if self.labels else "INPUT"] + texts
        elif not (made and made[0].get("led")):
            texts = ["@in0"] + texts
        used = {k for inputs in self.inputs for k in inputs} | {end}
        for i in range(self.sizes):
            if i not in used:
                path, fix = [f"@in{i}"], end
                for text, module in self.plane(self.shapes[end], self.shapes[i]):
                    fix = self.step(text, module, [i])
                    path.append(text)
                end = self.step("CONCAT", Call(COMBINE["CONCAT"]), [end, fix if len(path) > 1 else i])
                texts = texts + [f"CONCAT(IDENTITY | {' -> '.join(path)})"]
        return texts, end

    def make_heads(self, heads):
        """Makes further outputs, each a chain from a label, and one for each result that nothing reads."""
        texts, made = [], []
        for head in heads:
            mark, start, name = self.mark(), len(self.kinds), f"h{len(self.heads)}"
            self.head = Head(name, start, math.inf, None, head["training"], head["loss"])
            if self.labels:
                label = list(self.labels)[int(head["from"] * len(self.labels))]
                text = [f"@{self.reference(label)}"]
                items, at, kept = self.inner_chain(head["chain"], self.labels[label])
                if self.takes_head(at, start):
                    self.heads.append(self.head._replace(stop=len(self.kinds), at=at))
                    texts.append(self.head_text(name, text + items, head))
                    made.append({**head, "chain": kept})
                    mark = self.mark()
            self.head = None
            self.reset(mark)
        read = {k for inputs in self.inputs for k in inputs} | {head.at for head in self.heads} | {self.end}
        for label, i in self.labels.items():
            if i not in read:
                count, owner = len(self.kinds), self.owner(i)
                head = Head(f"h{len(self.heads)}", count, count, i, owner is not None and owner.training, None)
                texts.append(self.head_text(head.name, [f"@{self.reference(label)}"], head._asdict()))
                self.heads.append(head)
        return made, "heads:\n" + "".join(texts) if texts else ""

    def takes_head(self, at, start):
        """Whether the head that ends with a layer can be one: an output is named once, and one is not for training."""
        if at < self.sizes or any(at == head.at for head in self.heads):
            return False
        reads = {k for inputs in self.inputs[start:] for k in inputs} | ({at} if at < start else set())
        return self.end not in reads or not self.head.training or any(not head.training for head in self.heads)

    @staticmethod
    def head_text(name, texts, head):
        text = f'"{" -> ".join(texts)}"'
        if head["training"] or head["loss"]:
            training = ", training: true" if head["training"] else ""
            text = f"{{layers: {text}{training}" + (f", loss: {head['loss']}}}" if head["loss"] else "}")
        return f"  {name}: {text}\n"

    def owner(self, i):
        """The head that a layer belongs to."""
        return next((head for head in (*self.heads, self.head) if head and head.start <= i < head.stop), None)

    def reference(self, label):
        """A label as it is written here."""
        owner = self.owner(self.labels[label])
        return label if owner is None or owner is self.head else f"{owner.name}.{label}"

    def finish(self):
        """Finds the outputs, the order in which the layers run, and which of them exist in training only."""
        read = {k for inputs in self.inputs for k in inputs} | {head.at for head in self.heads}
        self.outputs = ([] if self.end in read else [self.end]) + [head.at for head in self.heads]
        self.loss_weights = [1] * (len(self.outputs) - len(self.heads)) + [float(head.loss or 1) for head in self.heads]
        self.training_outputs = {head.at for head in self.heads if head.training}
        self.order = list(range(self.heads[0].start if self.heads else len(self.kinds)))
        barrier, moved = self.sizes - 1, set()  # where the last head is that runs always, and the layers of heads for training
        for head in self.heads:
            layers = range(head.start, head.stop)
            if not head.training:
                self.order += layers
                barrier = len(self.order) - 1 if layers else barrier
                continue
            reads = [self.order.index(k) for i in layers for k in (*self.inputs[i], *self.refers.get(i, ()))
                     if k < head.start]
            place = max([barrier, *reads]) + 1
            while place < len(self.order) and self.order[place] in moved:
                place += 1
            self.order[place:place] = layers
            moved.update(layers)
        always, open_ = set(), [i for i in self.outputs if i not in self.training_outputs]
        while open_:
            if (i := open_.pop()) not in always:
                always.add(i)
                open_ += self.inputs[i]
        self.in_training_only = set(range(self.sizes, len(self.kinds))) - always

    def freeze(self, seed):
        """Freezes layers at random, and returns their indices with the name of a tensor, or with ""."""
        if seed is None:
            return []
        r, frozen = random.Random(seed), []
        for i in range(self.sizes, len(self.kinds)):
            tensors = list(self.module(i).named_parameters())
            if not tensors or i in self.shared or r.random() < 0.5:
                continue
            only = r.choice(tensors)[0] if r.random() < 0.3 else ""
            for name, p in tensors:
                p.requires_grad_(only not in ("", name))
            frozen.append((i, only.removeprefix("layer.")))
        return frozen

    def step(self, text, module, inputs):
        """Adds a layer and returns its index."""
        kind = max((k for k in KIND_NAMES if text.startswith(k)), key=len)
        with torch.no_grad():
            model = module.eval()
            xs = [torch.zeros(BATCH, *self.shapes[i]) for i in inputs]
            try:
                out = model(*xs)
                if model.train()(*(x.clone() for x in xs)).shape != out.shape:
                    raise Unfit
            except (RuntimeError, ValueError) as e:
                raise Unfit from e
        shape = tuple(out.shape[1:])
        if min(shape) < 1 or math.prod(shape) > MAX_VALUES:
            raise Unfit
        index = len(self.kinds)
        self.kinds.append(kind)
        self.inputs.append(list(inputs))
        self.shapes.append(shape)
        self.macs.append(macs(module, self.shapes[inputs[0]], shape))
        setattr(self, f"step{index}", module)
        return index

    def mark(self):
        return len(self.kinds), len(self.labels), len(self.blocks), [len(nodes) for nodes in self.lists]

    def reset(self, mark):
        """Takes back the layers since mark."""
        count, labels, blocks, lists = mark
        for i in range(count, len(self.kinds)):
            delattr(self, f"step{i}")
        for rows in (self.kinds, self.inputs, self.shapes, self.macs):
            del rows[count:]
        del self.blocks[blocks:]
        for nodes, n in zip(self.lists, lists):
            del nodes[n:]
        self.shared = {i for i in self.shared if i < count}
        self.refers = {i: others for i, others in self.refers.items() if i < count}
        self.labels = dict(list(self.labels.items())[:labels])

    def inner_chain(self, items, at):
        """The chain of a path, of brackets or of a head, whose own lists are known in it only."""
        lists = self.lists
        self.lists = [nodes or [] for nodes in lists]
        try:
            return self.chain(items, at)
        finally:
            self.lists = lists

    def chain(self, items, at, first=False):
        """Makes a chain from node at: its texts, the node it ends with, and the items that were made."""
        texts, made = [], []
        for item in items:
            mark = self.mark()
            try:
                text, end, kept = self.item(item, at, first and not texts)
            except Unfit:
                self.reset(mark)
                continue
            texts.append(text)
            made.append(kept)
            at = end
        return texts, at, made

    def item(self, item, at, first):
        if "goto" in item:
            return self.go_on(item, at)
        label = f"r{len(self.labels)}" if item["label"] else None
        collect = item["collect"]
        if "merge" in item:
            text, end, item = self.merge(item, at, first)
        elif "repeat" in item:
            text, end, item = self.repeat(item, at)
            label = collect = None
        else:
            text, end = self.layer(item, at)
        if label:
            self.labels[label] = end
            text += f" @{label}"
        elif collect is not None:
            self.lists[collect].append(end)
            text += f" @l{collect}+"
        return text, end, item

    def go_on(self, item, at):
        """The next layers follow a result with a label."""
        if at not in self.labels.values():
            raise Unfit  # nothing could read the result before
        label = list(self.labels)[int(item["goto"] * len(self.labels))]
        if self.labels[label] == at:
            raise Unfit
        return f"@{self.reference(label)}", self.labels[label], item

    def layer(self, item, at):
        if item["share"] is not None and (shared := self.share(item["share"], at)):
            return shared
        draw, shape = LAYERS[item["layer"]][0], self.shapes[at]
        r = random.Random(item["seed"])
        torch.manual_seed(item["seed"])
        if draw is activation and item["inplace"] and self.overwritable(at):
            draw = in_place
        text, module, *refers = self.like(draw, r, item["like"], shape) or draw(r, shape)
        end = self.step(text, module, [at])
        self.refers[end] = refers
        module.keeps_output = draw not in OVERWRITABLE
        if not refers:
            module.text = text
        return text, end

    def like(self, draw, r, which, shape):
        """A layer that takes its size from a label, and the node of that."""
        fits = []
        for label, i in self.labels.items() if which is not None and draw in LIKE else ():
            try:
                text, module = LIKE[draw](r, shape, self.shapes[i], self.reference(label))
            except Unfit:
                continue
            fits.append((text, module, i))
        if not fits:
            return None
        return fits[int(which * len(fits))]

    def share(self, which, at):
        """A layer with the weights of an earlier one that has a label."""
        of = {name: i for name, i in self.labels.items() if self.is_shareable(i, self.shapes[at][0])}
        if not of:
            return None
        name = list(of)[int(which * len(of))]
        module = self.module(of[name])
        text = f"{module.text} share=@{self.reference(name)}"
        end = self.step(text, module, [at])
        self.shared.add(end)
        self.refers[end] = [of[name]]
        return text, end

    def is_shareable(self, i, depth):
        module = self.module(i)
        return hasattr(module, "text") and any(True for _ in module.parameters()) and \
            self.shapes[self.inputs[i][0]][0] == depth and \
            " same" not in module.text and \
            not isinstance(getattr(module, "layer", module), Local)  # whose weights are of each place

    def module(self, i):
        return getattr(self, f"step{i}", None)

    def is_named(self, i):
        return i in self.labels.values() or any(i in nodes for nodes in self.lists)

    def overwritable(self, at):
        return at >= self.sizes and at == len(self.kinds) - 1 and not self.is_named(at) and \
            not getattr(self.module(at), "keeps_output", True)

    def repeat(self, item, at):
        """A chain that is made several times, with other weights."""
        first, end, made = self.inner_chain(item["chain"], at)
        if not first:
            raise Unfit
        for _ in range(item["repeat"] - 1):
            again, end, kept = self.inner_chain(made, end)
            if again != first:
                raise Unfit  # the shapes have changed, and with them what is drawn
        text, times = " -> ".join(first), "" if item["repeat"] == 1 else f"*{item['repeat']}"
        item = {**item, "chain": made}
        if item["arguments"] is None or "@l" in text:
            return f"[{text}]{times}", end, item
        head, arguments, text = self.block(random.Random(item["arguments"]), first)
        self.blocks.append((head, text))
        return f"b{len(self.blocks)}({', '.join(arguments)}){times}", end, item

    def block(self, r, texts):
        """The head of a block of these layers, the arguments of a call, and its text."""
        values, keys = [], []  # parameters without and with a default

        def parameter(letter, value, default):
            name = f"{letter}{len(values) + len(keys)}"
            if default is None:
                values.append((name, name, value))
            else:
                keys.append((name, f"{name}={default}", None if default == value else f"{name}={value}"))
            return name

        def number(match):
            name = parameter("w", match[2], r.choice([None, match[2], "7"]))
            return match[1] + name

        layers = []
        for text in texts:
            if text in IN_PLACE | PLAIN and r.random() < 0.6:
                layers.append(parameter("act", text, r.choice([None, text, "RELU", "IDENTITY"])))
                continue
            if r.random() < 0.2:
                layers.append(parameter("none", "IDENTITY", r.choice([None, "IDENTITY", "BN"])))
            if r.random() < 0.6:
                text = re.sub(r"((?:CONV|LOCAL|FC)[0-9x]*-)([0-9]+)", number, text, 1)
            layers.append(text)
        text, labels = " -> ".join(layers), {}
        for label in re.findall(r"@((?:h[0-9]+\.)?(?:r|in)[0-9]+)", text):
            if label not in labels:
                labels[label] = parameter("of", f"@{label}", None)
        text = re.sub(r"@((?:h[0-9]+\.)?(?:r|in)[0-9]+)", lambda match: "@" + labels[match[1]], text)
        heads = [head for _, head, _ in values + keys]
        return f"b{len(self.blocks) + 1}({', '.join(heads)})", [a for _, _, a in values + keys if a], text

    def merge(self, item, at, first):
        texts, starts, ends, paths = [], [], [], []
        lead = first and item["lead"] and self.sizes > 1
        for path in item["paths"]:
            path_starts, text = self.start(path, at, lead)
            if path["list"] is not None and len(path_starts) and text == [f"@l{path['list']}"]:
                if any(self.shapes[i][1:] != self.shapes[(ends + path_starts)[0]][1:] for i in path_starts):
                    raise Unfit
                texts.append(text[0])
                starts += path_starts
                ends += path_starts
                paths.append(path)
                continue
            items, end, made = self.inner_chain(path["chain"], path_starts[0])
            text, fix = text + items, None
            if ends and item["merge"] == "CONCAT":
                fix = self.plane(self.shapes[ends[0]], self.shapes[end])
            elif ends:
                fix = self.fit(random.Random(item["seed"]), self.shapes[ends[0]], self.shapes[end])
            for t, module in fix or []:
                end = self.step(t, module, [end])
                text.append(t)
            texts.append(" -> ".join(text) if text else "IDENTITY")
            starts += path_starts
            ends.append(end)
            paths.append({**path, "chain": made})
        if at not in starts and at not in self.labels.values():
            raise Unfit  # nothing would use the result before
        inplace = item["inplace"] and self.can_add_in_place(ends, at)
        module = Call(COMBINE[item["merge"]])
        if inplace:
            module = Call(add_in_place)
        end = self.step(item["merge"], module, ends)
        text = f"{item['merge']}({' | '.join(texts)})" + (" inplace" if inplace else "")
        return text, end, {**item, "paths": paths, "led": lead}

    def start(self, path, at, lead):
        """The results that a path reads, and its text."""
        if path["list"] is not None and self.lists[path["list"]]:
            return list(self.lists[path["list"]]), [f"@l{path['list']}"]
        if path["input"] is not None and path["input"] < self.sizes:
            return [path["input"]], [f"@in{path['input']}"]
        if path["from"] is not None and self.labels:
            name = list(self.labels)[int(path["from"] * len(self.labels))]
            return [self.labels[name]], [f"@{self.reference(name)}"]
        return [at], ["@in0"] if lead else []

    def can_add_in_place(self, ends, at):
        """The first path is computed by a layer that nothing else needs, and has the sum's shape."""
        first = ends[0]
        return len(ends) > 1 and first != at and not self.is_named(first) and ends.count(first) == 1 and \
            not getattr(self.module(first), "keeps_output", True) and \
            all(self.shapes[e] == self.shapes[first] for e in ends)

    @staticmethod
    def plane(want, have):
        """Layers that make the plane of a shape that of another."""
        if want[1:] == have[1:]:
            return []
        h, w = want[1:]
        return [(f"ADAPTAVG{pair(w, h)}", Call(lambda x: F.adaptive_avg_pool2d(x, (h, w))))]

    def fit(self, r, want, have):
        """Layers that make a shape one that broadcasts with another."""
        if all(a == b or 1 in (a, b) for a, b in zip(want, have)):
            return []
        how = r.choice(["equal", "equal", "gate", "place", "row"])
        depth, plane = want[0], (want[1], want[2])
        if how == "gate":
            plane = 1, 1
        elif how == "row":
            plane = 1, want[2]
        elif how == "place":
            depth = 1
        fix = []
        if have[1:] != plane:
            fix = self.plane((depth, *plane), have)
        if have[0] != depth:
            fix.append((f"CONV1-{depth}", nn.Conv2d(have[0], depth, 1)))
        return fix

    def forward(self, *xs):
        order = [i for i in self.order[self.sizes:] if self.training or i not in self.in_training_only]
        outputs = [i for i in self.outputs if self.training or i not in self.training_outputs]
        last = {}  # where each value is read last
        for i in order:
            last.update((k, i) for k in self.inputs[i])
        last.update((k, None) for k in outputs)
        values = dict(enumerate(xs))
        del xs
        for i in order:
            values[i] = self.module(i)(*(values[k] for k in self.inputs[i]))
            for k in set(self.inputs[i]):
                if last.get(k) == i:
                    del values[k]
        results = [values[k] for k in outputs]
        return results if len(results) > 1 else results[0]

    def weights(self):
        """The tensors under cnncalc's names."""
        named = {}
        for i, name in enumerate(self.names[self.sizes:], self.sizes):
            for key, t in self.module(i).state_dict().items() if i not in self.shared else []:
                if not key.endswith("num_batches_tracked"):
                    named[f"{name}.{key.removeprefix('layer.')}"] = t.clone().float().numpy()
        return named


KIND_NAMES = """CONV DWCONV LOCAL UPCONV POOL AVGPOOL L2POOL GAP ADAPTAVG GMP ADAPTMAX FC FLATTEN RELU
    LEAKYRELU PRELU RELU6 SIGMOID TANH ELU SELU SILU MISH GELU HARDSWISH HARDSIGMOID SOFTPLUS CLIP SOFTMAX LOGSOFTMAX
    DROPOUT STOCHDEPTH LRN BN LN GN IN SCALE UPSAMPLE RESIZE PAD CROP CHANNELS SHUFFLE PIXELSHUFFLE PIXELUNSHUFFLE
    CONCAT ADD MUL MAX""".split()


def fold(function):
    def combine(*xs):
        out = xs[0]
        for x in xs[1:]:
            out = function(out, x)
        return out
    return combine


def add_in_place(x, *others):
    for y in others:
        x += y
    return x


COMBINE = {"ADD": fold(torch.add), "MUL": fold(torch.mul), "MAX": fold(torch.maximum),
           "CONCAT": lambda *xs: torch.cat(xs, 1)}


def macs(module, shape, out):
    """The multiply-accumulates of a layer, by hand."""
    layer = getattr(module, "layer", module)
    places = math.prod(out[1:])
    if isinstance(layer, nn.Conv2d):
        return places * layer.weight.numel()
    if isinstance(layer, nn.ConvTranspose2d):
        return math.prod(shape[1:]) * layer.weight.numel()
    if isinstance(layer, (FC, Local)):
        return layer.weight.numel()
    return 0


class Checker:
    """Compares networks in a folder of its own."""

    def __init__(self, program, folder):
        self.program, self.folder, self.measure = program, folder, load_measure()
        self.counts = collections.Counter()

    def cnncalc(self, *args):
        done = subprocess.run([self.program, *args], cwd=self.folder, capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise Refused(done.stderr.strip())
        return done.stdout

    def path(self, name):
        return os.path.join(self.folder, name)

    def check(self, network):
        """The mismatches of a network, as texts."""
        if len(network.kinds) == network.sizes:
            return []
        with open(self.path("net.yaml"), "w") as file:
            file.write(network.text)
        account = ["memory", "net.yaml", "--account", "pytorch", "--torch", "1.13-cpu", "--batch", str(BATCH),
                   "--optimizer", "none", "--format", "json"]
        try:
            report = json.loads(self.cnncalc(*account))
            if len(report["layers"]) == len(network.kinds):
                network.names = [row["name"] for _, row in sorted(zip(network.order, report["layers"]))]
            if network.frozen and len(network.names) == len(network.kinds):
                frozen = ["--freeze=" + network.names[i] + (f".{only}" if only else "") for i, only in network.frozen]
                report = json.loads(self.cnncalc(*account, *frozen))
                self.counts["with frozen layers"] += 1
        except Refused as e:
            if any(reason in str(e) for reason in RIGHTLY):
                self.counts["refused, rightly"] += 1
                return []
            return [f"refused: {e}"]
        return self.compare_layers(network, report) or \
            self.compare_saved(network, report) + self.compare_output(network)

    def still(self, made, sorts):
        """Whether a network has a mismatch of one of these sorts."""
        try:
            return not sorts.isdisjoint(map(sort, self.check(Network(**made))))
        except Unfit:
            return False

    def compare_layers(self, network, report):
        wrong = []
        kinds, want = [row["kind"] for row in report["layers"]], [network.kinds[i] for i in network.order]
        if kinds != want:
            return [f"layers: {kinds}, want {want}"]
        for i, row in zip(network.order, report["layers"]):
            shape = row["output"]["depth"], row["output"]["height"], row["output"]["width"]
            parameters = sum(p.numel() for p in network.module(i).parameters()) if i >= network.sizes and i not in network.shared else 0
            for what, got, want in (("shape", shape, network.shapes[i]), ("parameters", row["parameters"], parameters),
                                    ("MACs", row["macs"], network.macs[i])):
                if got != want:
                    wrong.append(f"{row['name']}: {what} {got}, PyTorch {want}")
        self.counts["layers"] += len(kinds) - network.sizes
        self.counts["heads"] += len(network.heads)
        self.counts["heads for training"] += len(network.training_outputs)
        self.counts["networks of several inputs"] += network.sizes > 1
        for what, pattern in TEXTS.items():
            self.counts[what] += len(re.findall(pattern, network.text))
        return wrong

    def compare_saved(self, network, report):
        account = report["memory"]["pytorch"]
        try:
            sizes, peak = self.measure(network, network.shapes[:network.sizes], BATCH)
        except RuntimeError as e:
            if account["warnings"]:
                return []
            return [f"PyTorch refuses to train: {e}"]
        if not account["saved_exact"]:
            self.counts["saved, estimates"] += 1
            return []
        saved = dict(account["saved"])
        saved.pop("total")
        saved["other"] = saved.pop("act") + saved.pop("mask") + saved.pop("scalar")
        self.counts["saved"] += 1
        off = (account["peak"]["bytes"] - sum(p["at_peak"] for p in account["parts"] if p["part"] in (
            "parameters", "buffers", "input batch", "targets"))) / peak - 1
        self.counts["peak within 2%"] += abs(off) <= 0.02
        self.counts["peak within 10%"] += abs(off) <= 0.1
        return [f"saved, {key}: {n} bytes, PyTorch {sizes.get(key, 0)}"
                for key, n in saved.items() if n != sizes.get(key, 0)]

    def compare_output(self, network):
        pictures = self.pictures(network)
        torch.manual_seed(1)
        with torch.no_grad():
            randomise(network)
        np.savez(self.path("weights.npz"), **network.weights())
        dump = tempfile.mkdtemp(dir=self.folder)
        os.rmdir(dump)
        weights = ["--weights", "weights.npz"] if network.weights() else []
        try:
            self.cnncalc("run", "net.yaml", *weights, *pictures, "--dump", os.path.basename(dump))
        except Refused as e:
            return [f"run: {e}"]
        network.double().eval()
        dumped = {i: torch.from_numpy(np.load(os.path.join(dump, name + ".npy"))).double()
                  for i, name in enumerate(network.names) if i not in network.in_training_only}
        shutil.rmtree(dump)
        self.counts["outputs"] += 1
        with torch.no_grad():
            outputs = network(*(dumped[i].clone() for i in range(network.sizes)))
            outputs = [outputs] if isinstance(outputs, torch.Tensor) else outputs
            ends = [dumped[k] for k in network.outputs if k not in network.training_outputs]
            if all(close(got, want, 1e-4) for got, want in zip(ends, outputs)):
                return []
            # Rounding may have been amplified: each layer by itself.
            self.counts["outputs, layer by layer"] += 1
            wrong = []
            for i in list(dumped)[network.sizes:]:
                out = network.module(i)(*(dumped[k].clone() for k in network.inputs[i]))
                if not close(dumped[i], out, 1e-4):
                    off = (dumped[i].reshape(out.shape) - out).abs().max().item()
                    wrong.append(f"{network.names[i]}: output off by {off:.3g} of {out.abs().max().item():.3g}")
            return wrong

    def pictures(self, network):
        """The flags of run for random pictures, or for arrays where an input is no picture."""
        flags, random_values = [], np.random.default_rng(1)
        for i in range(network.sizes):
            depth, height, width = network.shapes[i]
            if network.sizes > 1 or depth not in (1, 3):
                name = f"input{i}.npy"
                np.save(self.path(name), random_values.random((BATCH, depth, height, width), dtype=np.float32))
                flags += ["--input", f"in{i}={name}" if network.sizes > 1 else name]
                continue
            for k in range(BATCH):
                shape = (height, width, 3) if depth == 3 else (height, width)
                name = f"picture{k}.png"
                Image.fromarray(random_values.integers(0, 256, shape, dtype=np.uint8)).save(self.path(name))
                flags += ["--input", name]
        return flags


def close(got, want, tolerance):
    got = got.reshape(want.shape)
    return bool(((got - want).abs() <= tolerance * max(1, want.abs().max().item())).all())


# Networks that PyTorch runs and cnncalc does not take.
RIGHTLY = ("all heads are for training", "there is nothing to train", "no layer makes a volume of its own", "nothing is left of it",
           "hold padding only")


# What is counted by the text of a network.
TEXTS = {"labels that layers follow": "-> @[a-z0-9.]+ ->", "sizes of labels": "like=@", "lists joined": r"[(|] ?@l[01]",
         "shared weights": "share=@", "calls with arguments": r"b[0-9]+\([^)\n]+\)(?!:)"}


class Refused(Exception):
    """cnncalc did not take a network."""


def sort(mismatch):
    """What a mismatch is of, without names and numbers."""
    words = mismatch.replace(",", ":").split(":")
    return words[0] if words[0] in ("saved", "refused", "run") else words[1].split()[0] if len(words) > 1 else words[0]


def shrunk(made, fails):
    """The network with as much left out as possible while it still fails."""
    changed = True
    while changed:
        changed = False
        for smaller in smaller_networks(made):
            if fails(smaller):
                made, changed = smaller, True
                break
    return made


def smaller_networks(made):
    """A network with something left out."""
    for smaller in smaller_chains(made["chain"]):
        yield {**made, "chain": smaller}
    for i, head in enumerate(made["heads"]):
        rest = made["heads"][:i], made["heads"][i + 1:]
        yield {**made, "heads": rest[0] + rest[1]}
        for smaller in smaller_chains(head["chain"]):
            yield {**made, "heads": [*rest[0], {**head, "chain": smaller}, *rest[1]]}
        if head["training"] or head["loss"]:
            yield {**made, "heads": [*rest[0], {**head, "training": False, "loss": None}, *rest[1]]}
    if made["frozen"] is not None:
        yield {**made, "frozen": None}
    if len(made["sizes"]) > 1:
        yield {**made, "sizes": made["sizes"][:-1]}


def smaller_chains(chain):
    for i, item in enumerate(chain):
        yield chain[:i] + chain[i + 1:]
    for i, item in enumerate(chain):
        for smaller in smaller_items(item):
            yield chain[:i] + smaller + chain[i + 1:]


def smaller_items(item):
    if "goto" in item:
        return
    if item["label"] or item["collect"] is not None:
        yield [{**item, "label": False, "collect": None}]
    if item.get("share") or item.get("like"):
        yield [{**item, "share": None, "like": None}]
    if item.get("arguments"):
        yield [{**item, "arguments": None}]
    if "merge" in item:
        for path in item["paths"]:
            yield path["chain"]
        for k, path in enumerate(item["paths"]):
            if len(item["paths"]) > 1:
                yield [{**item, "paths": item["paths"][:k] + item["paths"][k + 1:]}]
            for smaller in smaller_chains(path["chain"]):
                yield [{**item, "paths": item["paths"][:k] + [{**path, "chain": smaller}] + item["paths"][k + 1:]}]
    if "repeat" in item:
        yield item["chain"]
        for smaller in smaller_chains(item["chain"]):
            yield [{**item, "chain": smaller}]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program", help="the cnncalc to check")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--count", type=int, default=10**9, help="networks at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mismatches", type=int, default=10, help="stop after so many")
    args = parser.parse_args()
    end = time.time() + 60 * args.minutes
    mismatches, kinds = 0, collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        checker = Checker(os.path.abspath(args.program), folder)
        seed = args.seed
        while time.time() < end and checker.counts["networks"] < args.count and mismatches < args.mismatches:
            r = random.Random(seed)
            seed += 1
            try:
                network = Network(**draw_network(r))
            except Unfit:
                continue
            checker.counts["networks"] += 1
            kinds.update(network.kinds)
            if wrong := checker.check(network):
                mismatches += 1
                sorts = {sort(w) for w in wrong}
                small = shrunk(network.made, lambda n: checker.still(n, sorts))
                network = Network(**small)
                wrong = checker.check(network)
                print(f"--- seed {seed - 1}, frozen {network.frozen}")
                print(network.text + "\n".join(wrong), flush=True)
        print(", ".join(f"{what} {n}" for what, n in checker.counts.items()))
        print("layers drawn: " + ", ".join(f"{kind} {n}" for kind, n in kinds.most_common()))
        print(f"{mismatches} mismatches")
    sys.exit(mismatches > 0)


if __name__ == "__main__":
    main()
